// SPDX-License-Identifier: GPL-2.0-only
/* What a person sees of the dataplane's counters: those that are not zero, with what they mean. */
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
#include "ctl/cli/show.h"

/* vipctl's main file is not linked here. */
int cli_complain(int status, const char *format, ...)
{
	(void)format;
	return status;
}

/* Return: what is printed, in a buffer that the next call uses again; @traffic is taken over. */
static const char *printed(json_t *traffic)
{
	static char text[1024];
	json_t *status = json_pack("{s:o}", "traffic", traffic);
	int terminal = dup(STDOUT_FILENO);
	FILE *file = tmpfile();

	assert_non_null(status);
	assert_non_null(file);
	fflush(stdout);
	dup2(fileno(file), STDOUT_FILENO);
	show_traffic(status, false);
	fflush(stdout);
	dup2(terminal, STDOUT_FILENO);
	close(terminal);
	rewind(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	json_decref(status);
	return text;
}

static void what_is_not_zero_is_told(void **state)
{
	(void)state;
	assert_string_equal(
		printed(json_pack("{s:i, s:i, s:i, s:i}", "stepped_over", 15,
				  "second_chances_spent", 21, "fragments_orphaned", 0,
				  "arp_answered", 400)),
		"15 new connections were passed on to another node, for nothing listened here\n"
		"21 segments had their connection on no node that was asked, and were reset here\n"
		"\n");
	assert_non_null(strstr(printed(json_pack("{s:i}", "fragments_orphaned", 3)),
			       "3 fragments came without their first one"));
}

static void nothing_is_nothing(void **state)
{
	(void)state;
	assert_string_equal(printed(json_pack("{s:i}", "stepped_over", 0)), "");
	assert_string_equal(printed(json_object()), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_zero_is_told),
		cmocka_unit_test(nothing_is_nothing),
	};

	return cmocka_run_group_tests_name("show_traffic", tests, NULL, NULL);
}
