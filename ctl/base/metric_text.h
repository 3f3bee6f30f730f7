/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writes a metric in the text exposition format, version 0.0.4: its header, then its samples.
 */
#ifndef VIPD_BASE_METRIC_TEXT_H
#define VIPD_BASE_METRIC_TEXT_H

#include <stdint.h>
#include <stdio.h>

/* Labels of a sample; the first name that is NULL ends them. */
struct label {
	const char *name, *value;
};

#define LABELS(...) ((const struct label[]){__VA_ARGS__, {}})
#define NO_LABELS   ((const struct label[]){{}})

/**
 * metric_write_header() - write what comes before the samples
 * @type: counter or gauge.
 * @help: one line, without a backslash.
 */
void metric_write_header(FILE *text, const char *name, const char *type, const char *help);

/* These write a sample; seconds are given in ns. */
void metric_write_count(FILE *text, const char *name, const struct label *labels, uint64_t value);
void metric_write_seconds(FILE *text, const char *name, const struct label *labels, uint64_t ns);
void metric_write_fraction(FILE *text, const char *name, const struct label *labels, double value);

/* These write a whole metric that has no labels. */
void metric_write_counter(FILE *text, const char *name, const char *help, uint64_t value);
void metric_write_gauge(FILE *text, const char *name, const char *help, uint64_t value);

#endif
