// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/base/log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/base/journald.h"
#include "ctl/base/log_output.h"

static const char *log_program = "vipd";
static bool log_debugging, journald_reads;
static uint64_t lost, lost_unsaid;

void log_open(const char *program)
{
	log_program = program;
	log_debugging = getenv("VIPD_DEBUG") != NULL;
	journald_close();
	journald_reads = journald_is_standard_error();
	if (journald_reads)
		journald_open(JOURNALD_SOCKET);
	log_output_open();
}

/* A level in angle brackets is for journald when it reads the line itself, see sd-daemon(3). */
static bool write_line(int level, const char *text)
{
	char line[LOG_LINE_MAX];
	size_t length;

	if (journald_reads)
		snprintf(line, sizeof(line) - 1, "<%d>%s", level, text);
	else
		snprintf(line, sizeof(line) - 1, "%s: %s", log_program, text);
	length = strlen(line);
	line[length++] = '\n'; /* in the place of its NUL */
	return log_output_write(line, length);
}

/* Return: whether somebody took it. A line without the fields is better than nothing. */
static bool emit(int level, const struct log_field *fields, const char *text)
{
	switch (journald_send(level, log_program, fields, text)) {
	case JOURNALD_TOOK_IT:
		return true;
	case JOURNALD_IS_BUSY:
		return false;
	case JOURNALD_IS_NOT_THERE:
		break;
	}
	return write_line(level, text);
}

static bool say_losses(void)
{
	uint64_t count = __atomic_load_n(&lost_unsaid, __ATOMIC_RELAXED);
	char text[128];

	if (count == 0)
		return true;
	snprintf(text, sizeof(text),
		 "%llu lines of the log were lost: whoever reads it did not keep up",
		 (unsigned long long)count);
	if (!emit(LOG_WARNING, NULL, text))
		return false;
	__atomic_fetch_sub(&lost_unsaid, count, __ATOMIC_RELAXED);
	return true;
}

void log_record(int level, const struct log_field *fields, const char *text)
{
	if (level == LOG_DEBUG && !log_debugging)
		return;
	if (say_losses() && emit(level, fields, text))
		return;
	__atomic_fetch_add(&lost, 1, __ATOMIC_RELAXED);
	__atomic_fetch_add(&lost_unsaid, 1, __ATOMIC_RELAXED);
}

void log_report_losses(void)
{
	say_losses();
}

uint64_t log_lost(void)
{
	return __atomic_load_n(&lost, __ATOMIC_RELAXED);
}

void log_message(int level, const char *format, ...)
{
	char text[LOG_LINE_MAX];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	log_record(level, NULL, text);
}

void log_text(int level, const char *text)
{
	while (*text) {
		size_t length = strcspn(text, "\n");

		if (length)
			log_message(level, "%.*s", (int)length, text);
		text += length + (text[length] == '\n');
	}
}

int log_failure(int error, const char *format, ...)
{
	char text[LOG_LINE_MAX];
	va_list arguments;
	size_t length;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	length = strlen(text);
	snprintf(text + length, sizeof(text) - length, ": %s", strerror(-error));
	log_record(LOG_ERR, NULL, text);
	return error;
}
