// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/base/metric_text.h"

#include <inttypes.h>

#include "ctl/base/clock.h"

void metric_write_header(FILE *text, const char *name, const char *type, const char *help)
{
	fprintf(text, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* The format's escapes are backslash, quote and newline. */
static void write_label(FILE *text, const char *name, const char *value)
{
	fprintf(text, "%s=\"", name);
	for (; *value; value++) {
		if (*value == '\n') {
			fputs("\\n", text);
			continue;
		}
		if (*value == '\\' || *value == '"')
			fputc('\\', text);
		fputc(*value, text);
	}
	fputc('"', text);
}

static void write_series(FILE *text, const char *name, const struct label *labels)
{
	fputs(name, text);
	for (const struct label *label = labels; label->name; label++) {
		fputc(label == labels ? '{' : ',', text);
		write_label(text, label->name, label->value);
	}
	if (labels->name)
		fputc('}', text);
}

void metric_write_count(FILE *text, const char *name, const struct label *labels, uint64_t value)
{
	write_series(text, name, labels);
	fprintf(text, " %" PRIu64 "\n", value);
}

void metric_write_seconds(FILE *text, const char *name, const struct label *labels, uint64_t ns)
{
	write_series(text, name, labels);
	fprintf(text, " %llu.%09llu\n", ns / NS_PER_S, ns % NS_PER_S);
}

void metric_write_fraction(FILE *text, const char *name, const struct label *labels, double value)
{
	write_series(text, name, labels);
	fprintf(text, " %.6f\n", value);
}

void metric_write_counter(FILE *text, const char *name, const char *help, uint64_t value)
{
	metric_write_header(text, name, "counter", help);
	metric_write_count(text, name, NO_LABELS, value);
}

void metric_write_gauge(FILE *text, const char *name, const char *help, uint64_t value)
{
	metric_write_header(text, name, "gauge", help);
	metric_write_count(text, name, NO_LABELS, value);
}
