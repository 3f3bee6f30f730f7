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
		{"HTTP, ours", syn, WE_FIRST, .state = UNCHECKED, KEPT},
		{"HTTP, a peer's", syn, PEER_FIRST, SENT_TO(N2_INDEX)},
		{"HTTPS, a peer's", syn, .port = HTTPS_PORT, PEER_FIRST, SENT_TO(N2_INDEX)},
		{"another port", syn, .port = SSH_PORT, PEER_FIRST, NOT_OURS},
		{"echo", echo, PEER_FIRST, NOT_OURS},
	};

	CHECK_STEERING(cases);
}

static const __u8 families[] = {FAMILY_IPV4, FAMILY_IPV6};

/* What becomes of a frame for BLUE's VIPs while they have these flags; the flow is a peer's. */
static __u32 verdict_with(__u32 flags, __u64 lease_until, __u8 family, uint16_t port,
			  const char *from,
			  void (*build)(struct frame *frame, const struct flow *flow))
{
	static const __u8 ranks[RANKS] = {N2_INDEX, N1_INDEX, N3_INDEX};
	struct flow flow =
		flow_of(IPPROTO_TCP, family == FAMILY_IPV4 ? stranger.address4 : stranger.address6,
			stranger.port, vip_of(family), port);
	struct vip_entry entry = {.vrid = BLUE, .flags = flags};
	struct maps *maps = steering_reset(&networks[0], 0);
	struct outcome outcome;
	struct frame frame;

	tables_fill(maps, ranks);
	assert_int_equal(maps_set_vip(maps, &flow.vip, &entry), 0);
	maps->settings->vip_flags = flags;
	maps->instances[BLUE].lease_until = lease_until;
	build(&frame, &flow);
	frame_set_source(&frame, from);
	steering_run(&frame, &outcome);
	return outcome.verdict;
}

#define SERVICES_ONLY(port, build)                                                                 \
	verdict_with(VIP_SERVICES_ONLY, lease_in(60000), family, port, GATEWAY_MAC, build)
#define ACTIVE_ONLY(lease, from, build)                                                            \
	verdict_with(VIP_ACTIVE_ONLY, lease, family, HTTP_PORT, from, build)

static void accept_mode_is_asked(void)
{
	ports_of_services_are_steered();
	for (size_t i = 0; i < 2; i++) {
		__u8 family = families[i];

		assert_int_equal(SERVICES_ONLY(HTTP_PORT, syn), XDP_TX);
		assert_int_equal(SERVICES_ONLY(SSH_PORT, syn), XDP_DROP);
		assert_int_equal(SERVICES_ONLY(0, echo), XDP_DROP);
	}
}

static void owner_or_not_is_asked_where_wanted(void)
{
	static const struct steering_case cases[] = {
		{"data, ours", data, WE_FIRST, KEPT},
		{"data, a peer's", data, PEER_FIRST, SENT_TO(N2_INDEX)},
	};

	CHECK_STEERING(cases); /* the bench leaves all leases at 0: this node owns nothing */
	for (size_t i = 0; i < 2; i++) {
		__u8 family = families[i];

		assert_int_equal(ACTIVE_ONLY(0, GATEWAY_MAC, data), XDP_DROP);
		assert_int_equal(ACTIVE_ONLY(0, GATEWAY_MAC, echo), XDP_DROP);
		assert_int_not_equal(ACTIVE_ONLY(0, N3_MAC, data), XDP_DROP);
		assert_int_equal(ACTIVE_ONLY(lease_in(60000), GATEWAY_MAC, data), XDP_TX);
	}
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
	       "RFC 9568 6.1, 6.4.3", DATAPLANE, accept_mode_is_asked,
	       .elsewhere = "tests/lab/test_accept.py::test_ping",
	       .decision = "services go where their slot says; all else, ping too, is this node's, "
			   "or refused with accept: false"),
	TESTED(106, "Who is not Active does not accept what is sent to a VIP", "RFC 9568 6.4.2",
	       DATAPLANE, owner_or_not_is_asked_where_wanted,
	       .elsewhere = "tests/lab/test_accept.py::test_backup",
	       .decision = "it does, for a neighbour with a stale entry is served like any other; "
			   "accept_as_backup: false has it the RFC's way, but for what a peer "
			   "has steered here"),
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
