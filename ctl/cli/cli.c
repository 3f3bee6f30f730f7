// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/cli/cli.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *cli_value(const struct invocation *invocation, const char *option)
{
	const char *value = NULL;

	for (const struct cli_given *given = invocation->given; given && given->option; given++)
		if (strcmp(given->option->name, option) == 0)
			value = given->value; /* the last one counts */
	return value;
}

int cli_complain(int status, const char *format, ...)
{
	va_list arguments;

	fputs("vipctl: ", stderr);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	return status;
}
