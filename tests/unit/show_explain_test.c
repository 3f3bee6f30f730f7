// SPDX-License-Identifier: GPL-2.0-only
/* What "vipctl explain" prints of vipd's answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ctl/cli/cli.h"
#include "ctl/cli/client.h"

static json_t *answer_of_vipd;

/* In the place of the control socket. */
int client_ask(const struct invocation *invocation, json_t *request, unsigned int patience,
	       json_t **answer)
{
	(void)invocation;
	(void)patience;
	json_decref(request);
	*answer = json_incref(answer_of_vipd);
	return EXIT_OK;
}

/* What is printed of @answer, without its first line. */
static const char *printed(const char *answer)
{
	static char text[1 << 12];
	char *arguments[] = {"tcp", "198.51.100.7:40000", "10.77.0.101:443", NULL};
	const struct invocation invocation = {.arguments = arguments};
	int terminal = dup(STDOUT_FILENO);
	FILE *file = tmpfile();
	size_t length;

	answer_of_vipd = json_loads(answer, 0, NULL);
	assert_non_null(answer_of_vipd);
	assert_non_null(file);
	fflush(stdout);
	dup2(fileno(file), STDOUT_FILENO);
	assert_int_equal(cli_explain.run(&invocation), EXIT_OK);
	fflush(stdout);
	dup2(terminal, STDOUT_FILENO);
	close(terminal);
	json_decref(answer_of_vipd);
	rewind(file);
	length = fread(text, 1, sizeof(text) - 1, file);
	text[length] = '\0';
	fclose(file);
	assert_non_null(strchr(text, '\n'));
	return strchr(text, '\n') + 1;
}

#define FORWARD                                                                                    \
	"\"verdict\": \"forward\", \"node\": \"n2\", \"reason\": \"it is up\", \"settling\": true"

static void who_is_asked_next_is_listed(void **state)
{
	(void)state;
	assert_string_equal(
		printed("{" FORWARD ", \"second_chances\": [\"n1\", \"n3\"]}"),
		"goes to n2: it is up\n"
		"a segment whose connection is not found there goes on to n1, then to n3\n");
	assert_string_equal(printed("{" FORWARD ", \"second_chances\": [\"n1\"]}"),
			    "goes to n2: it is up\n"
			    "a segment whose connection is not found there goes on to n1\n");
}

/* UDP has none, also while the pool settles. */
static void without_second_chances_nothing_is_said(void **state)
{
	(void)state;
	assert_string_equal(printed("{" FORWARD ", \"second_chances\": []}"),
			    "goes to n2: it is up\n");
	assert_string_equal(printed("{" FORWARD "}"), "goes to n2: it is up\n");
}

static void what_stays_here_is_told_from_what_is_left_to_the_stack(void **state)
{
	(void)state;
	assert_string_equal(
		printed("{\"verdict\": \"local\", \"node\": \"n1\", \"reason\": \"why\"}"),
		"is served here, on n1: why\n");
	assert_string_equal(
		printed("{\"verdict\": \"stack\", \"node\": null, \"reason\": \"why\"}"),
		"is left to the local stack: why\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_is_asked_next_is_listed),
		cmocka_unit_test(without_second_chances_nothing_is_said),
		cmocka_unit_test(what_stays_here_is_told_from_what_is_left_to_the_stack),
	};

	return cmocka_run_group_tests_name("show_explain", tests, NULL, NULL);
}
