/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A report tells whoever gave an order what came of it, line by line. Each line has a severity,
 * because what is wrong and what is only worth knowing look different in a log, and the same on a
 * terminal.
 */
#ifndef VIPD_BASE_REPORT_H
#define VIPD_BASE_REPORT_H

#include <stdio.h>
#include <syslog.h>

/* A reader of reports. */
struct report {
	/**
	 * line() - one more line
	 * @severity: LOG_ERR: it is wrong; LOG_NOTICE: it is worth knowing.
	 * @text: without a newline; valid in the call only.
	 */
	void (*line)(int severity, const char *text, void *context);
	void *context;
};

/** report_line() - tell a reader; NULL: nobody reads it. */
void report_line(const struct report *report, int severity, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/** report_to_stream() - a reader who writes all lines to a stream. */
struct report report_to_stream(FILE *stream);

/* The log, each line by its severity. */
extern const struct report report_to_log;

#endif
