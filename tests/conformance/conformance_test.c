// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs the rows, each as a test of its own name. With --table it prints all of them and what became
 * of them, and of the tests only what failed. With --markdown it runs nothing and writes the
 * document.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/bpf/harness.h"
#include "tests/bpf/steering_harness.h"
#include "tests/conformance/dataplane.h"
#include "tests/conformance/document.h"

#define ROWS          109
#define ROW_NAME_MAX  128
#define TESTS_OF_ROWS (2 * ROWS)

static const struct conformance_theme *const themes[] = {
	&link_theme,      &field_theme,   &authentication_theme, &transmit_theme,
	&backup_theme,    &active_theme,  &cluster_theme,        &arp_theme,
	&neighbour_theme, &traffic_theme,
};

static const size_t theme_count = sizeof(themes) / sizeof(themes[0]);

static enum row_result results[ROWS + 1];

/* An assertion that fails does not come back. */
static void run_row(void **state)
{
	const struct conformance_row *row = *state;
	enum row_result before = results[row->number];

	results[row->number] = ROW_FAILED;
	prepare_dataplane(NULL);
	row->test();
	results[row->number] = before == ROW_FAILED ? ROW_FAILED : ROW_PASSED;
}

static void find_test_elsewhere(void **state)
{
	const struct conformance_row *row = *state;

	if (document_test_exists(row->elsewhere))
		return;
	results[row->number] = ROW_FAILED;
	fail_msg("there is no %s", row->elsewhere);
}

/* Each row once, in order, and each says how it is tested or why it is not. */
static void rows_are_complete(void **state)
{
	unsigned int number = 0;

	(void)state;
	for (size_t i = 0; i < theme_count; i++)
		for (size_t j = 0; j < themes[i]->count; j++) {
			const struct conformance_row *row = &themes[i]->rows[j];

			assert_int_equal(row->number, ++number);
			assert_int_equal(!row->test, !row->bench);
			assert_true(row->test || row->elsewhere || row->pending || row->untestable);
		}
	assert_int_equal(number, ROWS);
}

static void the_document_is_current(void **state)
{
	(void)state;
	if (!document_is_current(themes, theme_count))
		fail_msg("%s is old: make %s", DOCUMENT, DOCUMENT);
}

static int open_benches(void **state)
{
	return harness_open(state) || steering_open(state);
}

static int close_benches(void **state)
{
	steering_close(state);
	return harness_close(state);
}

static size_t add_test(struct CMUnitTest *tests, size_t count, CMUnitTestFunction run,
		       const struct conformance_row *row)
{
	static char names[TESTS_OF_ROWS][ROW_NAME_MAX];

	snprintf(names[count], sizeof(names[count]), "%u: %s", row->number,
		 run == run_row ? row->statement : row->elsewhere);
	tests[count] = (struct CMUnitTest){
		.name = names[count],
		.test_func = run,
		.initial_state = (void *)row,
	};
	return count + 1;
}

static int run_all(void)
{
	static struct CMUnitTest tests[TESTS_OF_ROWS + 2] = {};
	size_t count = 0;

	for (size_t i = 0; i < theme_count; i++)
		for (size_t j = 0; j < themes[i]->count && count < TESTS_OF_ROWS - 1; j++) {
			const struct conformance_row *row = &themes[i]->rows[j];

			if (row->test)
				count = add_test(tests, count, run_row, row);
			if (row->elsewhere)
				count = add_test(tests, count, find_test_elsewhere, row);
		}
	tests[count++] = (struct CMUnitTest)cmocka_unit_test(rows_are_complete);
	tests[count++] = (struct CMUnitTest)cmocka_unit_test(the_document_is_current);
	return _cmocka_run_group_tests("conformance", tests, count, open_benches, close_benches);
}

/* cmocka says on standard output what went well. */
static int run_quietly(void)
{
	int terminal = dup(STDOUT_FILENO), nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
	int status;

	dup2(nowhere, STDOUT_FILENO);
	status = run_all();
	fflush(stdout);
	dup2(terminal, STDOUT_FILENO);
	close(terminal);
	close(nowhere);
	return status;
}

int main(int argc, char **argv)
{
	int status;

	if (argc > 1 && strcmp(argv[1], "--markdown") == 0) {
		document_write(stdout, themes, theme_count);
		return 0;
	}
	if (argc <= 1 || strcmp(argv[1], "--table") != 0)
		return run_all();
	status = run_quietly();
	document_table(stdout, themes, theme_count, results);
	return status ? EXIT_FAILURE : EXIT_SUCCESS;
}
