// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/vrrp/packet.h"

#include <arpa/inet.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <string.h>

#include "ctl/base/address.h"
#include "ctl/vrrp/advert.h"

static uint16_t header_checksum(const struct iphdr *ip)
{
	uint16_t words[sizeof(*ip) / 2];
	uint32_t sum = 0;

	memcpy(words, ip, sizeof(words));
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		sum += words[i];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static size_t build_ipv4(uint8_t *packet, const struct ip_address *source,
			 const struct ip_address *destination, uint16_t identification,
			 size_t length)
{
	struct iphdr ip = {
		.version = 4,
		.ihl = sizeof(ip) / 4,
		.tos = VRRP_TRAFFIC_CLASS,
		.tot_len = htons((uint16_t)(sizeof(ip) + length)),
		.id = htons(identification),
		.ttl = VRRP_TTL,
		.protocol = VRRP_IP_PROTOCOL,
		.saddr = address_to_ipv4(source).s_addr,
		.daddr = address_to_ipv4(destination).s_addr,
	};

	ip.check = header_checksum(&ip);
	memcpy(packet, &ip, sizeof(ip));
	return sizeof(ip);
}

static size_t build_ipv6(uint8_t *packet, const struct ip_address *source,
			 const struct ip_address *destination, size_t length)
{
	struct ip6_hdr ip = {
		.ip6_src = address_to_ipv6(source),
		.ip6_dst = address_to_ipv6(destination),
	};

	ip.ip6_flow = htonl(6U << 28 | VRRP_TRAFFIC_CLASS << 20);
	ip.ip6_plen = htons((uint16_t)length);
	ip.ip6_nxt = VRRP_IP_PROTOCOL;
	ip.ip6_hlim = VRRP_TTL;
	memcpy(packet, &ip, sizeof(ip));
	return sizeof(ip);
}

size_t packet_build_header(uint8_t *header, const struct ip_address *source,
			   const struct ip_address *destination, uint16_t identification,
			   size_t length)
{
	return address_family(source) == FAMILY_IPV4
		       ? build_ipv4(header, source, destination, identification, length)
		       : build_ipv6(header, source, destination, length);
}

size_t packet_build(uint8_t *packet, const struct ip_address *source,
		    const struct ip_address *destination, uint16_t identification,
		    const uint8_t *message, size_t length)
{
	size_t header = packet_build_header(packet, source, destination, identification, length);

	memcpy(packet + header, message, length);
	return header + length;
}

void packet_group_mac(const struct ip_address *group, uint8_t mac[static 6])
{
	const uint8_t *low = &group->bytes[12];

	if (address_family(group) == FAMILY_IPV4)
		memcpy(mac, (uint8_t[]){0x01, 0x00, 0x5e, low[1] & 0x7f, low[2], low[3]}, 6);
	else
		memcpy(mac, (uint8_t[]){0x33, 0x33, low[0], low[1], low[2], low[3]}, 6);
}
