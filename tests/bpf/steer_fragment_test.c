// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fragments of packets to a VIP: the first has the ports and decides, the others follow it for as
 * long as the kernel's reassembly would wait, and what comes without its first is the local
 * stack's.
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#include "ctl/base/address.h"
#include "ctl/base/clock.h"
#include "tests/bpf/steering_harness.h"

#define ID 0x4711

static const __u8 peer_first[RANKS] = {N2_INDEX, N3_INDEX, N1_INDEX};
static const __u8 other_first[RANKS] = {N3_INDEX, N2_INDEX, N1_INDEX};
static const __u8 us_first[RANKS] = {N1_INDEX, N2_INDEX, N3_INDEX};

static void first(struct frame *frame, const struct flow *flow)
{
	flow_data(frame, flow);
	frame_fragment(frame, ID, 0, true);
}

static void later(struct frame *frame, const struct flow *flow)
{
	flow_data(frame, flow);
	frame_fragment(frame, ID, 6, true);
}

static void last(struct frame *frame, const struct flow *flow)
{
	flow_data(frame, flow);
	frame_fragment(frame, ID, 12, false);
}

/* RFC 8200 section 4.5: a whole packet with a fragment header. */
static void atomic(struct frame *frame, const struct flow *flow)
{
	flow_data(frame, flow);
	frame_fragment(frame, ID, 0, false);
}

/* RFC 1858 section 3: the ports are there, the flags are not. */
static void tiny(struct frame *frame, const struct flow *flow)
{
	first(frame, flow);
	frame->length = frame->transport + 8;
	frame_finish(frame);
}

static void first_behind_options(struct frame *frame, const struct flow *flow)
{
	first(frame, flow);
	frame_add_options(frame);
}

#define TO_PEER .ranks = {N2_INDEX, N3_INDEX, N1_INDEX}

static const struct steering_case cases[] = {
	{"first", first, TO_PEER, SENT_TO(N2_INDEX)},
	{"first behind options", first_behind_options, .family = FAMILY_IPV4, TO_PEER,
	 SENT_TO(N2_INDEX)},
	{"atomic", atomic, TO_PEER, SENT_TO(N2_INDEX)},
	{"first, ours", first, .ranks = {N1_INDEX, N2_INDEX, N3_INDEX}, KEPT},
	{"first, no service", first, .port = SSH_PORT, TO_PEER, NOT_OURS},
	{"tiny", tiny, TO_PEER, NOT_OURS},
	{"later, orphaned", later, TO_PEER, NOT_OURS, .traffic = {.fragments_orphaned = 1}},
	{"last, orphaned", last, TO_PEER, NOT_OURS, .traffic = {.fragments_orphaned = 1}},
};

static void single_fragments(void **state)
{
	(void)state;
	CHECK_STEERING(cases);
}

/* Sequences. */

static struct maps *maps;
static const struct network *network;

typedef void builder(struct frame *frame, const struct flow *flow);

static void send_from(const char *mac, builder *build, const struct flow *flow, struct frame *frame,
		      struct outcome *outcome)
{
	build(frame, flow);
	frame_set_source(frame, mac);
	if (network->tagged)
		frame_tag(frame, ETH_P_8021Q, network->control);
	steering_run(frame, outcome);
}

static void goes_to(const char *mac, builder *build, const struct flow *flow)
{
	struct outcome outcome;
	struct frame frame;

	send_from(GATEWAY_MAC, build, flow, &frame, &outcome);
	assert_sent(&outcome, &frame, mac);
}

static void stays(builder *build, const struct flow *flow)
{
	struct outcome outcome;
	struct frame frame;

	send_from(GATEWAY_MAC, build, flow, &frame, &outcome);
	assert_passed(&outcome, &frame);
}

static void assert_counted(__u64 followed, __u64 orphaned)
{
	struct traffic_entry traffic = steering_traffic();

	assert_int_equal(traffic.fragments, followed);
	assert_int_equal(traffic.fragments_orphaned, orphaned);
	assert_int_equal(traffic.unreachable_backend, 0);
}

static void begin(const __u8 ranks[static RANKS])
{
	maps = steering_reset(network, SERVICE_LISTENER_CHECK);
	tables_fill(maps, ranks);
}

static void others_follow(const struct flow *flow)
{
	begin(peer_first);
	goes_to(N2_MAC, first, flow);
	goes_to(N2_MAC, later, flow);
	goes_to(N2_MAC, last, flow);
	assert_counted(2, 0);
}

static void others_stay_with_ours(const struct flow *flow)
{
	begin(us_first);
	stays(first, flow);
	tables_fill(maps, peer_first);
	stays(later, flow);
	assert_counted(1, 0);
}

static void wrong_order(const struct flow *flow)
{
	begin(peer_first);
	stays(last, flow);
	assert_counted(0, 1);
	goes_to(N2_MAC, first, flow);
	goes_to(N2_MAC, later, flow);
	assert_counted(1, 1);
}

/* What the table says by now does not matter. */
static void first_has_decided(const struct flow *flow)
{
	begin(peer_first);
	goes_to(N2_MAC, first, flow);
	tables_fill(maps, other_first);
	goes_to(N2_MAC, later, flow);
	goes_to(N3_MAC, first, flow); /* the identification comes round again */
	goes_to(N3_MAC, last, flow);
	assert_counted(2, 0);
}

static void lifetime_ends(const struct flow *flow)
{
	begin(peer_first);
	goes_to(N2_MAC, first, flow);
	age_fragments(FRAGMENT_LIFETIME - 10 * NS_PER_S);
	goes_to(N2_MAC, later, flow);
	age_fragments(10 * NS_PER_S);
	stays(last, flow);
	assert_counted(1, 1);
}

static void whole_behind_options(struct frame *frame, const struct flow *flow)
{
	flow_data(frame, flow);
	frame_add_options(frame);
}

static void not_remembered(const struct flow *flow)
{
	begin(peer_first);
	if (address_family(&flow->vip) == FAMILY_IPV4)
		goes_to(N2_MAC, whole_behind_options, flow);
	goes_to(N2_MAC, atomic, flow);
	stays(last, flow);
	if (flow->protocol == IPPROTO_TCP)
		stays(tiny, flow);
	stays(last, flow);
	assert_counted(0, 2);
	assert_int_equal(steering_fragments(), 0);
}

static void peer_is_lost(const struct flow *flow)
{
	begin(peer_first);
	goes_to(N2_MAC, first, flow);
	maps->backends[N2_INDEX].usable = 0;
	stays(later, flow);
	assert_int_equal(steering_traffic().unreachable_backend, 1);
}

/* The first is here by now. */
static void peer_comes_back(const struct flow *flow)
{
	begin(peer_first);
	maps->backends[N2_INDEX].usable = 0;
	stays(first, flow);
	maps->backends[N2_INDEX].usable = 1;
	stays(later, flow);
}

static void peer_decided(const struct flow *flow)
{
	struct outcome outcome;
	struct frame frame;

	begin(us_first);
	send_from(N3_MAC, first, flow, &frame, &outcome);
	assert_passed(&outcome, &frame);
	send_from(N3_MAC, later, flow, &frame, &outcome);
	assert_passed(&outcome, &frame);
	assert_counted(1, 0);
}

static void other_id(struct frame *frame, const struct flow *flow)
{
	flow_data(frame, flow);
	frame_fragment(frame, ID + 1, 6, true);
}

/* One thing other than in what is remembered, and it is another packet. */
static void other_packets(const struct flow *flow)
{
	struct flow other;

	begin(peer_first);
	goes_to(N2_MAC, first, flow);
	stays(other_id, flow);
	other = *flow;
	other.client.bytes[15] ^= 1;
	stays(later, &other);
	other = *flow;
	other.vip.bytes[15] ^= 3; /* 10.77.0.102, fd77::102 */
	stays(later, &other);
	other = *flow;
	other.protocol = flow->protocol == IPPROTO_TCP ? IPPROTO_UDP : IPPROTO_TCP;
	if (address_family(&flow->vip) == FAMILY_IPV4)
		stays(later, &other); /* RFC 791; IPv6's identification is for all protocols */
	assert_counted(0, address_family(&flow->vip) == FAMILY_IPV4 ? 4 : 3);
}

static void for_all(void (*test)(const struct flow *flow))
{
	static const struct {
		const char *client, *vip;
	} sides[] = {{"198.51.100.7", BLUE_VIP4}, {"2001:db8:1::7", BLUE_VIP6}};

	for (size_t i = 0; i < network_count; i++) {
		network = &networks[i];
		for (size_t j = 0; j < 2; j++) {
			struct flow tcp = flow_of(IPPROTO_TCP, sides[j].client, 40000, sides[j].vip,
						  HTTP_PORT);
			struct flow udp = flow_of(IPPROTO_UDP, sides[j].client, 40000, sides[j].vip,
						  HTTPS_PORT);

			test(&tcp);
			test(&udp);
		}
	}
}

static void sequences(void **state)
{
	(void)state;
	for_all(others_follow);
	for_all(others_stay_with_ours);
	for_all(wrong_order);
	for_all(first_has_decided);
	for_all(lifetime_ends);
	for_all(not_remembered);
	for_all(peer_is_lost);
	for_all(peer_comes_back);
	for_all(peer_decided);
	for_all(other_packets);
}

/* From node to node the TTL counts, for those that follow as for the first. */
static void ttl_counts_between_nodes(void **state)
{
	struct flow flow = flow_of(IPPROTO_TCP, "198.51.100.7", 40000, BLUE_VIP4, HTTP_PORT);
	struct outcome outcome;
	struct frame frame;

	(void)state;
	network = &networks[0];
	begin(us_first);
	maps->pools[WEB_POOL].settling = 1;
	send_from(N3_MAC, first, &flow, &frame, &outcome);
	frame_set_ttl(&frame, ttl_passed_on(64));
	assert_sent(&outcome, &frame, N2_MAC);
	send_from(N3_MAC, later, &flow, &frame, &outcome);
	frame_set_ttl(&frame, ttl_passed_on(64));
	assert_sent(&outcome, &frame, N2_MAC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(single_fragments),
		cmocka_unit_test(sequences),
		cmocka_unit_test(ttl_counts_between_nodes),
	};

	return cmocka_run_group_tests(tests, steering_open, steering_close);
}
