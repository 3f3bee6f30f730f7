// SPDX-License-Identifier: GPL-2.0-only
/*
 * A capability brings outermost keys of its own along. This program has its own table of sections,
 * in place of vipd's, and ctl/config knows nothing of what is in it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/base/cleanup.h"
#include "ctl/base/clock.h"
#include "ctl/config/load.h"
#include "ctl/config/lookup.h"
#include "ctl/config/section.h"

#define REST                                                                                       \
	"interface: eth0\n"                                                                        \
	"peers: [{name: n1, address: 10.77.0.11}, {name: n2, address: 10.77.0.12}]\n"              \
	"instances: [{name: blue, vrid: 51, priority: {n1: 150}, vips: [10.77.0.101]}]\n"

/* A section with a mapping, and something to free. */

struct greeting {
	uint64_t every;
	char (*words)[CONFIG_NAME_MAX];
	size_t word_count;
	size_t peer; /* index into config->peers; the section is read after them */
};

static unsigned int cleared;

static void read_peer(const struct reader *reader, const struct place *place,
		      const struct field *field, void *target)
{
	struct greeting *greeting = target;

	(void)field;
	greeting->peer = config_find_peer(reader->root, schema_scalar(place->node));
}

static const struct list words = {
	.expected = "a list of words",
	.element = {.type = &type_name, .rule.size = CONFIG_NAME_MAX},
	.element_size = CONFIG_NAME_MAX,
	.count_offset = offsetof(struct greeting, word_count),
	.max = 3,
};

static const struct field greeting_fields[] = {
	{"every", "how often", MEMBER(greeting, every), .type = &type_duration,
	 RANGE(NS_PER_S, 60 * NS_PER_S)},
	{"words", "what is said", MEMBER(greeting, words), .list = &words},
	{"peer", "to whom", .read = read_peer},
	{},
};

static const struct greeting greeting_defaults = {.every = 5 * NS_PER_S, .peer = CONFIG_NONE};

static void validate_greeting(const struct validation *validation, const void *section)
{
	const struct greeting *greeting = section;

	if (greeting->word_count == 2)
		validation_refuse(validation, key_path("greeting.words"),
				  "two are not enough for %s", validation->config->node);
}

static void clear_greeting(void *section)
{
	cleared++;
	free(((struct greeting *)section)->words);
}

static const struct config_section greeting_section = {
	.field = {"greeting", "what is said to whom", .fields = greeting_fields},
	.size = sizeof(struct greeting),
	.defaults = &greeting_defaults,
	.validate = validate_greeting,
	.clear = clear_greeting,
};

/* And one that is a list. */

struct doors {
	char names[4][IF_NAMESIZE];
	size_t count;
};

static const struct list door_list = {
	.expected = "a list of doors",
	.element = {.type = &type_interface, .rule.size = IF_NAMESIZE},
	.element_size = IF_NAMESIZE,
	.count_offset = offsetof(struct doors, count),
	.max = 4,
	.may_be_empty = true,
	.in_place = true,
};

static const struct doors door_defaults = {{"front"}, 1};

static const struct config_section door_section = {
	.field = {"doors", "where to knock", MEMBER(doors, names), .list = &door_list},
	.size = sizeof(struct doors),
	.defaults = &door_defaults,
};

const struct config_section *const config_sections[] = {
	&greeting_section,
	&door_section,
	NULL,
};

static int parse(const char *text, char **report, const struct config **config)
{
	size_t size;
	FILE *stream = open_memstream(report, &size);
	int error = config_parse("t", text, strlen(text), "n1", stream, config);

	fclose(stream);
	return error;
}

static const struct config *good(const char *text)
{
	char *report CLEANUP(cleanup_free) = NULL;
	const struct config *config = NULL;

	assert_int_equal(parse(text, &report, &config), 0);
	assert_string_equal(report, "");
	return config;
}

static void assert_refused(const char *text, const char *reason)
{
	char *report CLEANUP(cleanup_free) = NULL;
	const struct config *config = NULL;

	assert_int_equal(parse(text, &report, &config), -EINVAL);
	assert_string_equal(report, reason);
}

static void a_section_is_read(void **state)
{
	const struct config *config =
		good("doors: [back, side]\n"
		     "greeting: {peer: n2, every: 9s, words: [hello]}\n" REST);
	const struct greeting *greeting = config_section(config, &greeting_section);
	const struct doors *doors = config_section(config, &door_section);

	(void)state;
	cleared = 0;
	assert_int_equal(greeting->every, 9 * NS_PER_S);
	assert_int_equal(greeting->word_count, 1);
	assert_string_equal(greeting->words[0], "hello");
	assert_int_equal(greeting->peer, 1);
	assert_int_equal(doors->count, 2);
	assert_string_equal(doors->names[1], "side");
	config_unref(config);
	assert_int_equal(cleared, 1);
}

static void a_section_has_defaults(void **state)
{
	const struct config made_by_hand = {.node = "n1"};
	const struct config *config = good(REST);
	const struct greeting *greeting = config_section(config, &greeting_section);
	const struct doors *doors = config_section(config, &door_section);

	(void)state;
	assert_int_equal(greeting->every, 5 * NS_PER_S);
	assert_int_equal(greeting->peer, CONFIG_NONE);
	assert_string_equal(doors->names[0], "front");
	config_unref(config);
	assert_ptr_equal(config_section(&made_by_hand, &door_section), &door_defaults);
}

static void a_section_is_checked(void **state)
{
	(void)state;
	assert_refused(
		REST "greeting: {every: 0s}\n",
		"t:4: greeting.every: \"0s\" is not a duration from 1s to 1m, with its unit: "
		"ms, s, m or h\n");
	assert_refused(REST "greeting: [a]\n",
		       "t:4: greeting: a list is not a mapping of keys to values\n");
	assert_refused(REST "greeting:\n  words: [good, day]\n",
		       "t:5: greeting.words: two are not enough for n1\n");
	assert_refused(REST "doors: []\ndoors: []\n", "t:5: doors: given twice, first in line 4\n");
}

static void keys_of_sections_are_known(void **state)
{
	(void)state;
	assert_refused(REST "greting: {}\n",
		       "t:4: unknown key \"greting\", did you mean greeting?\n");
	assert_refused(REST "metrics: {}\n",
		       "t:4: unknown key \"metrics\", known here: node, interface, vlan, gateway, "
		       "routing_table, peers, vrrp, trackers, instances, sync_groups, services, "
		       "drain_on_down, greeting, doors\n");
	assert_refused(REST "greeting: {word: [a]}\n",
		       "t:4: greeting: unknown key \"word\", did you mean words?\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_section_is_read),
		cmocka_unit_test(a_section_has_defaults),
		cmocka_unit_test(a_section_is_checked),
		cmocka_unit_test(keys_of_sections_are_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
