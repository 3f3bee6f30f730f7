/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is not ours passes, to the bit and whole or cut: the host's own traffic, the VIPs' traffic,
 * and everything but VRRP on other networks.
 */
#include <netinet/in.h>
#include <string.h>

#include "tests/bpf/adverts.h"
#include "tests/bpf/cases.h"

#define NO_NEXT_HEADER      59
#define DESTINATION_OPTIONS 60
#define MOBILITY            135

/* A packet to this node's MAC, with @length bytes that mean nothing behind its IP header. */
static void packet(struct frame *frame, const char *destination, uint8_t protocol, size_t length)
{
	bool ipv6 = strchr(destination, ':') != NULL;

	frame_ethernet(frame, OUR_MAC, HOST_MAC, ipv6 ? ETH_P_IPV6 : ETH_P_IP);
	frame_ip(frame, ipv6 ? HOST_ADDRESS6 : HOST_ADDRESS4, destination, protocol);
	memset(frame_append(frame, length), 0xc3, length);
	frame_finish(frame);
}

static uint8_t *header(struct frame *frame)
{
	return frame->bytes + frame->network;
}

/* IPv4. */

static void tcp4_to_vip(struct frame *frame)
{
	packet(frame, BLUE_VIP4, IPPROTO_TCP, 40);
}

static void tcp4_to_other_vip(struct frame *frame)
{
	packet(frame, GREEN_VIP4, IPPROTO_TCP, 40);
}

static void tcp4_to_node(struct frame *frame)
{
	packet(frame, OUR_ADDRESS4, IPPROTO_TCP, 40);
}

static void full_tcp4(struct frame *frame)
{
	packet(frame, BLUE_VIP4, IPPROTO_TCP, 1480);
}

static void udp4_to_vip(struct frame *frame)
{
	packet(frame, BLUE_VIP4, IPPROTO_UDP, 100);
}

static void icmp_to_vip(struct frame *frame)
{
	packet(frame, BLUE_VIP4, IPPROTO_ICMP, 64);
}

static void igmp(struct frame *frame)
{
	packet(frame, VRRP_GROUP4, IPPROTO_IGMP, 8);
}

static void udp_to_vrrp_group(struct frame *frame)
{
	packet(frame, VRRP_GROUP4, IPPROTO_UDP, 20);
}

static void esp4(struct frame *frame)
{
	packet(frame, OUR_ADDRESS4, IPPROTO_ESP, 80);
}

static void protocol_113(struct frame *frame)
{
	packet(frame, OUR_ADDRESS4, 113, 20);
}

static void first_fragment(struct frame *frame)
{
	packet(frame, BLUE_VIP4, IPPROTO_UDP, 160);
	header(frame)[IPV4_FRAGMENT] = 0x20;
	frame_checksum(frame);
}

static void last_fragment(struct frame *frame)
{
	packet(frame, BLUE_VIP4, IPPROTO_UDP, 160);
	header(frame)[IPV4_FRAGMENT + 1] = 20;
	frame_checksum(frame);
}

static void tcp4_with_options(struct frame *frame)
{
	packet(frame, BLUE_VIP4, IPPROTO_TCP, 40);
	memset(frame_insert(frame, frame->transport, 8), 1, 8);
	header(frame)[0] = 0x47;
	frame_finish(frame);
}

static void tcp4_at_its_last_hop(struct frame *frame)
{
	packet(frame, OUR_ADDRESS4, IPPROTO_TCP, 40);
	header(frame)[IPV4_TTL] = 1;
	frame_checksum(frame);
}

static void broken_tcp4(struct frame *frame)
{
	packet(frame, OUR_ADDRESS4, IPPROTO_TCP, 40);
	header(frame)[0] = 0x42;
	put_be16(header(frame) + 2, 4000);
	put_be16(header(frame) + IPV4_CHECKSUM, 0);
}

/* Where ICMPv6 has no meaning. */
static void icmpv6_over_ipv4(struct frame *frame)
{
	packet(frame, BLUE_VIP4, IPPROTO_ICMPV6, 24);
	frame->bytes[frame->transport] = NEIGHBOUR_SOLICITATION;
}

static const struct packet_case ipv4[] = {
	PASSED("TCP to a VIP", tcp4_to_vip),
	PASSED("TCP to another's VIP", tcp4_to_other_vip),
	PASSED("TCP to the node", tcp4_to_node),
	PASSED("TCP of full length", full_tcp4),
	PASSED("UDP to a VIP", udp4_to_vip),
	PASSED("ICMP to a VIP", icmp_to_vip),
	PASSED("IGMP", igmp),
	PASSED("UDP to the VRRP group", udp_to_vrrp_group),
	PASSED("ESP", esp4),
	PASSED("protocol 113", protocol_113),
	PASSED("first fragment", first_fragment),
	PASSED("last fragment", last_fragment),
	PASSED("TCP with IP options", tcp4_with_options),
	PASSED("TCP with TTL 1", tcp4_at_its_last_hop),
	PASSED("TCP in a broken header", broken_tcp4),
	PASSED("ICMPv6 over IPv4", icmpv6_over_ipv4),
};

static void ipv4_passes(void **state)
{
	(void)state;
	CHECK_CASES(ipv4);
}

/* IPv6. */

static void tcp6_to_vip(struct frame *frame)
{
	packet(frame, BLUE_VIP6, IPPROTO_TCP, 40);
}

static void tcp6_to_other_vip(struct frame *frame)
{
	packet(frame, GREEN_VIP6, IPPROTO_TCP, 40);
}

static void full_tcp6(struct frame *frame)
{
	packet(frame, OUR_ADDRESS6, IPPROTO_TCP, 1460);
}

static void udp6_to_vip(struct frame *frame)
{
	packet(frame, BLUE_VIP6, IPPROTO_UDP, 100);
}

static void no_next_header(struct frame *frame)
{
	packet(frame, BLUE_VIP6, NO_NEXT_HEADER, 0);
}

static void icmpv6(struct frame *frame, const char *destination, uint8_t type)
{
	packet(frame, destination, IPPROTO_ICMPV6, 64);
	frame->bytes[frame->transport] = type;
	frame_finish(frame);
}

static void packet_too_big(struct frame *frame)
{
	icmpv6(frame, BLUE_VIP6, 2);
}

static void echo_request(struct frame *frame)
{
	icmpv6(frame, BLUE_VIP6, 128);
}

static void router_solicitation(struct frame *frame)
{
	icmpv6(frame, "ff02::2", 133);
}

static void router_advertisement(struct frame *frame)
{
	icmpv6(frame, ALL_NODES, 134);
}

static void redirect(struct frame *frame)
{
	icmpv6(frame, OUR_ADDRESS6, 137);
}

static void neighbour(struct frame *frame, const char *mac, const char *target)
{
	frame_ethernet(frame, OUR_MAC, mac, ETH_P_IPV6);
	frame_ip(frame, HOST_ADDRESS6, target, IPPROTO_ICMPV6);
	frame_neighbour(frame, NEIGHBOUR_SOLICITATION, 0, target);
	frame_finish(frame);
}

static void solicitation_for_node(struct frame *frame)
{
	neighbour(frame, HOST_MAC, OUR_ADDRESS6);
}

static void solicitation_for_host(struct frame *frame)
{
	neighbour(frame, HOST_MAC, HOST_ADDRESS6);
}

static void broken_solicitation_for_node(struct frame *frame)
{
	solicitation_for_node(frame);
	frame->bytes[frame->transport + ICMPV6_CHECKSUM] ^= 1;
	header(frame)[IPV6_HOP_LIMIT] = 64;
}

static void own_solicitation(struct frame *frame)
{
	neighbour(frame, OUR_MAC, GREEN_VIP6);
}

/* Eight bytes of extension header at a time, before what is there. */
static void extend(struct frame *frame, uint8_t type)
{
	uint8_t *extension = frame_insert(frame, frame->network + 40, 8);

	extension[0] = header(frame)[IPV6_NEXT_HEADER];
	header(frame)[IPV6_NEXT_HEADER] = type;
	frame->transport += 8;
	frame_fit(frame);
}

static void multicast_listener_report(struct frame *frame)
{
	icmpv6(frame, "ff02::16", 143);
	extend(frame, IPPROTO_HOPOPTS);
}

static void fragment6(struct frame *frame)
{
	packet(frame, BLUE_VIP6, IPPROTO_UDP, 160);
	extend(frame, IPPROTO_FRAGMENT);
}

static void six_extensions(struct frame *frame)
{
	packet(frame, BLUE_VIP6, IPPROTO_TCP, 40);
	for (int i = 0; i < 5; i++)
		extend(frame, DESTINATION_OPTIONS);
	extend(frame, IPPROTO_HOPOPTS);
}

static void mobility(struct frame *frame)
{
	packet(frame, OUR_ADDRESS6, IPPROTO_TCP, 40);
	extend(frame, MOBILITY);
}

/* Its length points far beyond the frame. */
static void endless_extension(struct frame *frame)
{
	packet(frame, OUR_ADDRESS6, IPPROTO_TCP, 40);
	extend(frame, DESTINATION_OPTIONS);
	frame->bytes[frame->network + 41] = 255;
}

static const struct packet_case ipv6[] = {
	PASSED("TCP to a VIP", tcp6_to_vip),
	PASSED("TCP to another's VIP", tcp6_to_other_vip),
	PASSED("TCP of full length", full_tcp6),
	PASSED("UDP to a VIP", udp6_to_vip),
	PASSED("no next header", no_next_header),
	PASSED("packet too big", packet_too_big),
	PASSED("echo request", echo_request),
	PASSED("router solicitation", router_solicitation),
	PASSED("router advertisement", router_advertisement),
	PASSED("redirect", redirect),
	PASSED("solicitation for the node", solicitation_for_node),
	PASSED("solicitation for another host", solicitation_for_host),
	PASSED("broken solicitation for the node", broken_solicitation_for_node),
	PASSED("our own solicitation", own_solicitation),
	PASSED("MLDv2 report", multicast_listener_report),
	PASSED("fragment", fragment6),
	PASSED("six extension headers", six_extensions),
	PASSED("mobility header", mobility),
	PASSED("endless extension header", endless_extension),
};

static void ipv6_passes(void **state)
{
	(void)state;
	CHECK_CASES(ipv6);
}

/* Neither ARP nor IP. */

static void other_type(struct frame *frame, uint16_t type)
{
	frame_ethernet(frame, OUR_MAC, HOST_MAC, type);
	memset(frame_append(frame, 80), 0x45, 80);
}

static void link_layer_discovery(struct frame *frame)
{
	other_type(frame, 0x88cc);
}

static void mpls(struct frame *frame)
{
	other_type(frame, ETH_P_MPLS_UC);
}

static void spanning_tree(struct frame *frame)
{
	other_type(frame, 80); /* IEEE 802.3: a length */
}

static void ipv4_under_ipv6s_type(struct frame *frame)
{
	tcp4_to_vip(frame);
	put_be16(frame->bytes + 12, ETH_P_IPV6);
}

static void nothing(struct frame *frame)
{
	frame_ethernet(frame, OUR_MAC, HOST_MAC, ETH_P_IP);
}

static const struct packet_case others[] = {
	PASSED("LLDP", link_layer_discovery),
	PASSED("MPLS", mpls),
	PASSED("IEEE 802.3", spanning_tree),
	PASSED("IPv4 under IPv6's type", ipv4_under_ipv6s_type),
	PASSED("nothing", nothing),
};

static void other_types_pass(void **state)
{
	(void)state;
	CHECK_CASES(others);
}

/* Other networks: even what asks for our VIPs passes there. */

static void arp_request(struct frame *frame)
{
	frame_ethernet(frame, BROADCAST, HOST_MAC, ETH_P_ARP);
	frame_arp(frame, 1, (struct arp_side){HOST_MAC, HOST_ADDRESS4},
		  (struct arp_side){NO_MAC, BLUE_VIP4});
}

static void arp_announcement(struct frame *frame)
{
	frame_ethernet(frame, BROADCAST, HOST_MAC, ETH_P_ARP);
	frame_arp(frame, 1, (struct arp_side){HOST_MAC, BLUE_VIP4},
		  (struct arp_side){NO_MAC, BLUE_VIP4});
}

static void solicitation(struct frame *frame)
{
	neighbour(frame, HOST_MAC, BLUE_VIP6);
}

static void vrrp4(struct frame *frame)
{
	build_advert(frame, &blue_advert);
}

static void vrrp6(struct frame *frame)
{
	build_advert(frame, &green_advert);
}

/* Tags from the outer to the inner; protocol 0: no more. */
struct elsewhere {
	const char *name;
	size_t network; /* whose setting holds */
	struct {
		uint16_t protocol;
		uint16_t control;
	} tags[3];
	bool nested; /* more than one tag, or a provider's: nothing is looked at, not even VRRP */
};

static const struct elsewhere elsewhere[] = {
	{"tagged, ours is untagged", 0, {{ETH_P_8021Q, 4000}}, false},
	{"untagged, ours is VLAN 4000", 2, {{0}}, false},
	{"priority tag, ours is VLAN 4000", 2, {{ETH_P_8021Q, 3 << 13}}, false},
	{"VLAN 4001", 2, {{ETH_P_8021Q, 4001}}, false},
	{"VLAN 4095", 2, {{ETH_P_8021Q, 4095}}, false},
	{"VLAN 4000 twice", 2, {{ETH_P_8021Q, 4000}, {ETH_P_8021Q, 4000}}, true},
	{"VLAN 4000 in a priority tag", 2, {{ETH_P_8021Q, 0}, {ETH_P_8021Q, 4000}}, true},
	{"priority tag twice, ours is untagged", 0, {{ETH_P_8021Q, 0}, {ETH_P_8021Q, 0}}, true},
	{"802.1ad 4000", 2, {{ETH_P_8021AD, 4000}}, true},
	{"802.1ad over VLAN 4000", 2, {{ETH_P_8021AD, 4000}, {ETH_P_8021Q, 4000}}, true},
	{"802.1ad in VLAN 4000", 2, {{ETH_P_8021Q, 4000}, {ETH_P_8021AD, 4000}}, true},
};

static size_t find_end(const struct elsewhere *place)
{
	size_t end = 0;

	while (place->tags[end].protocol != 0)
		end++;
	return end;
}

static void check_passes(const struct elsewhere *place, void (*build)(struct frame *frame))
{
	struct outcome outcome;
	struct frame frame;

	own_both(&networks[place->network]);
	build(&frame);
	for (size_t i = find_end(place); i > 0; i--)
		frame_tag(&frame, place->tags[i - 1].protocol, place->tags[i - 1].control);
	run_frame(&frame, &outcome);
	if (outcome.verdict != XDP_PASS || !same_bytes(&frame, &outcome.frame))
		fail_msg("%s: %s", place->name, verdict_name(outcome.verdict));
	assert_int_equal(read_all_drops(), 0);
	assert_null(find_trace());
}

static void other_networks_pass(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(elsewhere) / sizeof(elsewhere[0]); i++) {
		check_passes(&elsewhere[i], arp_request);
		check_passes(&elsewhere[i], arp_announcement);
		check_passes(&elsewhere[i], solicitation);
		check_passes(&elsewhere[i], tcp4_to_vip);
		check_passes(&elsewhere[i], tcp6_to_vip);
		if (elsewhere[i].nested) {
			check_passes(&elsewhere[i], vrrp4);
			check_passes(&elsewhere[i], vrrp6);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ipv4_passes),
		cmocka_unit_test(ipv6_passes),
		cmocka_unit_test(other_types_pass),
		cmocka_unit_test(other_networks_pass),
	};

	return cmocka_run_group_tests(tests, harness_open, harness_close);
}
