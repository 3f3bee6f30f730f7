// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who answers for a virtual IP: every millisecond each node is asked by itself, with a unicast ARP
 * request or neighbour solicitation to its MAC, for every address. An answer carries the round it
 * was asked in: the question's source address is the base address plus the round's slot. Two nodes
 * that answer in one round are two owners at one time. Prints JSON when told to stop or when the
 * time is up.
 *
 *	owner_probe -s BASE4 -S BASE6 [-d SECONDS] [-i MICROSECONDS] INTERFACE MAC... ADDRESS...
 */
#include <arpa/inet.h>
#include <err.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/icmp6.h>
#include <netinet/if_ether.h>
#include <netinet/ip6.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "probing.h"

#define MAX_NODES   64
#define MAX_VIPS    32
#define MAX_CHANGES 64

/* Rounds that are open at one time: an answer may take this many intervals. */
#define SLOTS 100

struct arp_frame {
	struct ether_header ethernet;
	struct ether_arp arp;
} __attribute__((packed));

struct neighbour_frame {
	struct ether_header ethernet;
	struct ip6_hdr ip;
	struct nd_neighbor_solicit nd; /* an advertisement has the same shape */
	struct {
		uint8_t type;
		uint8_t length;
		uint8_t mac[ETH_ALEN];
	} option;
} __attribute__((packed));

struct node {
	uint8_t mac[ETH_ALEN];
};

struct change {
	uint64_t at; /* CLOCK_MONOTONIC ns */
	int node;
};

struct vip {
	const char *text;
	int family;
	struct in_addr address4;
	struct in6_addr address6;
	uint64_t answers[MAX_NODES];
	uint64_t strangers; /* answers from a MAC that is no node's */
	uint64_t overlaps;  /* rounds with more than one answering node */
	uint64_t first_overlap;
	uint64_t silent;          /* rounds without an answer */
	uint64_t last_answered;   /* when the last round with an answer was asked */
	uint64_t longest_silence; /* ns between two answered rounds */
	struct change changes[MAX_CHANGES];
	size_t change_count;
};

struct round {
	uint64_t asked_at;           /* 0: slot not in use */
	uint64_t answered[MAX_VIPS]; /* one bit a node */
};

static struct {
	int socket;
	uint8_t mac[ETH_ALEN]; /* ours */
	struct in_addr base4;
	struct in6_addr base6;
	struct node nodes[MAX_NODES];
	size_t node_count;
	struct vip vips[MAX_VIPS];
	size_t vip_count;
	struct round rounds[SLOTS];
	uint64_t round_count;
	uint64_t began;
} prober;

/* The source address of a slot's questions, and back. Bases end in enough zero bits or room. */
static struct in_addr slot_address4(size_t slot)
{
	return (struct in_addr){htonl(ntohl(prober.base4.s_addr) + (uint32_t)slot)};
}

static struct in6_addr slot_address6(size_t slot)
{
	struct in6_addr address = prober.base6;

	address.s6_addr32[3] = htonl(ntohl(address.s6_addr32[3]) + (uint32_t)slot);
	return address;
}

static size_t slot_of(uint32_t address, uint32_t base)
{
	return ntohl(address) - ntohl(base);
}

/* Asking. */

static void frame_send(const void *frame, size_t length)
{
	(void)!send(prober.socket, frame, length, 0);
}

static void ethernet_fill(struct ether_header *ethernet, const struct node *node, uint16_t type)
{
	memcpy(ethernet->ether_dhost, node->mac, ETH_ALEN);
	memcpy(ethernet->ether_shost, prober.mac, ETH_ALEN);
	ethernet->ether_type = htons(type);
}

static void arp_ask(const struct vip *vip, const struct node *node, size_t slot)
{
	struct in_addr source = slot_address4(slot);
	struct arp_frame frame = {0};

	ethernet_fill(&frame.ethernet, node, ETHERTYPE_ARP);
	frame.arp.arp_hrd = htons(ARPHRD_ETHER);
	frame.arp.arp_pro = htons(ETHERTYPE_IP);
	frame.arp.arp_hln = ETH_ALEN;
	frame.arp.arp_pln = sizeof(struct in_addr);
	frame.arp.arp_op = htons(ARPOP_REQUEST);
	memcpy(frame.arp.arp_sha, prober.mac, ETH_ALEN);
	memcpy(frame.arp.arp_spa, &source, sizeof(source));
	memcpy(frame.arp.arp_tpa, &vip->address4, sizeof(vip->address4));
	frame_send(&frame, sizeof(frame));
}

/* Over the pseudo header (RFC 8200 section 8.1) and the message. */
static __be16 icmp6_checksum(const struct neighbour_frame *frame)
{
	const size_t length = sizeof(frame->nd) + sizeof(frame->option);
	uint32_t sum = htons((uint16_t)length) + (uint32_t)htons(IPPROTO_ICMPV6);

	sum = checksum_add(sum, &frame->ip.ip6_src, 2 * sizeof(struct in6_addr));
	return checksum_fold(checksum_add(sum, &frame->nd, length));
}

static void neighbour_ask(const struct vip *vip, const struct node *node, size_t slot)
{
	struct neighbour_frame frame = {0};

	ethernet_fill(&frame.ethernet, node, ETHERTYPE_IPV6);
	frame.ip.ip6_vfc = 6 << 4;
	frame.ip.ip6_plen = htons(sizeof(frame.nd) + sizeof(frame.option));
	frame.ip.ip6_nxt = IPPROTO_ICMPV6;
	frame.ip.ip6_hlim = 255;
	frame.ip.ip6_src = slot_address6(slot);
	frame.ip.ip6_dst = vip->address6;
	frame.nd.nd_ns_type = ND_NEIGHBOR_SOLICIT;
	frame.nd.nd_ns_target = vip->address6;
	frame.option.type = ND_OPT_SOURCE_LINKADDR;
	frame.option.length = 1;
	memcpy(frame.option.mac, prober.mac, ETH_ALEN);
	frame.nd.nd_ns_cksum = icmp6_checksum(&frame);
	frame_send(&frame, sizeof(frame));
}

/* Counting. */

static void owner_note(struct vip *vip, int node, uint64_t at)
{
	if (vip->change_count && vip->changes[vip->change_count - 1].node == node)
		return;
	if (vip->change_count < MAX_CHANGES)
		vip->changes[vip->change_count++] = (struct change){.at = at, .node = node};
}

static void silence_note(struct vip *vip, uint64_t until)
{
	if (until - vip->last_answered > vip->longest_silence)
		vip->longest_silence = until - vip->last_answered;
}

static void round_close(struct round *round)
{
	size_t i;

	for (i = 0; round->asked_at && i < prober.vip_count; i++) {
		struct vip *vip = &prober.vips[i];
		uint64_t answered = round->answered[i];

		if (!answered) {
			vip->silent++;
			continue;
		}
		silence_note(vip, round->asked_at);
		vip->last_answered = round->asked_at;
		if (answered & (answered - 1)) {
			if (!vip->overlaps++)
				vip->first_overlap = round->asked_at;
			continue;
		}
		owner_note(vip, __builtin_ctzll(answered), round->asked_at);
	}
	*round = (struct round){0};
}

static void round_ask(void)
{
	size_t slot = prober.round_count++ % SLOTS;
	size_t i, j;

	round_close(&prober.rounds[slot]);
	prober.rounds[slot].asked_at = clock_now();
	for (i = 0; i < prober.vip_count; i++) {
		for (j = 0; j < prober.node_count; j++) {
			if (prober.vips[i].family == AF_INET)
				arp_ask(&prober.vips[i], &prober.nodes[j], slot);
			else
				neighbour_ask(&prober.vips[i], &prober.nodes[j], slot);
		}
	}
}

static void answer_note(size_t vip_index, size_t slot, const uint8_t mac[static ETH_ALEN])
{
	struct vip *vip = &prober.vips[vip_index];
	size_t i;

	if (slot >= SLOTS)
		return;
	for (i = 0; i < prober.node_count; i++) {
		if (memcmp(prober.nodes[i].mac, mac, ETH_ALEN))
			continue;
		vip->answers[i]++;
		prober.rounds[slot].answered[vip_index] |= 1ULL << i;
		return;
	}
	vip->strangers++;
}

static void arp_receive(const struct arp_frame *frame)
{
	struct in_addr vip, asker;
	size_t i;

	if (frame->arp.arp_op != htons(ARPOP_REPLY))
		return;
	memcpy(&vip, frame->arp.arp_spa, sizeof(vip));
	memcpy(&asker, frame->arp.arp_tpa, sizeof(asker));
	for (i = 0; i < prober.vip_count; i++)
		if (prober.vips[i].family == AF_INET &&
		    prober.vips[i].address4.s_addr == vip.s_addr)
			answer_note(i, slot_of(asker.s_addr, prober.base4.s_addr),
				    frame->arp.arp_sha);
}

/* The unsolicited go to all nodes' address, which is in no slot. */
static void neighbour_receive(const struct neighbour_frame *frame)
{
	struct in6_addr vip = frame->nd.nd_ns_target;
	size_t i;

	if (frame->ip.ip6_nxt != IPPROTO_ICMPV6 || frame->nd.nd_ns_type != ND_NEIGHBOR_ADVERT ||
	    memcmp(&frame->ip.ip6_dst, &prober.base6, 12))
		return;
	for (i = 0; i < prober.vip_count; i++)
		if (prober.vips[i].family == AF_INET6 &&
		    IN6_ARE_ADDR_EQUAL(&prober.vips[i].address6, &vip))
			answer_note(
				i,
				slot_of(frame->ip.ip6_dst.s6_addr32[3], prober.base6.s6_addr32[3]),
				frame->ethernet.ether_shost);
}

static void frames_receive(void)
{
	union {
		uint8_t bytes[2048];
		struct ether_header ethernet;
		struct arp_frame arp;
		struct neighbour_frame neighbour;
	} frame;
	ssize_t length;

	while ((length = recv(prober.socket, &frame, sizeof(frame), MSG_DONTWAIT)) > 0) {
		uint16_t type = ntohs(frame.ethernet.ether_type);

		if (type == ETHERTYPE_ARP && (size_t)length >= sizeof(frame.arp))
			arp_receive(&frame.arp);
		else if (type == ETHERTYPE_IPV6 &&
			 (size_t)length >= sizeof(frame.neighbour) - sizeof(frame.neighbour.option))
			neighbour_receive(&frame.neighbour);
	}
}

static void receive_until(uint64_t deadline)
{
	struct pollfd polled = {.fd = prober.socket, .events = POLLIN};
	struct timespec wait;

	while (probing_wait(deadline, &wait))
		if (ppoll(&polled, 1, &wait, NULL) > 0)
			frames_receive();
}

static void probe(uint64_t interval, uint64_t duration)
{
	uint64_t next = clock_now();
	uint64_t end = duration ? next + duration : NEVER;
	size_t i;

	prober.began = next;
	for (i = 0; i < prober.vip_count; i++)
		prober.vips[i].last_answered = next;
	while (!probing_stopped && next < end) {
		round_ask();
		next = probing_next(next, interval);
		receive_until(next);
	}
	receive_until(clock_now() + interval * SLOTS / 2);
	for (i = 0; i < SLOTS; i++)
		round_close(&prober.rounds[(prober.round_count + i) % SLOTS]);
	for (i = 0; i < prober.vip_count; i++)
		silence_note(&prober.vips[i], next);
}

/* Reporting. */

static double seconds(uint64_t at)
{
	return at ? (double)(at - prober.began) / 1e9 : -1;
}

static void mac_print(size_t node)
{
	const uint8_t *mac = prober.nodes[node].mac;

	printf("\"%02x:%02x:%02x:%02x:%02x:%02x\"", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
}

static void vip_print(const struct vip *vip)
{
	size_t i;

	printf("  {\"address\": \"%s\", \"overlaps\": %llu, \"first_overlap_s\": %.4f, "
	       "\"silent\": %llu, \"longest_silence_ms\": %.3f, \"strangers\": %llu,\n   "
	       "\"answers\": {",
	       vip->text, (unsigned long long)vip->overlaps, seconds(vip->first_overlap),
	       (unsigned long long)vip->silent, (double)vip->longest_silence / 1e6,
	       (unsigned long long)vip->strangers);
	for (i = 0; i < prober.node_count; i++) {
		printf(i ? ", " : "");
		mac_print(i);
		printf(": %llu", (unsigned long long)vip->answers[i]);
	}
	printf("},\n   \"changes\": [");
	for (i = 0; i < vip->change_count; i++) {
		printf("%s{\"at_s\": %.4f, \"mac\": ", i ? ", " : "", seconds(vip->changes[i].at));
		mac_print((size_t)vip->changes[i].node);
		printf("}");
	}
	printf("]}");
}

static void report(void)
{
	size_t i;

	printf("{\"rounds\": %llu, \"vips\": [\n", (unsigned long long)prober.round_count);
	for (i = 0; i < prober.vip_count; i++) {
		printf(i ? ",\n" : "");
		vip_print(&prober.vips[i]);
	}
	printf("]}\n");
}

/* Starting. */

static void socket_open(const char *interface)
{
	struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = (int)if_nametoindex(interface),
	};
	struct ifreq request = {0};
	int size = 4 << 20;
	int on = 1;

	prober.socket = socket(AF_PACKET, SOCK_RAW, 0);
	if (prober.socket < 0 ||
	    setsockopt(prober.socket, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on)) ||
	    bind(prober.socket, (struct sockaddr *)&address, sizeof(address)))
		err(EXIT_FAILURE, "%s: cannot open a packet socket", interface);
	(void)setsockopt(prober.socket, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	strncpy(request.ifr_name, interface, IFNAMSIZ - 1);
	if (ioctl(prober.socket, SIOCGIFHWADDR, &request))
		err(EXIT_FAILURE, "%s: cannot read the MAC address", interface);
	memcpy(prober.mac, request.ifr_hwaddr.sa_data, ETH_ALEN);
}

/* Whether the text is a MAC: then it names a node, else it is a VIP. */
static bool node_add(const char *text)
{
	struct node *node = &prober.nodes[prober.node_count];
	uint8_t *mac = node->mac;

	if (sscanf(text, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx", &mac[0], &mac[1], &mac[2], &mac[3],
		   &mac[4], &mac[5]) != 6)
		return false;
	if (++prober.node_count == MAX_NODES)
		errx(EXIT_FAILURE, "%s: too many nodes", text);
	return true;
}

static void vip_add(const char *text)
{
	struct vip *vip = &prober.vips[prober.vip_count];

	vip->text = text;
	if (inet_pton(AF_INET, text, &vip->address4) == 1)
		vip->family = AF_INET;
	else if (inet_pton(AF_INET6, text, &vip->address6) == 1)
		vip->family = AF_INET6;
	else
		errx(EXIT_FAILURE, "%s: neither a MAC nor an IP address", text);
	if (++prober.vip_count == MAX_VIPS)
		errx(EXIT_FAILURE, "%s: too many addresses", text);
}

static void base_set(int family, const char *text, void *base)
{
	if (inet_pton(family, text, base) != 1)
		errx(EXIT_FAILURE, "%s: not an address of the right family", text);
}

int main(int argc, char **argv)
{
	uint64_t interval = NS_PER_MS;
	uint64_t duration = 0;
	int option;

	while ((option = getopt(argc, argv, "s:S:d:i:")) != -1) {
		if (option == 's')
			base_set(AF_INET, optarg, &prober.base4);
		else if (option == 'S')
			base_set(AF_INET6, optarg, &prober.base6);
		else if (option == 'd')
			duration = (uint64_t)(strtod(optarg, NULL) * 1e9);
		else if (option == 'i')
			interval = strtoull(optarg, NULL, 10) * NS_PER_US;
		else
			return EXIT_FAILURE;
	}
	if (argc - optind < 3 || interval == 0)
		errx(EXIT_FAILURE, "usage: owner_probe -s BASE4 -S BASE6 [-d SECONDS] "
				   "[-i MICROSECONDS] INTERFACE MAC... ADDRESS...");
	socket_open(argv[optind++]);
	for (; optind < argc; optind++)
		if (!node_add(argv[optind]))
			vip_add(argv[optind]);
	probing_start();
	probe(interval, duration);
	report();
	return EXIT_SUCCESS;
}
