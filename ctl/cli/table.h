/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tables for people. A column is as wide as its widest cell, and an empty column is not printed.
 * Cells are filled row by row, from left to right. Colours are for terminals only.
 */
#ifndef VIPD_CLI_TABLE_H
#define VIPD_CLI_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum style {
	STYLE_PLAIN,
	STYLE_HEADING,
	STYLE_GOOD,
	STYLE_WARNING,
	STYLE_BAD,
	STYLE_FAINT,
};

struct table_column {
	const char *heading;
	bool right; /* aligned, as numbers are */
};

struct table;

/**
 * table_new() - a table without rows
 * @columns: @count of them; must outlive the table.
 *
 * Return: for table_free(). Out of memory ends the program, here and below.
 */
struct table *table_new(const struct table_column *columns, size_t count);

/** table_cell() - the text of the next cell. */
void table_cell(struct table *table, enum style style, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/** table_is_empty() - no cell was filled. */
bool table_is_empty(const struct table *table);

/** table_print() - headings and all rows; a last row that is not full counts. */
void table_print(const struct table *table, FILE *file, bool colour);

/** table_free() - NULL is fine. */
void table_free(struct table *table);
void table_freep(struct table **table);

/** style_wanted() - whether colour makes sense there: a terminal, and NO_COLOR is not set. */
bool style_wanted(FILE *file);

/** style_print() - text in a style, when @colour. */
void style_print(FILE *file, bool colour, enum style style, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

#endif
