// SPDX-License-Identifier: GPL-2.0-only
/* Tables and spans of time, as people read them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "ctl/base/cleanup.h"
#include "ctl/cli/span.h"
#include "ctl/cli/table.h"

static const struct table_column columns[] = {
	{"NAME", false},
	{"COUNT", true},
	{"NOTE", false},
};

static struct table *new_table(void)
{
	return table_new(columns, sizeof(columns) / sizeof(columns[0]));
}

static void add_row(struct table *table, const char *name, int count, const char *note)
{
	table_cell(table, STYLE_PLAIN, "%s", name);
	table_cell(table, STYLE_GOOD, "%d", count);
	table_cell(table, STYLE_PLAIN, "%s", note);
}

static void expect_print(const struct table *table, bool colour, const char *expected)
{
	CLEANUP(cleanup_free) char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	table_print(table, file, colour);
	fclose(file);
	assert_string_equal(text, expected);
}

static void columns_are_as_wide_as_their_widest_cell(void **state)
{
	CLEANUP(table_freep) struct table *table = new_table();

	(void)state;
	add_row(table, "a", 1, "one");
	add_row(table, "longer than its heading", 1234567, "two");
	expect_print(table, false,
		     "NAME                       COUNT  NOTE\n"
		     "a                              1  one\n"
		     "longer than its heading  1234567  two\n");
}

static void headings_count_for_the_width(void **state)
{
	CLEANUP(table_freep) struct table *table = new_table();

	(void)state;
	add_row(table, "a", 1, "b");
	expect_print(table, false,
		     "NAME  COUNT  NOTE\n"
		     "a         1  b\n");
}

static void no_line_ends_in_spaces(void **state)
{
	CLEANUP(table_freep) struct table *table = new_table();

	(void)state;
	add_row(table, "a", 1, "");
	add_row(table, "b", 2, "noted");
	expect_print(table, false,
		     "NAME  COUNT  NOTE\n"
		     "a         1\n"
		     "b         2  noted\n");
}

static void empty_columns_are_left_out(void **state)
{
	CLEANUP(table_freep) struct table *table = new_table();

	(void)state;
	add_row(table, "", 1, "");
	expect_print(table, false,
		     "COUNT\n"
		     "    1\n");
}

static void utf8_counts_by_character(void **state)
{
	CLEANUP(table_freep) struct table *table = new_table();

	(void)state;
	add_row(table, "Zürich", 1, "x");
	add_row(table, "Berlin", 2, "y");
	expect_print(table, false,
		     "NAME    COUNT  NOTE\n"
		     "Zürich      1  x\n"
		     "Berlin      2  y\n");
}

static void colour_does_not_change_the_layout(void **state)
{
	CLEANUP(table_freep) struct table *table = new_table();

	(void)state;
	add_row(table, "a", 1, "b");
	expect_print(table, true,
		     "\033[1mNAME\033[0m  \033[1mCOUNT\033[0m  \033[1mNOTE\033[0m\n"
		     "a         \033[32m1\033[0m  b\n");
}

static void last_row_may_be_short(void **state)
{
	CLEANUP(table_freep) struct table *table = new_table();

	(void)state;
	assert_true(table_is_empty(table));
	table_cell(table, STYLE_PLAIN, "a");
	assert_false(table_is_empty(table));
	expect_print(table, false, "NAME\na\n");
}

static void nothing_but_a_terminal_gets_colour(void **state)
{
	CLEANUP(cleanup_fclose) FILE *file = tmpfile();

	(void)state;
	assert_false(style_wanted(file));
}

static void spans_show_their_two_greatest_units(void **state)
{
	static const struct {
		int64_t seconds;
		const char *text;
	} cases[] = {
		{-5, "0 s"},
		{0, "0 s"},
		{59, "59 s"},
		{60, "1 min 0 s"},
		{3599, "59 min 59 s"},
		{3600, "1 h 0 min"},
		{86399, "23 h 59 min"},
		{86400, "1 d 0 h"},
		{100 * 86400LL + 7200, "100 d 2 h"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(span_of_seconds(cases[i].seconds).text, cases[i].text);
}

static void spans_lie_between_two_times(void **state)
{
	const char *new_year = "2026-01-01T00:00:00Z";

	(void)state;
	assert_string_equal(span_between("2025-12-31T23:59:00Z", new_year).text, "1 min 0 s");
	assert_string_equal(span_between(new_year, "2026-01-01T00:00:09.750Z").text, "9 s");
	assert_string_equal(span_between("", new_year).text, "");
	assert_string_equal(span_between(new_year, "yesterday").text, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_are_as_wide_as_their_widest_cell),
		cmocka_unit_test(headings_count_for_the_width),
		cmocka_unit_test(no_line_ends_in_spaces),
		cmocka_unit_test(empty_columns_are_left_out),
		cmocka_unit_test(utf8_counts_by_character),
		cmocka_unit_test(colour_does_not_change_the_layout),
		cmocka_unit_test(last_row_may_be_short),
		cmocka_unit_test(nothing_but_a_terminal_gets_colour),
		cmocka_unit_test(spans_show_their_two_greatest_units),
		cmocka_unit_test(spans_lie_between_two_times),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
