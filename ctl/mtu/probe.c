// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/mtu/probe.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/icmp.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ctl/base/address.h"
#include "ctl/base/cleanup.h"

#define PACKET_MAX     65535
#define IPV4_HEADER    20
#define IPV6_HEADER    40
#define ECHO_HEADER    8
#define RECEIVE_BUFFER (1 << 20)

/* The usual limits of switches, tunnels and providers; the last is what IPv6 demands of a link. */
static const uint32_t usual_sizes[] = {9000, 8900, 4000, 2000, 1500, 1492, 1480,
				       1450, 1420, 1400, 1380, 1350, 1300, 1280};

size_t probe_list_sizes(uint32_t mtu, uint32_t sizes[static PROBE_SIZES_MAX])
{
	size_t count = 0;

	sizes[count++] = mtu < PACKET_MAX ? mtu : PACKET_MAX;
	for (size_t i = 0; i < sizeof(usual_sizes) / sizeof(*usual_sizes); i++)
		if (usual_sizes[i] < sizes[0])
			sizes[count++] = usual_sizes[i];
	return count;
}

/* Echoes that answer, and no others, from the host alone that is asked. */
static int only_answers(int fd, int family)
{
	struct icmp_filter answers4 = {.data = ~(1U << ICMP_ECHOREPLY)};
	struct icmp6_filter answers6;

	if (family == AF_INET)
		return setsockopt(fd, SOL_RAW, ICMP_FILTER, &answers4, sizeof(answers4));
	ICMP6_FILTER_SETBLOCKALL(&answers6);
	ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &answers6);
	return setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &answers6, sizeof(answers6));
}

/* As large as the device lets it, whatever the kernel has heard of limits on the way. */
static int forbid_fragments(int fd, int family)
{
	static const int how4 = IP_PMTUDISC_PROBE, how6 = IPV6_PMTUDISC_PROBE;

	if (family == AF_INET)
		return setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &how4, sizeof(how4));
	return setsockopt(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, &how6, sizeof(how6));
}

static int open_socket(const struct ip_address *source, const struct ip_address *target)
{
	struct sockaddr_storage here, there;
	socklen_t length = address_to_sockaddr(source, 0, &here);
	int family = here.ss_family, room = RECEIVE_BUFFER;
	CLEANUP(cleanup_close)
	int fd = socket(family, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
			family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6);

	address_to_sockaddr(target, 0, &there);
	if (fd < 0 || only_answers(fd, family) || forbid_fragments(fd, family) ||
	    bind(fd, (struct sockaddr *)&here, length) ||
	    connect(fd, (struct sockaddr *)&there, length))
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	return TAKE_FD(fd);
}

/* The kernel fills in the checksum of ICMPv6, which has a pseudo header in it. */
static uint16_t checksum(const uint8_t *bytes, size_t length)
{
	uint32_t sum = 0;

	for (size_t i = 0; i + 1 < length; i += 2)
		sum += (uint32_t)bytes[i] << 8 | bytes[i + 1];
	if (length & 1)
		sum += (uint32_t)bytes[length - 1] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

/* What cannot be sent is not carried, either. */
static void send_echo(const struct probe *probe, int family, size_t place)
{
	static uint8_t packet[PACKET_MAX];
	uint32_t header = family == FAMILY_IPV4 ? IPV4_HEADER : IPV6_HEADER;
	size_t length = probe->sizes[place] > header + ECHO_HEADER ? probe->sizes[place] - header
								   : ECHO_HEADER;
	struct icmphdr echo = {
		.type = family == FAMILY_IPV4 ? ICMP_ECHO : ICMP6_ECHO_REQUEST,
		.un.echo = {.id = htons(probe->id), .sequence = htons((uint16_t)place)},
	};

	memcpy(packet, &echo, sizeof(echo));
	if (family == FAMILY_IPV4) {
		echo.checksum = checksum(packet, length);
		memcpy(packet, &echo, sizeof(echo));
	}
	(void)!send(probe->fd, packet, length, 0);
}

int probe_send(struct probe *probe, const struct ip_address *source,
	       const struct ip_address *target, uint32_t mtu, uint16_t id)
{
	int fd = open_socket(source, target);

	if (fd < 0)
		return fd;
	*probe = (struct probe){.fd = fd, .id = id};
	probe->count = probe_list_sizes(mtu, probe->sizes);
	for (size_t i = 0; i < probe->count; i++)
		send_echo(probe, address_family(target), i);
	return 0;
}

/* An IPv4 header comes along; an IPv6 header does not. */
static size_t header_length(const uint8_t *packet)
{
	return packet[0] >> 4 == 4 ? (packet[0] & 15U) * 4 : 0;
}

static void note_answer(struct probe *probe, const uint8_t *packet, size_t length)
{
	size_t offset = length ? header_length(packet) : 0;
	struct icmphdr echo;
	uint16_t place;

	if (offset + sizeof(echo) > length)
		return;
	memcpy(&echo, packet + offset, sizeof(echo));
	place = ntohs(echo.un.echo.sequence);
	if (ntohs(echo.un.echo.id) == probe->id && place < probe->count)
		probe->answered[place] = true;
}

void probe_receive(struct probe *probe)
{
	uint8_t packet[128]; /* the rest is discarded */
	ssize_t length;

	while ((length = recv(probe->fd, packet, sizeof(packet), 0)) > 0)
		note_answer(probe, packet, (size_t)length);
}

uint32_t probe_carried(const struct probe *probe)
{
	for (size_t i = 0; i < probe->count; i++)
		if (probe->answered[i])
			return probe->sizes[i];
	return 0;
}

void probe_close(struct probe *probe)
{
	if (probe->fd >= 0)
		close(probe->fd);
	probe->fd = -1;
}
