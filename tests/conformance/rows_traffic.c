// SPDX-License-Identifier: GPL-2.0-only
/* What is sent to a VIP. */
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <string.h>

#include "ctl/base/address.h"
#include "tests/bpf/steering_harness.h"
#include "tests/conformance/conformance.h"

static void syn(struct frame *frame, const struct flow *flow)
{
	flow_tcp(frame, flow, TH_SYN);
}

static void data(struct frame *frame, const struct flow *flow)
{
	flow_data(frame, flow);
}

static void echo(struct frame *frame, const struct flow *flow)
{
	bool ipv6 = address_family(&flow->vip) == FAMILY_IPV6;
	uint8_t *icmp;

	flow_tcp(frame, flow, TH_SYN);
	frame->bytes[frame->network + (ipv6 ? IPV6_NEXT_HEADER : IPV4_PROTOCOL)] =
		ipv6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
	icmp = frame->bytes + frame->transport;
	memset(icmp, 0, frame->length - frame->transport);
	icmp[0] = ipv6 ? ICMP6_ECHO_REQUEST : ICMP_ECHO;
}

#define PEER_FIRST .ranks = {N2_INDEX, N1_INDEX, N3_INDEX}
#define WE_FIRST   .ranks = {N1_INDEX, N2_INDEX, N3_INDEX}

static void ports_of_services_are_steered(void)
{
	static const struct steering_case cases[] = {
		{"HTTP, ours", syn, WE_FIRST, KEPT},
		{"HTTP, a peer's", syn, PEER_FIRST, SENT_TO(N2_INDEX)},
		{"HTTPS, a peer's", syn, .port = HTTPS_PORT, PEER_FIRST, SENT_TO(N2_INDEX)},
		{"another port", syn, .port = SSH_PORT, PEER_FIRST, NOT_OURS},
		{"echo", echo, PEER_FIRST, NOT_OURS},
	};

	CHECK_STEERING(cases);
}

static void owner_or_not_is_not_asked(void)
{
	static const struct steering_case cases[] = {
		{"data, ours", data, WE_FIRST, KEPT},
		{"data, a peer's", data, PEER_FIRST, SENT_TO(N2_INDEX)},
	};

	CHECK_STEERING(cases); /* the bench leaves all leases at 0: this node owns nothing */
}

static void no_loop_between_nodes(void)
{
	static const struct steering_case cases[] = {
		{"from a peer", data, .from = N2_MAC, .ranks = {N1_INDEX, N2_INDEX, N3_INDEX},
		 PEER_KEPT, .traffic = {.from_peers = 1}},
		{"from a peer, in doubt, after all others", data, .from = N2_MAC, .ttl = RANKS - 1,
		 PEER_FIRST, PEER_KEPT,
		 .traffic = {.from_peers = 1, .second_chances = 1, .second_chances_spent = 1}},
	};

	CHECK_STEERING(cases);
}

static void with_options(struct frame *frame, const struct flow *flow)
{
	flow_data(frame, flow);
	frame_add_options(frame);
}

static void first_fragment(struct frame *frame, const struct flow *flow)
{
	flow_data(frame, flow);
	frame_fragment(frame, 7, 0, true);
}

static void too_big(struct frame *frame, const struct flow *flow)
{
	struct frame quoted;

	flow_reply(&quoted, flow);
	flow_error(frame, frame_is_ipv6(&quoted) ? 2 : ICMP_DEST_UNREACH, &quoted,
		   flow_minimal(&quoted));
}

static void what_belongs_to_a_flow_follows_it(void)
{
	static const struct steering_case cases[] = {
		{"IPv4 options", with_options, .family = FAMILY_IPV4, PEER_FIRST,
		 SENT_TO(N2_INDEX)},
		{"a first fragment", first_fragment, PEER_FIRST, SENT_TO(N2_INDEX)},
		{"too big", too_big, PEER_FIRST, SENT_TO(N2_INDEX), .traffic = {.icmp_errors = 1}},
	};

	CHECK_STEERING(cases);
}

static void full_frame(struct frame *frame, const struct flow *flow)
{
	flow_tcp(frame, flow, TH_ACK);
	frame_append(frame, 1400 + ETH_HLEN - frame->length);
	flow_finish(frame);
}

static void nothing_is_added(void)
{
	static const struct steering_case cases[] = {
		{"a frame of the whole MTU", full_frame, PEER_FIRST, SENT_TO(N2_INDEX)},
	};

	CHECK_STEERING(cases); /* which compares lengths and bytes */
}

static const struct conformance_row rows[] = {
	TESTED(105, "The owner accepts what is sent to a VIP if accept mode says so",
	       "RFC 9568 6.1, 6.4.3", DATAPLANE, ports_of_services_are_steered,
	       .pending = "accept mode",
	       .decision = "services go where their slot says; all else, ping too, is this node's"),
	TESTED(106, "Who is not Active does not accept what is sent to a VIP", "RFC 9568 6.4.2",
	       DATAPLANE, owner_or_not_is_not_asked, .pending = "accept mode: strict",
	       .decision = "it does: a neighbour with a stale entry is served like any other"),
	TESTED(107, "What a node has steered to us is not steered on: no loops", "RFC 9568 8.3.1",
	       DATAPLANE, no_loop_between_nodes,
	       .decision = "but for flows in doubt: then the TTL counts who was asked, each of "
			   "them once"),
	TESTED(108, "Options, fragments and ICMP errors go where their flow goes",
	       "RFC 792, RFC 4443", DATAPLANE, what_belongs_to_a_flow_follows_it,
	       .elsewhere = "tests/bpf/steer_fragment_test.c::sequences"),
	TESTED(109, "Steering adds nothing to a frame, so that a small MTU is no smaller",
	       "RFC 1191", DATAPLANE, nothing_is_added,
	       .elsewhere = "tests/lab/test_transfers.py::test_path_mtu"),
};

THEME(traffic_theme, "Traffic to a VIP");
