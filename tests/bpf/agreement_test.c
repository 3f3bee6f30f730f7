// SPDX-License-Identifier: GPL-2.0-only
/*
 * What maps/steering.h says in user space, and so vipctl explain, is what the dataplane does.
 */
#include <netinet/in.h>

#include "tests/bpf/steering_harness.h"

#define TUPLES 10000

static __u32 nodes_used[BIG_POOL];

/* Sent to the primary of the slot that user space finds. */
static void check_flow(const struct maps *maps, const struct flow *flow)
{
	const struct slot *slot = tables_slot(maps, flow);
	struct outcome outcome;
	struct frame frame;

	assert_non_null(slot);
	flow_data(&frame, flow);
	steering_run(&frame, &outcome);
	assert_int_equal(outcome.verdict, XDP_TX);
	assert_memory_equal(outcome.frame.bytes, maps->backends[slot->primary].mac, ETH_ALEN);
	nodes_used[slot->primary]++;
}

static void random_tuples_agree(void **state)
{
	(void)state;
	for (unsigned int affinity = 0; affinity <= SERVICE_BY_CLIENT; affinity++) {
		struct maps *maps = steering_reset(&networks[0], (__u8)affinity);

		tables_fill_random(maps);
		for (int i = 0; i < TUPLES; i++) {
			struct flow flow = random_flow();

			check_flow(maps, &flow);
		}
	}
	for (int node = 0; node < BIG_POOL; node++)
		assert_in_range(nodes_used[node], TUPLES / BIG_POOL, 4 * TUPLES / BIG_POOL);
}

/* Another key, another slot: but for a few that meet by chance. */
static void key_decides(void **state)
{
	struct maps *maps = steering_reset(&networks[0], 0);
	int moved = 0;

	(void)state;
	tables_fill_random(maps);
	for (int i = 0; i < TUPLES; i++) {
		struct flow flow = random_flow();
		__u64 hash = service_hash(FLOW_KEY, &flow.vip, flow.vip_port, flow.protocol);
		__u64 other = service_hash(~FLOW_KEY, &flow.vip, flow.vip_port, flow.protocol);

		moved += flow_slot(FLOW_KEY, hash, &flow, 0) !=
			 flow_slot(~FLOW_KEY, other, &flow, 0);
	}
	assert_in_range(moved, TUPLES * 99 / 100, TUPLES);
}

/* By client: whatever port it comes from, and whatever VIP it asks for. */
static void client_decides(void **state)
{
	struct maps *maps = steering_reset(&networks[0], SERVICE_BY_CLIENT);

	(void)state;
	tables_fill_random(maps);
	for (int i = 0; i < 100; i++) {
		struct flow one = random_flow(), other = one;

		other.client_port = (__be16)~one.client_port;
		other.protocol = IPPROTO_TCP;
		other.vip_port = htons(HTTP_PORT);
		assert_ptr_equal(tables_slot(maps, &one), tables_slot(maps, &other));
		check_flow(maps, &one);
		check_flow(maps, &other);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_tuples_agree),
		cmocka_unit_test(key_decides),
		cmocka_unit_test(client_decides),
	};

	return cmocka_run_group_tests(tests, steering_open, steering_close);
}
