// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/attract/frames.h"

#include <arpa/inet.h>
#include <net/ethernet.h>
#include <netinet/icmp6.h>
#include <netinet/if_ether.h>
#include <netinet/ip6.h>
#include <string.h>

#include "ctl/base/address.h"

#define ND_HOP_LIMIT 255

static const uint8_t broadcast_mac[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

struct arp_frame {
	struct ether_header ethernet;
	struct ether_arp arp;
} __attribute__((packed));

struct nd_frame {
	struct ether_header ethernet;
	struct ip6_hdr ip6;
	struct nd_neighbor_solicit nd; /* an advertisement has the same shape */
	struct nd_opt_hdr option;
	uint8_t option_mac[6];
} __attribute__((packed));

_Static_assert(sizeof(struct nd_frame) == LINK_FRAME_MAX, "the largest of our frames");

static void build_arp_request(struct link_frame *frame, const uint8_t mac[static 6],
			      const struct ip_address *sender, const struct ip_address *target)
{
	struct in_addr sender4 = address_to_ipv4(sender), target4 = address_to_ipv4(target);
	struct arp_frame request = {
		.ethernet.ether_type = htons(ETHERTYPE_ARP),
		.arp.ea_hdr =
			{
				.ar_hrd = htons(ARPHRD_ETHER),
				.ar_pro = htons(ETHERTYPE_IP),
				.ar_hln = 6,
				.ar_pln = 4,
				.ar_op = htons(ARPOP_REQUEST),
			},
	};

	memcpy(request.ethernet.ether_dhost, broadcast_mac, 6);
	memcpy(request.ethernet.ether_shost, mac, 6);
	memcpy(request.arp.arp_sha, mac, 6);
	memcpy(request.arp.arp_spa, &sender4, 4);
	memcpy(request.arp.arp_tpa, &target4, 4);
	frame->length = sizeof(request);
	memcpy(frame->bytes, &request, sizeof(request));
}

static uint16_t checksum_nd(const struct nd_frame *message)
{
	const uint8_t *byte = (const uint8_t *)&message->ip6.ip6_src;
	const uint8_t *end = (const uint8_t *)(message + 1);
	uint32_t sum = ntohs(message->ip6.ip6_plen) + IPPROTO_ICMPV6;

	for (; byte < end; byte += 2)
		sum += (uint32_t)(byte[0] << 8 | byte[1]);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

struct nd_fields {
	uint8_t type;
	uint8_t option; /* that carries our MAC */
	uint32_t flags; /* network order */
	struct in6_addr source, destination, target;
	uint8_t destination_mac[6];
};

static void build_nd(struct link_frame *frame, const uint8_t mac[static 6],
		     const struct nd_fields *fields)
{
	struct nd_frame message = {
		.ethernet.ether_type = htons(ETHERTYPE_IPV6),
		.ip6.ip6_src = fields->source,
		.ip6.ip6_dst = fields->destination,
		.nd.nd_ns_target = fields->target,
		.option = {.nd_opt_type = fields->option, .nd_opt_len = 1},
	};

	message.ip6.ip6_vfc = 6 << 4;
	message.ip6.ip6_plen = htons(sizeof(message) - offsetof(struct nd_frame, nd));
	message.ip6.ip6_nxt = IPPROTO_ICMPV6;
	message.ip6.ip6_hlim = ND_HOP_LIMIT;
	message.nd.nd_ns_type = fields->type;
	message.nd.nd_ns_reserved = fields->flags;
	memcpy(message.ethernet.ether_dhost, fields->destination_mac, 6);
	memcpy(message.ethernet.ether_shost, mac, 6);
	memcpy(message.option_mac, mac, 6);
	message.nd.nd_ns_cksum = checksum_nd(&message);
	frame->length = sizeof(message);
	memcpy(frame->bytes, &message, sizeof(message));
}

void frame_announcement(struct link_frame *frame, const uint8_t mac[static 6],
			const struct ip_address *vip, bool router)
{
	if (address_family(vip) == FAMILY_IPV4) {
		build_arp_request(frame, mac, vip, vip);
		return;
	}

	struct in6_addr all_nodes = {.s6_addr = {0xff, 0x02, [15] = 1}};
	struct in6_addr address = address_to_ipv6(vip);

	build_nd(frame, mac,
		 &(struct nd_fields){
			 .type = ND_NEIGHBOR_ADVERT,
			 .option = ND_OPT_TARGET_LINKADDR,
			 .flags = ND_NA_FLAG_OVERRIDE | (router ? ND_NA_FLAG_ROUTER : 0),
			 .source = address,
			 .destination = all_nodes,
			 .target = address,
			 .destination_mac = {0x33, 0x33, 0, 0, 0, 1},
		 });
}

void frame_question(struct link_frame *frame, const uint8_t mac[static 6],
		    const struct ip_address *vip, const struct ip_address *gateway)
{
	if (address_family(vip) == FAMILY_IPV4) {
		build_arp_request(frame, mac, vip, gateway);
		return;
	}

	struct in6_addr target = address_to_ipv6(gateway);
	const uint8_t *low = &target.s6_addr[13]; /* RFC 4291 section 2.7.1 */
	struct in6_addr group = {
		.s6_addr = {0xff, 0x02, [11] = 1, [12] = 0xff, low[0], low[1], low[2]}};

	build_nd(frame, mac,
		 &(struct nd_fields){
			 .type = ND_NEIGHBOR_SOLICIT,
			 .option = ND_OPT_SOURCE_LINKADDR,
			 .source = address_to_ipv6(vip),
			 .destination = group,
			 .target = target,
			 .destination_mac = {0x33, 0x33, 0xff, low[0], low[1], low[2]},
		 });
}
