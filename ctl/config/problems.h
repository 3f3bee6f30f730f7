/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The problems of a configuration file. They are collected while it is read and checked, and
 * reported in the order of the file, one line each: "FILE:LINE: KEY.PATH: what is wrong".
 */
#ifndef VIPD_CONFIG_PROBLEMS_H
#define VIPD_CONFIG_PROBLEMS_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "ctl/base/report.h"

/* A place in the document, such as "instances[0].vips[2]"; empty for all of it. */
struct key_path {
	char text[256];
};

struct problem;

struct problems {
	const char *file;
	struct problem *list;
	size_t count;
	size_t notes;       /* how many of them are worth knowing, but not wrong */
	size_t omitted;     /* how many came after the first thousand */
	bool out_of_memory; /* some may be missing, and the configuration is not to be used */
};

/** key_path() - make a path as printf(3) does; it is cut where it is too long. */
struct key_path key_path(const char *format, ...) __attribute__((format(printf, 1, 2)));

/**
 * problems_add() - add one more
 * @line: counted from 1; 0 for the file as a whole.
 */
void problems_add(struct problems *problems, size_t line, struct key_path path, const char *format,
		  ...) __attribute__((format(printf, 4, 5)));
void problems_add_list(struct problems *problems, size_t line, struct key_path path,
		       const char *format, va_list arguments);

/** problems_add_note() - the same for what is not wrong. */
void problems_add_note(struct problems *problems, size_t line, struct key_path path,
		       const char *format, ...) __attribute__((format(printf, 4, 5)));

/** problems_report() - sort them by line and tell them. @report: NULL: nobody reads it. */
void problems_report(struct problems *problems, const struct report *report);

void problems_clear(struct problems *problems);

#endif
