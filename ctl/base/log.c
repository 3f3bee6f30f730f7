// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/base/log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINE_MAX_BYTES 2048

static const char *log_program = "vipd";
static bool log_to_journal;
static bool log_debugging;

void log_open(const char *program)
{
	log_program = program;
	log_to_journal = getenv("JOURNAL_STREAM") != NULL;
	log_debugging = getenv("VIPD_DEBUG") != NULL;
}

static void write_line(int level, const char *format, va_list arguments, const char *suffix)
{
	char line[LINE_MAX_BYTES];
	size_t room = sizeof(line) - 1; /* for the newline */
	int prefix, text;

	if (level == LOG_DEBUG && !log_debugging)
		return;
	if (log_to_journal)
		prefix = snprintf(line, room, "<%d>", level);
	else
		prefix = snprintf(line, room, "%s: ", log_program);
	text = vsnprintf(line + prefix, room - (size_t)prefix, format, arguments);
	if (text < 0)
		return;

	size_t length = strnlen(line, room - 1);

	if (suffix)
		snprintf(line + length, room - length, ": %s", suffix);
	length = strnlen(line, room - 1);
	line[length++] = '\n';

	ssize_t written = write(STDERR_FILENO, line, length);

	(void)written; /* there is nobody left to tell */
}

void log_message(int level, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	write_line(level, format, arguments, NULL);
	va_end(arguments);
}

int log_failure(int error, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	write_line(LOG_ERR, format, arguments, strerror(-error));
	va_end(arguments);
	return error;
}
