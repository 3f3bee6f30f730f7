// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ctl/net/prefix.h"

#define PREFIXES_MAX 64

static struct prefix parsed(const char *text)
{
	struct prefix prefix;

	assert_int_equal(prefix_parse(text, &prefix), 0);
	return prefix;
}

/* Both lists end with NULL. */
static void assert_aggregates(const char *const *from, const char *const *to)
{
	struct prefix prefixes[PREFIXES_MAX];
	char text[PREFIX_TEXT_MAX];
	size_t count = 0, expected = 0;

	while (from[count]) {
		prefixes[count] = parsed(from[count]);
		count++;
	}
	count = prefix_aggregate(prefixes, count);
	for (; expected < count && to[expected]; expected++)
		assert_string_equal(prefix_format(&prefixes[expected], text), to[expected]);
	assert_null(to[expected]);
	assert_int_equal(count, expected);
}

#define LIST(...)                                                                                  \
	(const char *const[])                                                                      \
	{                                                                                          \
		__VA_ARGS__, NULL                                                                  \
	}

static void test_text_goes_both_ways(void **state)
{
	static const char *const texts[] = {
		"10.77.0.101/32", "10.77.0.0/24", "0.0.0.0/0", "fd77::101/128", "fd77::/64", "::/0",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct prefix prefix = parsed(texts[i]);
		char text[PREFIX_TEXT_MAX];

		assert_string_equal(prefix_format(&prefix, text), texts[i]);
	}
}

static void test_bad_text_is_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"10.77.0.1",
		"10.77.0.1/",
		"10.77.0.1/33",
		"10.77.0.1/24",
		"10.77.0/24",
		"fd77::1/64",
		"fd77::/129",
		"10.77.0.0/-1",
		"10.77.0.0/24 ",
		"10.0.0.0/8x",
		"/24",
		"10.77.0.0/24/24",
		"::ffff:10.0.0.0/104",
	};
	struct prefix before = parsed("10.77.0.0/24"), prefix = before;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		assert_int_not_equal(prefix_parse(texts[i], &prefix), 0);
	assert_int_equal(prefix_compare(&before, &prefix), 0);
}

static void test_siblings_merge(void **state)
{
	(void)state;
	assert_aggregates(LIST("10.77.0.101/32", "10.77.0.100/32"), LIST("10.77.0.100/31"));
	assert_aggregates(LIST("10.77.0.3/32", "10.77.0.0/32", "10.77.0.2/32", "10.77.0.1/32"),
			  LIST("10.77.0.0/30"));
	assert_aggregates(LIST("fd77::101/128", "fd77::100/128"), LIST("fd77::100/127"));
	assert_aggregates(LIST("0.0.0.0/1", "128.0.0.0/1"), LIST("0.0.0.0/0"));
	assert_aggregates(LIST("::/1", "8000::/1"), LIST("::/0"));
}

static void test_neighbours_of_other_parents_do_not(void **state)
{
	(void)state;
	assert_aggregates(LIST("10.77.0.101/32", "10.77.0.102/32"),
			  LIST("10.77.0.101/32", "10.77.0.102/32"));
	assert_aggregates(LIST("10.77.0.0/32", "10.77.1.0/32"),
			  LIST("10.77.0.0/32", "10.77.1.0/32"));
}

static void test_what_is_contained_goes(void **state)
{
	(void)state;
	assert_aggregates(LIST("10.77.0.5/32", "10.77.0.0/24", "10.77.0.5/32"),
			  LIST("10.77.0.0/24"));
	assert_aggregates(LIST("10.77.0.0/25", "10.77.0.128/25", "10.77.0.200/32", "10.77.1.0/24"),
			  LIST("10.77.0.0/23"));
}

static void test_families_stay_apart(void **state)
{
	(void)state;
	assert_aggregates(LIST("10.77.0.1/32", "fd77::1/128", "10.77.0.0/32", "fd77::/128"),
			  LIST("10.77.0.0/31", "fd77::/127"));
}

static void test_nothing_is_nothing(void **state)
{
	(void)state;
	assert_int_equal(prefix_aggregate(NULL, 0), 0);
}

/* The last byte of addresses in one /24, for the exhaustive comparison. */
static struct prefix host(unsigned int byte)
{
	struct in_addr in = {.s_addr = htonl(0x0a4d0000U + byte)};
	struct ip_address address = address_from_ipv4(in);

	return prefix_of_host(&address);
}

/* The least there can be: a set fits a prefix, or needs what its two halves need. */
static size_t fewest(const bool *members, unsigned int size)
{
	size_t count = 0;

	for (unsigned int i = 0; i < size; i++)
		count += members[i];
	if (count == 0 || count == size)
		return count ? 1 : 0;
	return fewest(members, size / 2) + fewest(members + size / 2, size / 2);
}

static void assert_exact(const struct prefix *prefixes, size_t count, const bool *members)
{
	for (unsigned int byte = 0; byte < 64; byte++) {
		struct prefix address = host(byte);
		unsigned int covered = 0;

		for (size_t i = 0; i < count; i++)
			covered += prefix_contains(&prefixes[i], &address);
		assert_int_equal(covered, members[byte] ? 1 : 0);
	}
}

static void test_random_sets_are_exact_and_minimal(void **state)
{
	unsigned int seed = 1;

	(void)state;
	for (int round = 0; round < 2000; round++) {
		struct prefix prefixes[PREFIXES_MAX];
		bool members[64] = {};
		int density = 1 + rand_r(&seed) % 16;
		size_t count = 0;

		for (unsigned int byte = 0; byte < 64; byte++) {
			members[byte] = rand_r(&seed) % 16 < density;
			if (members[byte])
				prefixes[count++] = host(byte);
		}
		count = prefix_aggregate(prefixes, count);
		assert_exact(prefixes, count, members);
		assert_int_equal(count, fewest(members, 64));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text_goes_both_ways),
		cmocka_unit_test(test_bad_text_is_refused),
		cmocka_unit_test(test_siblings_merge),
		cmocka_unit_test(test_neighbours_of_other_parents_do_not),
		cmocka_unit_test(test_what_is_contained_goes),
		cmocka_unit_test(test_families_stay_apart),
		cmocka_unit_test(test_nothing_is_nothing),
		cmocka_unit_test(test_random_sets_are_exact_and_minimal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
