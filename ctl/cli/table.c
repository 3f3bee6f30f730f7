// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/cli/table.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/base/cleanup.h"

#define GAP 2 /* between columns */

struct cell {
	enum style style;
	char *text;
};

struct table {
	const struct table_column *columns;
	size_t column_count;
	size_t *widths;     /* of what is in each column; 0: nothing */
	struct cell *cells; /* row by row */
	size_t cell_count;
};

static void *or_exit(void *memory)
{
	if (memory)
		return memory;
	fputs("out of memory\n", stderr);
	exit(EXIT_FAILURE);
}

struct table *table_new(const struct table_column *columns, size_t count)
{
	struct table *table = or_exit(calloc(1, sizeof(*table)));

	table->columns = columns;
	table->column_count = count;
	table->widths = or_exit(calloc(count, sizeof(*table->widths)));
	return table;
}

/* Every character that is shown is one column wide, so count the bytes that begin one. */
static size_t width_of(const char *text)
{
	size_t width = 0;

	for (; *text; text++)
		if ((*text & 0xc0) != 0x80)
			width++;
	return width;
}

static void add_cell(struct table *table, struct cell cell)
{
	size_t *width = &table->widths[table->cell_count % table->column_count];

	table->cells =
		or_exit(reallocarray(table->cells, table->cell_count + 1, sizeof(*table->cells)));
	table->cells[table->cell_count++] = cell;
	if (width_of(cell.text) > *width)
		*width = width_of(cell.text);
}

void table_cell(struct table *table, enum style style, const char *format, ...)
{
	va_list arguments;
	char *text;

	va_start(arguments, format);
	if (vasprintf(&text, format, arguments) < 0)
		text = NULL;
	va_end(arguments);
	add_cell(table, (struct cell){style, or_exit(text)});
}

bool table_is_empty(const struct table *table)
{
	return table->cell_count == 0;
}

static void print_spaces(FILE *file, size_t count)
{
	fprintf(file, "%*s", (int)count, "");
}

/* @pending: spaces of the columns before, which are left out at the end of a line. */
static void print_cell(const struct table *table, FILE *file, bool colour, size_t column,
		       struct cell cell, size_t *pending)
{
	size_t heading = width_of(table->columns[column].heading), width = table->widths[column];
	size_t space;

	if (!width)
		return;
	space = (heading > width ? heading : width) - width_of(cell.text);
	if (table->columns[column].right)
		*pending += space;
	if (cell.text[0]) {
		print_spaces(file, *pending);
		style_print(file, colour, cell.style, "%s", cell.text);
		*pending = 0;
	}
	if (!table->columns[column].right)
		*pending += space;
	*pending += GAP;
}

static void print_headings(const struct table *table, FILE *file, bool colour)
{
	size_t pending = 0;

	for (size_t i = 0; i < table->column_count; i++) {
		char *heading = (char *)table->columns[i].heading;

		print_cell(table, file, colour, i, (struct cell){STYLE_HEADING, heading}, &pending);
	}
	fputc('\n', file);
}

void table_print(const struct table *table, FILE *file, bool colour)
{
	size_t pending = 0;

	print_headings(table, file, colour);
	for (size_t i = 0; i < table->cell_count; i++) {
		size_t column = i % table->column_count;

		print_cell(table, file, colour, column, table->cells[i], &pending);
		if (column + 1 == table->column_count || i + 1 == table->cell_count) {
			fputc('\n', file);
			pending = 0;
		}
	}
}

void table_free(struct table *table)
{
	if (!table)
		return;
	for (size_t i = 0; i < table->cell_count; i++)
		free(table->cells[i].text);
	free(table->cells);
	free(table->widths);
	free(table);
}

void table_freep(struct table **table)
{
	table_free(*table);
}

/* Styles. */

bool style_wanted(FILE *file)
{
	const char *no_color = getenv("NO_COLOR"), *terminal = getenv("TERM");

	if (no_color && no_color[0]) /* https://no-color.org */
		return false;
	return isatty(fileno(file)) && terminal && strcmp(terminal, "dumb") != 0;
}

void style_print(FILE *file, bool colour, enum style style, const char *format, ...)
{
	static const char *const codes[] = {
		[STYLE_HEADING] = "1", [STYLE_GOOD] = "32", [STYLE_WARNING] = "33",
		[STYLE_BAD] = "31;1",  [STYLE_FAINT] = "2",
	};
	bool coloured = colour && style != STYLE_PLAIN;
	va_list arguments;

	if (coloured)
		fprintf(file, "\033[%sm", codes[style]);
	va_start(arguments, format);
	vfprintf(file, format, arguments);
	va_end(arguments);
	if (coloured)
		fputs("\033[0m", file);
}
