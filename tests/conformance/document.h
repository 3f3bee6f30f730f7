/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rows as people read them: the table of a run, and docs/conformance.md.
 */
#ifndef VIPD_TESTS_CONFORMANCE_DOCUMENT_H
#define VIPD_TESTS_CONFORMANCE_DOCUMENT_H

#include <stdbool.h>
#include <stdio.h>

#include "tests/conformance/conformance.h"

#define DOCUMENT "docs/conformance.md"

enum row_result {
	ROW_NOT_RUN,
	ROW_FAILED,
	ROW_PASSED,
};

/** document_write() - DOCUMENT, from the rows alone. */
void document_write(FILE *file, const struct conformance_theme *const *themes, size_t count);

/**
 * document_table() - what a run found, and a line that sums it up
 * @results: by row number, ROW_FAILED if anything about the row is wrong.
 */
void document_table(FILE *file, const struct conformance_theme *const *themes, size_t count,
		    const enum row_result *results);

/** document_is_current() - whether DOCUMENT is what document_write() writes now. */
bool document_is_current(const struct conformance_theme *const *themes, size_t count);

/** document_test_exists() - whether "FILE::TEST" is there, in the C or the Python of our tests. */
bool document_test_exists(const char *name);

#endif
