// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/base/report.h"

#include <stdarg.h>
#include <stdlib.h>

#include "ctl/base/cleanup.h"
#include "ctl/base/log.h"

void report_line(const struct report *report, int severity, const char *format, ...)
{
	CLEANUP(cleanup_free) char *text = NULL;
	va_list arguments;
	int length;

	if (!report)
		return;
	va_start(arguments, format);
	length = vasprintf(&text, format, arguments);
	va_end(arguments);
	if (length < 0)
		text = NULL;
	report->line(severity, text ?: "out of memory", report->context);
}

static void write_line(int severity, const char *text, void *context)
{
	(void)severity;
	fprintf(context, "%s\n", text);
}

struct report report_to_stream(FILE *stream)
{
	return (struct report){.line = write_line, .context = stream};
}

static void log_line(int severity, const char *text, void *context)
{
	(void)context;
	log_text(severity, text);
}

const struct report report_to_log = {.line = log_line};
