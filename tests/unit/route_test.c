// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where a frame goes from node to node: each slot that four nodes can make, whoever of them is in
 * reach, at each node and after each number of nodes asked.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "maps/route.h"

#define NODES 4 /* one more than there are ranks */
#define ALL   ((1U << NODES) - 1)

/* Which nodes frames can be sent to: a bit for each. */
static bool in_reach(void *context, __u8 node)
{
	const unsigned int *nodes = context;

	assert_in_range(node, 0, NODES - 1);
	return *nodes & 1U << node;
}

static __u8 node_of(unsigned int number)
{
	return number < NODES ? (__u8)number : NOBODY;
}

static bool is_slot(const struct slot *slot)
{
	for (int i = 0; i < RANKS; i++)
		for (int j = 0; j < i; j++)
			if (slot->rank[i] != NOBODY && slot->rank[i] == slot->rank[j])
				return false;
	return true;
}

/* The next of all slots, by counting; no node is in two ranks. Return: false after the last. */
static bool next_slot(unsigned int *number, struct slot *slot)
{
	for (; *number < 5 * 5 * 5 * 5; (*number)++) {
		*slot = (struct slot){
			.primary = node_of(*number % 5),
			.rank = {node_of(*number / 5 % 5), node_of(*number / 25 % 5),
				 node_of(*number / 125 % 5)},
		};
		if (is_slot(slot)) {
			(*number)++;
			return true;
		}
	}
	return false;
}

#define FOR_EACH_SLOT(slot) for (unsigned int number_ = 0; next_slot(&number_, &(slot));)
#define FOR_EACH_NODE(node) for (__u8 node = 0; node < NODES; node++)

/* Place of a node among the ranks, or RANKS. */
static int place_of(const struct slot *slot, __u8 node)
{
	int place = 0;

	while (place < RANKS && slot->rank[place] != node)
		place++;
	return place;
}

static int count_ranks(const struct slot *slot)
{
	int count = 0;

	for (int i = 0; i < RANKS; i++)
		count += slot->rank[i] != NOBODY;
	return count;
}

static void a_frame_from_outside_goes_to_the_primary(void **state)
{
	struct slot slot;

	(void)state;
	FOR_EACH_SLOT(slot)
	{
		FOR_EACH_NODE(self)
		{
			for (__u32 settling = 0; settling < 2; settling++) {
				struct hop hop = first_hop(&slot, self, settling);
				bool stays = slot.primary == NOBODY || slot.primary == self;

				assert_int_equal(hop.node, stays ? NOBODY : slot.primary);
				assert_int_equal(hop.in_doubt, !stays && settling);
				assert_int_equal(hop.asked, 0);
			}
		}
	}
}

static void any_sign_of_settling_is_a_doubt(void **state)
{
	const struct slot slot = {.primary = 1, .rank = {1, 2, 3}};

	(void)state;
	assert_int_equal(first_hop(&slot, 0, 1U << 31).in_doubt, 1);
	assert_int_equal(first_hop(&slot, 0, 256).in_doubt, 1);
}

static void the_circle_begins_behind_the_node_that_asks(void **state)
{
	struct slot slot, after;

	(void)state;
	FOR_EACH_SLOT(slot)
	{
		FOR_EACH_NODE(node)
		{
			int place = place_of(&slot, node);

			after = ranks_after(&slot, node);
			if (place == RANKS) {
				assert_memory_equal(&after, &slot, sizeof(slot));
				continue;
			}
			assert_int_equal(after.rank[0], slot.rank[(place + 1) % RANKS]);
			assert_int_equal(after.rank[1], slot.rank[(place + 2) % RANKS]);
			assert_int_equal(after.rank[2], NOBODY);
		}
	}
}

static void two_numbers_differ_or_not(void **state)
{
	(void)state;
	for (unsigned int a = 0; a < 256; a++)
		for (unsigned int b = 0; b < 256; b++)
			assert_int_equal(differs((__u8)a, (__u8)b), a != b);
}

static void the_one_asked_first_is_not_asked_again(void **state)
{
	struct slot slot;

	(void)state;
	FOR_EACH_SLOT(slot)
	{
		FOR_EACH_NODE(first)
		{
			assert_int_equal(ranks_besides(&slot, first),
					 count_ranks(&slot) - (place_of(&slot, first) < RANKS));
		}
		assert_int_equal(ranks_besides(&slot, NOBODY), count_ranks(&slot));
	}
}

/* next_hop() for an older connection, in words: those behind us in the circle, until enough. */
static struct hop expected_hop(const struct slot *slot, __u8 self, __u32 asked, unsigned int nodes)
{
	__u8 first = asked ? slot->primary : self;
	int place = place_of(slot, self), others = place == RANKS ? RANKS : RANKS - 1;
	int left =
		count_ranks(slot) - (first != NOBODY && place_of(slot, first) < RANKS) - (int)asked;

	for (int i = 0; i < others; i++) {
		__u8 node = slot->rank[place == RANKS ? i : (place + 1 + i) % RANKS];

		if (node == NOBODY || left <= 0)
			continue;
		left--;
		asked++;
		if (nodes & 1U << node)
			return (struct hop){.node = node, .asked = (__u8)asked, .in_doubt = 1};
	}
	return stay_here();
}

static void assert_hop(struct hop actual, struct hop expected)
{
	assert_int_equal(actual.node, expected.node);
	assert_int_equal(actual.asked, expected.asked);
	assert_int_equal(actual.in_doubt, expected.in_doubt);
}

/* Calls @check for each slot, node, number of nodes asked, and set of nodes in reach. */
static void for_each_case(void (*check)(const struct slot *slot, __u8 self, __u32 asked,
					unsigned int nodes))
{
	struct slot slot;

	FOR_EACH_SLOT(slot)
	FOR_EACH_NODE(self)
	for (__u32 asked = 0; asked <= RANKS; asked++)
		for (unsigned int nodes = 0; nodes <= ALL; nodes++)
			check(&slot, self, asked, nodes);
}

static void check_older(const struct slot *slot, __u8 self, __u32 asked, unsigned int nodes)
{
	struct hop hop = next_hop(slot, self, asked, false, in_reach, &nodes);

	assert_hop(hop, expected_hop(slot, self, asked, nodes));
	assert_int_not_equal(hop.node, self);
}

static void an_older_connection_is_looked_for_round_the_circle(void **state)
{
	(void)state;
	for_each_case(check_older);
}

/* The sender has not heard that we drain, so another primary comes first; else as an older one. */
static void check_new(const struct slot *slot, __u8 self, __u32 asked, unsigned int nodes)
{
	struct hop hop = next_hop(slot, self, asked, true, in_reach, &nodes);
	bool has_primary =
		slot->primary != NOBODY && slot->primary != self && nodes & 1U << slot->primary;

	if (!asked && has_primary)
		assert_hop(hop, (struct hop){.node = slot->primary, .asked = 1, .in_doubt = 1});
	else
		assert_hop(hop, expected_hop(slot, self, asked, nodes));
}

static void a_new_connection_goes_to_the_primary_first(void **state)
{
	(void)state;
	for_each_case(check_new);
}

/* Follows a segment that nobody knows from where it came in. Return: who was asked, as bits. */
static unsigned int follow(const struct slot *slot, __u8 self, unsigned int nodes)
{
	struct hop hop = first_hop(slot, self, 1);
	unsigned int visited = 0;

	if (hop.node == NOBODY || !in_reach(&nodes, hop.node))
		hop = (struct hop){.node = self};
	for (int hops = 0; hop.node != NOBODY; hops++) {
		assert_in_range(hops, 0, RANKS);
		assert_false(visited & 1U << hop.node); /* nobody is asked twice */
		visited |= 1U << hop.node;
		hop = next_hop(slot, hop.node, hop.asked, false, in_reach, &nodes);
	}
	return visited;
}

/* Wherever it comes in, and whoever is the primary: each rank in reach is asked once. */
static void all_ranks_in_reach_are_asked_once(void **state)
{
	struct slot slot;

	(void)state;
	FOR_EACH_SLOT(slot)
	{
		if (slot.primary == NOBODY)
			continue;
		FOR_EACH_NODE(self)
		{
			for (unsigned int others = 0; others <= ALL; others++) {
				unsigned int nodes = others | 1U << self, ranks = 0;

				if (!(nodes & 1U << slot.primary))
					continue; /* then it is left to the local stack */
				for (int i = 0; i < RANKS; i++)
					if (slot.rank[i] != NOBODY)
						ranks |= 1U << slot.rank[i];
				assert_int_equal(follow(&slot, self, nodes),
						 (ranks | 1U << slot.primary) & nodes);
			}
		}
	}
}

/* In words: the first behind the silent node in the circle that is heard, or is ourselves. */
static struct hop expected_heard(const struct slot *slot, __u8 self, __u8 silent,
				 unsigned int heard)
{
	int place = place_of(slot, silent), others = place == RANKS ? RANKS : RANKS - 1;
	__u8 asked = 0;

	for (int i = 0; i < others; i++) {
		__u8 node = slot->rank[place == RANKS ? i : (place + 1 + i) % RANKS];

		if (node == NOBODY)
			continue;
		asked++;
		if (node == self || heard & 1U << node)
			return (struct hop){.node = node == self ? NOBODY : node,
					    .asked = asked,
					    .in_doubt = 1};
	}
	return (struct hop){.node = silent};
}

static void a_silent_node_is_passed_by(void **state)
{
	struct slot slot;

	(void)state;
	FOR_EACH_SLOT(slot)
	FOR_EACH_NODE(self)
	FOR_EACH_NODE(silent)
	for (unsigned int heard = 0; heard <= ALL; heard++) {
		struct hop hop = {.node = silent};

		if (silent == self || heard & 1U << silent)
			continue;
		hop = heard_after(&slot, self, hop, in_reach, &heard);
		assert_hop(hop, expected_heard(&slot, self, silent, heard));
	}
}

static void a_doubt_stays_when_nobody_is_heard(void **state)
{
	const struct slot slot = {.primary = 1, .rank = {1, 2, 3}};
	unsigned int nobody = 0;

	(void)state;
	assert_hop(heard_after(&slot, 0, first_hop(&slot, 0, 1), in_reach, &nobody),
		   (struct hop){.node = 1, .in_doubt = 1});
}

static void a_silent_node_is_asked_last(void **state)
{
	struct slot slot;

	(void)state;
	FOR_EACH_SLOT(slot)
	FOR_EACH_NODE(self)
	for (unsigned int silent = 0; silent <= ALL; silent++) {
		struct hop expected = stay_here();

		for (int i = RANKS; i-- > 0;)
			if (slot.rank[i] != NOBODY && slot.rank[i] != self &&
			    silent & 1U << slot.rank[i])
				expected = (struct hop){slot.rank[i], RANKS, 1};
		assert_hop(silent_hop(&slot, self, in_reach, &silent), expected);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_frame_from_outside_goes_to_the_primary),
		cmocka_unit_test(any_sign_of_settling_is_a_doubt),
		cmocka_unit_test(the_circle_begins_behind_the_node_that_asks),
		cmocka_unit_test(two_numbers_differ_or_not),
		cmocka_unit_test(the_one_asked_first_is_not_asked_again),
		cmocka_unit_test(an_older_connection_is_looked_for_round_the_circle),
		cmocka_unit_test(a_new_connection_goes_to_the_primary_first),
		cmocka_unit_test(all_ranks_in_reach_are_asked_once),
		cmocka_unit_test(a_silent_node_is_passed_by),
		cmocka_unit_test(a_doubt_stays_when_nobody_is_heard),
		cmocka_unit_test(a_silent_node_is_asked_last),
	};

	return cmocka_run_group_tests_name("route", tests, NULL, NULL);
}
