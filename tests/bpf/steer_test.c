// SPDX-License-Identifier: GPL-2.0-only
/*
 * Steering while nothing changes: frames of a service go to the node that their slot names, by the
 * table alone; everything else passes, to the bit.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <string.h>

#include "ctl/base/address.h"
#include "tests/bpf/steering_harness.h"

#define UNKNOWN_MAC "02:00:00:00:00:98"

static void syn(struct frame *frame, const struct flow *flow)
{
	flow_tcp(frame, flow, TH_SYN);
}

static void data(struct frame *frame, const struct flow *flow)
{
	flow_tcp(frame, flow, TH_ACK | TH_PUSH);
}

static void reset(struct frame *frame, const struct flow *flow)
{
	flow_tcp(frame, flow, TH_RST);
}

static void syn_with_options(struct frame *frame, const struct flow *flow)
{
	uint8_t *tcp;

	flow_tcp(frame, flow, TH_SYN);
	memset(frame_append(frame, 20), 1, 20); /* no operation */
	tcp = frame->bytes + frame->transport;
	tcp[12] = 10 << 4;
	flow_finish(frame);
}

static void full_size(struct frame *frame, const struct flow *flow)
{
	flow_tcp(frame, flow, TH_ACK);
	frame_append(frame, 1400 + ETH_HLEN - frame->length);
	flow_finish(frame);
}

static void datagram(struct frame *frame, const struct flow *flow)
{
	struct flow udp = *flow;

	udp.protocol = IPPROTO_UDP;
	flow_udp(frame, &udp);
}

static void behind_ip_options(struct frame *frame, const struct flow *flow)
{
	data(frame, flow);
	frame_add_options(frame);
}

/* A segment, but to another address. */
static void readdressed(struct frame *frame, const struct flow *flow, const char *to4,
			const char *to6)
{
	struct flow other = *flow;
	bool ipv6 = address_family(&flow->vip) == FAMILY_IPV6;

	assert_int_equal(address_parse(ipv6 ? to6 : to4, &other.vip), 0);
	data(frame, &other);
}

static const struct steering_case peer_is_primary[] = {
	{"a SYN", syn, .ranks = {N2_INDEX, N1_INDEX, N3_INDEX}, SENT_TO(N2_INDEX)},
	{"data", data, .ranks = {N2_INDEX, N1_INDEX, N3_INDEX}, SENT_TO(N2_INDEX)},
	{"to another peer", data, .ranks = {N3_INDEX, N2_INDEX, N1_INDEX}, SENT_TO(N3_INDEX)},
	{"a reset", reset, .ranks = {N2_INDEX, NOBODY, NOBODY}, SENT_TO(N2_INDEX)},
	{"a SYN with options", syn_with_options, .ranks = {N2_INDEX, N1_INDEX, N3_INDEX},
	 SENT_TO(N2_INDEX)},
	{"full size", full_size, .ranks = {N2_INDEX, N1_INDEX, N3_INDEX}, SENT_TO(N2_INDEX)},
	{"HTTPS", data, .port = HTTPS_PORT, .ranks = {N2_INDEX, N1_INDEX, N3_INDEX},
	 SENT_TO(N2_INDEX)},
	{"QUIC", datagram, .port = HTTPS_PORT, .ranks = {N2_INDEX, N1_INDEX, N3_INDEX},
	 SENT_TO(N2_INDEX)},
	{"IP options", behind_ip_options, .family = FAMILY_IPV4,
	 .ranks = {N2_INDEX, N1_INDEX, N3_INDEX}, SENT_TO(N2_INDEX)},
	{"the last hop's TTL", data, .ttl = 1, .ranks = {N2_INDEX, N1_INDEX, N3_INDEX},
	 SENT_TO(N2_INDEX)},
	{"from an unknown MAC", data, .from = UNKNOWN_MAC, .ranks = {N2_INDEX, N1_INDEX, N3_INDEX},
	 SENT_TO(N2_INDEX)},
	{"a SYN, whatever listens here", syn, .state = DRAINING,
	 .ranks = {N2_INDEX, N1_INDEX, N3_INDEX}, SENT_TO(N2_INDEX)},
	{"data while settling, of a node of no rank", data, .state = SETTLING | ARMED,
	 .ranks = {N2_INDEX, N3_INDEX, NOBODY}, SENT_IN_DOUBT_TO(N2_INDEX)},
	{"data while settling", data, .state = SETTLING, .ranks = {N2_INDEX, N1_INDEX, N3_INDEX},
	 SENT_IN_DOUBT_TO(N2_INDEX)},
	{"data while settling, the last hop's TTL", data, .ttl = 1, .state = SETTLING,
	 .ranks = {N2_INDEX, N1_INDEX, N3_INDEX}, SENT_TO(N2_INDEX)},
	{"data while this node is armed", data, .state = ARMED,
	 .ranks = {N2_INDEX, N1_INDEX, N3_INDEX}, SENT_TO(N2_INDEX)},
};

static void peer_is_primary_sent(void **state)
{
	(void)state;
	CHECK_STEERING(peer_is_primary);
}

static const struct steering_case kept[] = {
	{"a SYN that is ours", syn, .state = UNCHECKED, .ranks = {N1_INDEX, N2_INDEX, N3_INDEX},
	 KEPT},
	{"data that is ours", data, .ranks = {N1_INDEX, N2_INDEX, N3_INDEX}, KEPT},
	{"QUIC that is ours", datagram, .port = HTTPS_PORT, .state = SETTLING | DRAINING,
	 .ranks = {N1_INDEX, N2_INDEX, N3_INDEX}, KEPT},
	{"no backend is left", syn, .ranks = {NOBODY, NOBODY, NOBODY}, NOT_OURS},
	{"the backend's MAC is unknown", data, .state = UNREACHABLE,
	 .ranks = {N2_INDEX, N1_INDEX, N3_INDEX}, KEPT, .traffic = {.unreachable_backend = 1}},
};

static void ours_kept(void **state)
{
	(void)state;
	CHECK_STEERING(kept);
}

/* A peer has decided that the frame is for us. */
static const struct steering_case from_peers[] = {
	{"a SYN, a peer is primary", syn, .from = N2_MAC, .state = UNCHECKED,
	 .ranks = {N3_INDEX, N2_INDEX, N1_INDEX}, PEER_KEPT, .traffic = {.from_peers = 1}},
	{"QUIC, the sender is primary", datagram, .from = N2_MAC, .port = HTTPS_PORT,
	 .ranks = {N2_INDEX, N1_INDEX, N3_INDEX}, PEER_KEPT, .traffic = {.from_peers = 1}},
	{"data, we are primary", data, .from = N3_MAC, .ranks = {N1_INDEX, N2_INDEX, N3_INDEX},
	 PEER_KEPT, .traffic = {.from_peers = 1}},
	{"data, nobody is primary", data, .from = N3_MAC, .ranks = {NOBODY, NOBODY, NOBODY},
	 PEER_KEPT, .traffic = {.from_peers = 1, .second_chances = 1, .second_chances_spent = 1}},
	{"QUIC, a peer is primary", datagram, .from = N2_MAC, .port = HTTPS_PORT,
	 .state = SETTLING | DRAINING, .ranks = {N2_INDEX, N3_INDEX, N1_INDEX}, PEER_KEPT,
	 .traffic = {.from_peers = 1}},
	{"no service", data, .from = N2_MAC, .port = SSH_PORT,
	 .ranks = {N2_INDEX, N3_INDEX, N1_INDEX}, NOT_OURS},
};

static void frames_from_peers_kept(void **state)
{
	(void)state;
	CHECK_STEERING(from_peers);
}

/* What is not a service's. */

static void echo_request(struct frame *frame, const struct flow *flow)
{
	data(frame, flow);
	if (frame_is_ipv6(frame)) {
		frame->bytes[frame->network + IPV6_NEXT_HEADER] = IPPROTO_ICMPV6;
		frame->bytes[frame->transport] = 128;
	} else {
		frame->bytes[frame->network + IPV4_PROTOCOL] = IPPROTO_ICMP;
		frame->bytes[frame->transport] = ICMP_ECHO;
	}
	flow_finish(frame);
}

static void other_protocol(struct frame *frame, const struct flow *flow)
{
	data(frame, flow);
	frame->bytes[frame->network + (frame_is_ipv6(frame) ? IPV6_NEXT_HEADER : IPV4_PROTOCOL)] =
		IPPROTO_SCTP;
	frame_finish(frame);
}

static void to_node(struct frame *frame, const struct flow *flow)
{
	readdressed(frame, flow, OUR_ADDRESS4, OUR_ADDRESS6);
}

/* Addresses that the filter takes for VIPs: the last twelve bits are the same. */
static void to_lookalike(struct frame *frame, const struct flow *flow)
{
	readdressed(frame, flow, "10.77.16.101", "fd78::101");
}

static void to_another_net(struct frame *frame, const struct flow *flow)
{
	readdressed(frame, flow, "10.78.0.101", "2001:db8::101");
}

static void fragment(struct frame *frame, const struct flow *flow)
{
	to_node(frame, flow);
	frame_fragment(frame, 7, 0, true);
}

static void lookalike_fragment(struct frame *frame, const struct flow *flow)
{
	to_lookalike(frame, flow);
	frame_fragment(frame, 7, 0, true);
}

static void last_lookalike_fragment(struct frame *frame, const struct flow *flow)
{
	to_lookalike(frame, flow);
	frame_fragment(frame, 7, 5, false);
}

static void lookalike_with_options(struct frame *frame, const struct flow *flow)
{
	to_lookalike(frame, flow);
	frame_add_options(frame);
}

/* IGMP carries the router alert option, RFC 3376 section 4. */
static void igmp(struct frame *frame, const struct flow *flow)
{
	readdressed(frame, flow, "224.0.0.22", NULL);
	frame->bytes[frame->network + IPV4_PROTOCOL] = IPPROTO_IGMP;
	frame_add_options(frame);
}

static void error_to_node(struct frame *frame, const struct flow *flow)
{
	struct frame quoted, about;

	to_node(&about, flow);
	flow_reply(&quoted, flow);
	/* From the node's own address: turn the VIP's reply into one of the node's. */
	if (frame_is_ipv6(&quoted))
		memcpy(quoted.bytes + quoted.network + 8, about.bytes + about.network + 24, 16);
	else
		memcpy(quoted.bytes + quoted.network + 12, about.bytes + about.network + 16, 4);
	flow_error(frame, frame_is_ipv6(&quoted) ? 2 : ICMP_DEST_UNREACH, &quoted,
		   flow_minimal(&quoted));
}

static void broken_header(struct frame *frame, const struct flow *flow)
{
	uint8_t *header;

	data(frame, flow);
	header = frame->bytes + frame->network;
	header[0] = 0x42;
	put_be16(header + IPV4_CHECKSUM, HTTP_PORT); /* where the port would then be */
}

#define TO_PEER .ranks = {N2_INDEX, N3_INDEX, N1_INDEX}

static const struct steering_case others[] = {
	{"no service on the VIP", data, .port = SSH_PORT, TO_PEER, NOT_OURS},
	{"UDP where TCP is served", datagram, TO_PEER, NOT_OURS},
	{"echo request to a VIP", echo_request, TO_PEER, NOT_OURS},
	{"SCTP to a VIP", other_protocol, TO_PEER, NOT_OURS},
	{"to the node", to_node, TO_PEER, NOT_OURS},
	{"to what looks like a VIP", to_lookalike, TO_PEER, NOT_OURS},
	{"to another net", to_another_net, TO_PEER, NOT_OURS},
	{"a fragment to the node", fragment, TO_PEER, NOT_OURS},
	{"a first fragment to a lookalike", lookalike_fragment, TO_PEER, NOT_OURS},
	{"a last fragment to a lookalike", last_lookalike_fragment, TO_PEER, NOT_OURS},
	{"IP options to a lookalike", lookalike_with_options, .family = FAMILY_IPV4, TO_PEER,
	 NOT_OURS},
	{"IGMP", igmp, .family = FAMILY_IPV4, TO_PEER, NOT_OURS},
	{"an ICMP error to the node", error_to_node, TO_PEER, NOT_OURS},
	{"a header of 8 bytes", broken_header, .family = FAMILY_IPV4, TO_PEER, NOT_OURS},
};

static void others_pass(void **state)
{
	(void)state;
	CHECK_STEERING(others);
}

/* Who else it may be, the gateway of a family is the world outside to it. */
static void gateway_is_outside(void **state)
{
	struct flow flow4 = flow_of(IPPROTO_TCP, "198.51.100.7", 40000, BLUE_VIP4, HTTP_PORT);
	struct flow flow6 = flow_of(IPPROTO_UDP, "2001:db8:1::7", 40000, BLUE_VIP6, HTTPS_PORT);
	const __u8 ranks[RANKS] = {N3_INDEX, N1_INDEX, NOBODY};
	struct maps *maps = steering_reset(&networks[0], 0);
	struct outcome outcome;
	struct frame frame;

	(void)state;
	tables_fill(maps, ranks);
	assert_int_equal(mac_parse(N2_MAC, maps->settings->gateway_mac4.bytes), 0);
	data(&frame, &flow4);
	frame_set_source(&frame, N2_MAC);
	steering_run(&frame, &outcome);
	assert_sent(&outcome, &frame, N3_MAC);
	flow_udp(&frame, &flow6);
	frame_set_source(&frame, N2_MAC);
	steering_run(&frame, &outcome);
	assert_passed(&outcome, &frame);

	memset(maps->settings->gateway_mac6.bytes, 0, ETH_ALEN); /* not known */
	frame_set_source(&frame, GATEWAY_MAC);
	steering_run(&frame, &outcome);
	assert_sent(&outcome, &frame, N3_MAC);
}

/* The network that the VIPs are not on. */
static void other_networks_pass(void **state)
{
	struct flow flow = flow_of(IPPROTO_TCP, "198.51.100.7", 40000, BLUE_VIP4, HTTP_PORT);
	const __u8 ranks[RANKS] = {N2_INDEX, N3_INDEX, NOBODY};
	struct outcome outcome;
	struct frame frame;

	(void)state;
	tables_fill(steering_reset(&networks[0], 0), ranks);
	data(&frame, &flow);
	frame_tag(&frame, ETH_P_8021Q, 4000);
	steering_run(&frame, &outcome);
	assert_passed(&outcome, &frame);

	steering_reset(&networks[2], 0);
	data(&frame, &flow);
	steering_run(&frame, &outcome);
	assert_passed(&outcome, &frame);
	frame_tag(&frame, ETH_P_8021Q, 4001);
	steering_run(&frame, &outcome);
	assert_passed(&outcome, &frame);
}

/* Each of the two copies is in force when its word says so. */
static void copies_are_flipped(void **state)
{
	struct flow flow = flow_of(IPPROTO_TCP, "198.51.100.7", 40000, BLUE_VIP4, HTTP_PORT);
	const __u8 before[RANKS] = {N2_INDEX, N1_INDEX, NOBODY};
	const __u8 after[RANKS] = {N3_INDEX, N2_INDEX, N1_INDEX};
	struct maps *maps = steering_reset(&networks[0], 0);
	struct outcome outcome;
	struct frame frame;

	(void)state;
	tables_fill(maps, before);
	maps->pools[WEB_POOL].copy = 1;
	tables_fill(maps, after);
	data(&frame, &flow);
	steering_run(&frame, &outcome);
	assert_sent(&outcome, &frame, N3_MAC);
	maps->pools[WEB_POOL].copy = 0;
	steering_run(&frame, &outcome);
	assert_sent(&outcome, &frame, N2_MAC);

	maps->settings->service_copy = 1; /* an empty one */
	steering_run(&frame, &outcome);
	assert_passed(&outcome, &frame);
	maps->settings->service_copy = 0;
	steering_run(&frame, &outcome);
	assert_sent(&outcome, &frame, N2_MAC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(peer_is_primary_sent),   cmocka_unit_test(ours_kept),
		cmocka_unit_test(frames_from_peers_kept), cmocka_unit_test(others_pass),
		cmocka_unit_test(gateway_is_outside),     cmocka_unit_test(other_networks_pass),
		cmocka_unit_test(copies_are_flipped),
	};

	return cmocka_run_group_tests(tests, steering_open, steering_close);
}
