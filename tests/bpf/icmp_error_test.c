// SPDX-License-Identifier: GPL-2.0-only
/*
 * ICMP errors about a flow go where the flow goes, however little of it they quote (RFC 792: its IP
 * header and eight bytes; RFC 4443); all other ICMP is the local stack's.
 */
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <string.h>

#include "ctl/base/address.h"
#include "tests/bpf/steering_harness.h"

#define RANDOM_FLOWS        1000
#define DESTINATION_OPTIONS 60

/* An error of one type, or its like in the other family; quoting no more than it must. */
static void error(struct frame *frame, const struct flow *flow, uint8_t type4, uint8_t type6)
{
	struct frame quoted;

	flow_reply(&quoted, flow);
	flow_error(frame, frame_is_ipv6(&quoted) ? type6 : type4, &quoted, flow_minimal(&quoted));
}

static void unreachable(struct frame *frame, const struct flow *flow)
{
	error(frame, flow, ICMP_DEST_UNREACH, 1);
}

static void too_big(struct frame *frame, const struct flow *flow)
{
	error(frame, flow, ICMP_DEST_UNREACH, 2);
}

static void time_exceeded(struct frame *frame, const struct flow *flow)
{
	error(frame, flow, ICMP_TIME_EXCEEDED, 3);
}

static void parameter_problem(struct frame *frame, const struct flow *flow)
{
	error(frame, flow, ICMP_PARAMETERPROB, 4);
}

static void reserved_type(struct frame *frame, const struct flow *flow)
{
	error(frame, flow, 0, 0);
}

static void redirect(struct frame *frame, const struct flow *flow)
{
	error(frame, flow, ICMP_REDIRECT, 137);
}

static void source_quench(struct frame *frame, const struct flow *flow)
{
	error(frame, flow, ICMP_SOURCE_QUENCH, 5);
}

static void about_udp(struct frame *frame, const struct flow *flow)
{
	struct flow udp = *flow;

	udp.protocol = IPPROTO_UDP;
	too_big(frame, &udp);
}

/* The whole quoted packet, built by @change from an ordinary one. */
static void error_quoting(struct frame *frame, const struct flow *flow,
			  void (*change)(struct frame *quoted))
{
	struct frame quoted;

	flow_reply(&quoted, flow);
	if (change)
		change(&quoted);
	flow_error(frame, frame_is_ipv6(&quoted) ? 2 : ICMP_DEST_UNREACH, &quoted,
		   quoted.length - quoted.network);
}

static void quoting_all(struct frame *frame, const struct flow *flow)
{
	error_quoting(frame, flow, NULL);
}

static void quoting_options(struct frame *frame, const struct flow *flow)
{
	error_quoting(frame, flow, frame_add_options);
}

static void become_first_fragment(struct frame *quoted)
{
	frame_fragment(quoted, 77, 0, true);
}

static void quoting_first_fragment(struct frame *frame, const struct flow *flow)
{
	error_quoting(frame, flow, become_first_fragment);
}

static void become_later_fragment(struct frame *quoted)
{
	uint8_t transport[8];

	/* Payload that happens to look like the ports of the flow. */
	memcpy(transport, quoted->bytes + quoted->transport, sizeof(transport));
	frame_fragment(quoted, 77, 3, true);
	memcpy(quoted->bytes + quoted->transport, transport, sizeof(transport));
}

static void quoting_later_fragment(struct frame *frame, const struct flow *flow)
{
	error_quoting(frame, flow, become_later_fragment);
}

static void become_anothers(struct frame *quoted)
{
	uint8_t *source = quoted->bytes + quoted->network + (frame_is_ipv6(quoted) ? 8 : 12);

	put_address(source, frame_is_ipv6(quoted) ? GREEN_VIP6 : GREEN_VIP4);
}

/* The quoted packet is of one VIP, the error goes to another. */
static void quoting_anothers(struct frame *frame, const struct flow *flow)
{
	struct frame quoted;
	size_t length;
	uint8_t *packet;

	error_quoting(frame, flow, NULL);
	flow_reply(&quoted, flow);
	become_anothers(&quoted);
	length = quoted.length - quoted.network;
	packet = frame->bytes + frame->length - length;
	memcpy(packet, quoted.bytes + quoted.network, length);
}

static void become_sctp(struct frame *quoted)
{
	quoted->bytes[quoted->network +
		      (frame_is_ipv6(quoted) ? IPV6_NEXT_HEADER : IPV4_PROTOCOL)] = IPPROTO_SCTP;
}

static void quoting_sctp(struct frame *frame, const struct flow *flow)
{
	error_quoting(frame, flow, become_sctp);
}

static void become_broken(struct frame *quoted)
{
	quoted->bytes[quoted->network] = 0x44;
}

static void quoting_broken_header(struct frame *frame, const struct flow *flow)
{
	error_quoting(frame, flow, become_broken);
}

static void become_extended(struct frame *quoted)
{
	uint8_t *extension = frame_insert(quoted, quoted->transport, 8);

	extension[0] = IPPROTO_TCP;
	quoted->bytes[quoted->network + IPV6_NEXT_HEADER] = DESTINATION_OPTIONS;
	frame_fit(quoted);
}

static void quoting_extension(struct frame *frame, const struct flow *flow)
{
	error_quoting(frame, flow, become_extended);
}

/* The error itself has IP options: the quoted packet is where they end. */
static void behind_options(struct frame *frame, const struct flow *flow)
{
	too_big(frame, flow);
	frame_add_options(frame);
}

#define TO_PEER .ranks = {N2_INDEX, N1_INDEX, N3_INDEX}
#define ABOUT   .traffic = {.icmp_errors = 1}

static const struct steering_case ours[] = {
	{"unreachable", unreachable, TO_PEER, SENT_TO(N2_INDEX), ABOUT},
	{"too big", too_big, TO_PEER, SENT_TO(N2_INDEX), ABOUT},
	{"time exceeded", time_exceeded, TO_PEER, SENT_TO(N2_INDEX), ABOUT},
	{"parameter problem", parameter_problem, TO_PEER, SENT_TO(N2_INDEX), ABOUT},
	{"about UDP", about_udp, .port = HTTPS_PORT, TO_PEER, SENT_TO(N2_INDEX), ABOUT},
	{"TTL 1", too_big, .ttl = 1, TO_PEER, SENT_TO(N2_INDEX), ABOUT},
	{"quoting all", quoting_all, TO_PEER, SENT_TO(N2_INDEX), ABOUT},
	{"quoting IP options", quoting_options, .family = FAMILY_IPV4, TO_PEER, SENT_TO(N2_INDEX),
	 ABOUT},
	{"quoting a first fragment", quoting_first_fragment, TO_PEER, SENT_TO(N2_INDEX), ABOUT},
	{"behind IP options", behind_options, .family = FAMILY_IPV4, TO_PEER, SENT_TO(N2_INDEX),
	 ABOUT},
	{"about a flow of our own", too_big, .ranks = {N1_INDEX, N2_INDEX, N3_INDEX}, KEPT, ABOUT},
	{"from a peer", too_big, .from = N2_MAC, .ranks = {N1_INDEX, N2_INDEX, N3_INDEX}, PEER_KEPT,
	 .traffic = {.icmp_errors = 1, .from_peers = 1}},
	{"about a flow that cannot be reached", too_big, .state = UNREACHABLE, TO_PEER, KEPT,
	 .traffic = {.icmp_errors = 1, .unreachable_backend = 1}},
};

static void errors_follow_flow(void **state)
{
	(void)state;
	CHECK_STEERING(ours);
}

static const struct steering_case others[] = {
	{"type 0", reserved_type, TO_PEER, NOT_OURS},
	{"redirect", redirect, TO_PEER, NOT_OURS},
	{"source quench, or type 5", source_quench, TO_PEER, NOT_OURS},
	{"no service", too_big, .port = SSH_PORT, TO_PEER, NOT_OURS},
	{"UDP where TCP is served", about_udp, TO_PEER, NOT_OURS},
	{"quoting a later fragment", quoting_later_fragment, TO_PEER, NOT_OURS},
	{"quoting another's packet", quoting_anothers, TO_PEER, NOT_OURS},
	{"quoting SCTP", quoting_sctp, TO_PEER, NOT_OURS},
	{"quoting a header of 16 bytes", quoting_broken_header, .family = FAMILY_IPV4, TO_PEER,
	 NOT_OURS},
	{"quoting an extension header", quoting_extension, .family = FAMILY_IPV6, TO_PEER,
	 NOT_OURS},
};

static void other_icmp_passes(void **state)
{
	(void)state;
	CHECK_STEERING(others);
}

/* Both leave for the same node. */
static void check_same_way(const struct flow *flow)
{
	struct outcome of_flow, of_error;
	struct frame frame;

	flow_data(&frame, flow);
	steering_run(&frame, &of_flow);
	too_big(&frame, flow);
	steering_run(&frame, &of_error);
	assert_int_equal(of_flow.verdict, XDP_TX);
	assert_int_equal(of_error.verdict, XDP_TX);
	assert_memory_equal(of_flow.frame.bytes, of_error.frame.bytes, 2 * ETH_ALEN);
}

static void random_flows_same_way(void **state)
{
	(void)state;
	for (unsigned int affinity = 0; affinity <= SERVICE_BY_CLIENT; affinity++) {
		tables_fill_random(steering_reset(&networks[0], (__u8)affinity));
		for (int i = 0; i < RANDOM_FLOWS; i++) {
			struct flow flow = random_flow();

			check_same_way(&flow);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(errors_follow_flow),
		cmocka_unit_test(other_icmp_passes),
		cmocka_unit_test(random_flows_same_way),
	};

	return cmocka_run_group_tests(tests, steering_open, steering_close);
}
