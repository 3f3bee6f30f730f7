// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/config/problems.h"

#include <stdlib.h>

/* Nobody reads more, and a hostile file must not make us keep millions. */
#define PROBLEMS_MAX 1000

struct problem {
	size_t line;
	size_t order; /* in which it was found */
	struct key_path path;
	char *text;
};

struct key_path key_path(const char *format, ...)
{
	struct key_path path;
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(path.text, sizeof(path.text), format, arguments);
	va_end(arguments);
	return path;
}

/* Room for one more: the capacity doubles whenever the count is a power of two. */
static struct problem *problems_grow(struct problems *problems)
{
	size_t count = problems->count;
	struct problem *list;

	if (count & (count - 1))
		return &problems->list[count];
	list = reallocarray(problems->list, count ? 2 * count : 1, sizeof(*list));
	if (!list)
		return NULL;
	problems->list = list;
	return &list[count];
}

void problems_add_list(struct problems *problems, size_t line, struct key_path path,
		       const char *format, va_list arguments)
{
	struct problem *problem;
	char *text;

	if (problems->count == PROBLEMS_MAX) {
		problems->omitted++;
		return;
	}
	problem = problems_grow(problems);
	if (!problem || vasprintf(&text, format, arguments) < 0) {
		problems->out_of_memory = true;
		return;
	}
	*problem = (struct problem){line, problems->count++, path, text};
}

void problems_add(struct problems *problems, size_t line, struct key_path path, const char *format,
		  ...)
{
	va_list arguments;

	va_start(arguments, format);
	problems_add_list(problems, line, path, format, arguments);
	va_end(arguments);
}

void problems_add_note(struct problems *problems, size_t line, struct key_path path,
		       const char *format, ...)
{
	size_t before = problems->count;
	va_list arguments;

	va_start(arguments, format);
	problems_add_list(problems, line, path, format, arguments);
	va_end(arguments);
	problems->notes += problems->count - before;
}

static int compare(const void *left, const void *right)
{
	const struct problem *a = left, *b = right;

	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	return a->order < b->order ? -1 : 1;
}

void problems_print(struct problems *problems, FILE *report)
{
	if (problems->count)
		qsort(problems->list, problems->count, sizeof(*problems->list), compare);
	for (size_t i = 0; i < problems->count; i++) {
		const struct problem *problem = &problems->list[i];

		fputs(problems->file, report);
		if (problem->line)
			fprintf(report, ":%zu", problem->line);
		if (problem->path.text[0])
			fprintf(report, ": %s", problem->path.text);
		fprintf(report, ": %s\n", problem->text);
	}
	if (problems->omitted)
		fprintf(report, "%s: and %zu problems more\n", problems->file, problems->omitted);
	if (problems->out_of_memory)
		fprintf(report, "%s: not read to the end: out of memory\n", problems->file);
}

void problems_clear(struct problems *problems)
{
	for (size_t i = 0; i < problems->count; i++)
		free(problems->list[i].text);
	free(problems->list);
	problems->list = NULL;
	problems->count = 0;
}
