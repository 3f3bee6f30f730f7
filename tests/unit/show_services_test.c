// SPDX-License-Identifier: GPL-2.0-only
/* The table of services, whatever a vipd says: the bar of a share is as long as the share is large.
 */
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

/* How many # are printed for one backend of this share. */
static size_t bar_of(double share)
{
	json_t *status = json_pack("{s:[{s:s, s:[{s:s, s:f}]}]}", "services", "name", "web",
				   "backends", "node", "n1", "share", share);
	int terminal = dup(STDOUT_FILENO);
	FILE *printed = tmpfile();
	size_t length = 0;

	assert_non_null(status);
	assert_non_null(printed);
	fflush(stdout);
	dup2(fileno(printed), STDOUT_FILENO);
	show_services(status, false);
	fflush(stdout);
	dup2(terminal, STDOUT_FILENO);
	close(terminal);
	rewind(printed);
	for (int byte = getc(printed); byte != EOF; byte = getc(printed))
		length += byte == '#';
	fclose(printed);
	json_decref(status);
	return length;
}

static void bars_fit_their_shares(void **state)
{
	static const struct {
		double share;
		size_t length;
	} bars[] = {{0, 0},     {0.04, 0}, {0.05, 1}, {0.334, 3}, {0.35, 4},
		    {0.95, 10}, {1, 10},   {-0.5, 0}, {1e20, 10}, {-1e20, 0}};

	(void)state;
	for (size_t i = 0; i < sizeof(bars) / sizeof(bars[0]); i++)
		assert_int_equal(bar_of(bars[i].share), bars[i].length);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bars_fit_their_shares),
	};

	return cmocka_run_group_tests_name("show_services", tests, NULL, NULL);
}
