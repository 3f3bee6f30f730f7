/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What VRRP asks of an implementation, statement by statement. A row is one statement; it is tested
 * here, shown by a test elsewhere, waits for something that is not there yet, or says why nothing
 * tests it. The rows stand in rows_*.c by theme; conformance_test.c runs them and prints the table.
 */
#ifndef VIPD_TESTS_CONFORMANCE_CONFORMANCE_H
#define VIPD_TESTS_CONFORMANCE_CONFORMANCE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* What a test runs on. */
#define MACHINE       "machine"   /* the pure state machine, on a clock of the test's own */
#define DATAPLANE     "dataplane" /* frames through the loaded XDP program */
#define MESSAGE       "message"   /* what the controller sends, as bytes */
#define CONFIGURATION "configuration"

struct conformance_row {
	unsigned int number;
	const char *statement;
	const char *source;
	const char *bench;      /* what .test runs on */
	void (*test)(void);     /* fails by cmocka's assertions; NULL: none here */
	const char *elsewhere;  /* "FILE::TEST", which shows it, too */
	const char *pending;    /* what it, or the rest of it, waits for */
	const char *untestable; /* why nothing tests it */
	const char *decision;   /* where we differ, or have chosen */
};

struct conformance_theme {
	const char *title;
	const struct conformance_row *rows;
	size_t count;
};

/* The two kinds of row. What follows are the members that are not always there. */
#define TESTED(row, what, by, runs_on, function, ...)                                              \
	{                                                                                          \
		.number = row, .statement = what, .source = by, .bench = runs_on,                  \
		.test = function, __VA_ARGS__                                                      \
	}
#define UNTESTED(row, what, by, ...)                                                               \
	{                                                                                          \
		.number = row, .statement = what, .source = by, __VA_ARGS__                        \
	}

/* At the end of a theme's file; its rows are called rows. */
#define THEME(name, about)                                                                         \
	const struct conformance_theme name = {about, rows, sizeof(rows) / sizeof(rows[0])}

extern const struct conformance_theme link_theme, field_theme, authentication_theme, transmit_theme,
	backup_theme, active_theme, cluster_theme, arp_theme, neighbour_theme, traffic_theme;

#endif
