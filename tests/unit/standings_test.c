// SPDX-License-Identifier: GPL-2.0-only
/* What the nodes say of themselves, and when a node that leaves has been followed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "ctl/base/clock.h"
#include "ctl/config/load.h"
#include "ctl/standing/standings.h"
#include "maps/maps_internal.h"

#define LEFT_AT (1000 * NS_PER_S)

/* This node is n1. n4 runs another implementation. */
static const char text[] =
	"interface: eth0\n"
	"gateway: [10.77.0.1]\n"
	"peers:\n"
	"  - {name: n1, address: 10.77.0.11}\n"
	"  - {name: n2, address: 10.77.0.12}\n"
	"  - {name: n3, address: 10.77.0.13}\n"
	"  - {name: n4, address: 10.77.0.14, vipd: false}\n"
	"instances: [{name: blue, vrid: 51, priority: {n1: 150}, vips: [10.77.0.101]}]\n";

enum { N1, N2, N3, N4, NODES };

static const struct config *config;
static struct standing_entry entries[MAX_PEERS * STANDING_PAGES];
static struct maps maps = {.standings = entries};
static struct presence_status presence[MAX_PEERS];
static struct standings *standings;
static uint32_t generation;

static void ignore(const char *name, enum node_standing before, enum node_standing now,
		   void *context)
{
	(void)name;
	(void)before;
	(void)now;
	(void)context;
}

static int set_up(void **state)
{
	(void)state;
	memset(entries, 0, sizeof(entries));
	for (uint32_t i = 0; i < NODES; i++)
		presence[i] = (struct presence_status){.index = i};
	if (config_parse("test", text, strlen(text), "n1", stderr, &config))
		return -1;
	standings = standings_new(ignore, NULL);
	standings_follow(standings, config);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	standings_free(standings);
	config_unref(config);
	return 0;
}

/* What @node says, as the dataplane keeps it. @avoided: a node's name, or NULL. */
static void say(uint32_t node, uint64_t at, const char *avoided)
{
	struct standing_words words = {.flags = STANDING_SERVES, .interval = NS_PER_S};
	struct standing_message message;

	if (avoided)
		words.avoided[words.avoided_count++] = standing_node_tag(avoided);
	words.vips[words.vip_count++] = ++generation; /* or the same words were no news */
	standing_encode(&words, &message);
	for (size_t i = 0; i < message.count; i++) {
		struct standing_entry *entry = &entries[standing_index(node, (uint32_t)i)];

		entry->length = (uint32_t)message.pages[i].length;
		memcpy(entry->words, message.pages[i].bytes, message.pages[i].length);
	}
	presence[node].heard_at = at;
	standings_hear(standings, &maps, presence);
}

static void all_that_run_vipd_have_to_answer(void **state)
{
	(void)state;
	assert_false(standings_followed(standings, LEFT_AT));
	say(N2, LEFT_AT + 1, "n1");
	assert_false(standings_followed(standings, LEFT_AT));
	say(N3, LEFT_AT + 2, "n2");
	assert_false(standings_followed(standings, LEFT_AT));
	say(N3, LEFT_AT + 3, "n1");
	assert_true(standings_followed(standings, LEFT_AT));
}

/* It steered round this node for a reason that is over, and has not heard of the new one yet. */
static void what_was_said_before_is_no_answer(void **state)
{
	(void)state;
	say(N2, LEFT_AT, "n1");
	say(N3, LEFT_AT + 1, "n1");
	assert_false(standings_followed(standings, LEFT_AT));
	presence[N2].heard_at = LEFT_AT + 1; /* the same words, but later */
	standings_hear(standings, &maps, presence);
	assert_true(standings_followed(standings, LEFT_AT));
}

/* Who is not heard may hear this node, and send to it. */
static void silence_is_no_answer(void **state)
{
	(void)state;
	say(N2, LEFT_AT + 1, "n1");
	say(N3, LEFT_AT - 1, NULL);
	presence[N3].silent = true;
	standings_hear(standings, &maps, presence);
	assert_int_equal(standings_view(standings, N3).standing, NODE_SILENT);
	assert_false(standings_followed(standings, LEFT_AT));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(all_that_run_vipd_have_to_answer),
		TEST(what_was_said_before_is_no_answer),
		TEST(silence_is_no_answer),
	};

	return cmocka_run_group_tests_name("standings", tests, NULL, NULL);
}
