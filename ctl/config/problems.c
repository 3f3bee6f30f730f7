// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/config/problems.h"

#include <stdlib.h>

/* Nobody reads more, and a hostile file must not make us keep millions. */
#define PROBLEMS_MAX 1000

struct problem {
	int severity;
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

static void add(struct problems *problems, int severity, size_t line, struct key_path path,
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
	*problem = (struct problem){severity, line, problems->count++, path, text};
	problems->notes += severity == LOG_NOTICE;
}

void problems_add_list(struct problems *problems, size_t line, struct key_path path,
		       const char *format, va_list arguments)
{
	add(problems, LOG_ERR, line, path, format, arguments);
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
	va_list arguments;

	va_start(arguments, format);
	add(problems, LOG_NOTICE, line, path, format, arguments);
	va_end(arguments);
}

static int compare(const void *left, const void *right)
{
	const struct problem *a = left, *b = right;

	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	return a->order < b->order ? -1 : 1;
}

static void report_problem(const struct problem *problem, const char *file,
			   const struct report *report)
{
	const char *path = problem->path.text;
	char line[32] = "";

	if (problem->line)
		snprintf(line, sizeof(line), ":%zu", problem->line);
	report_line(report, problem->severity, "%s%s%s%s: %s", file, line, path[0] ? ": " : "",
		    path, problem->text);
}

void problems_report(struct problems *problems, const struct report *report)
{
	if (problems->count)
		qsort(problems->list, problems->count, sizeof(*problems->list), compare);
	for (size_t i = 0; i < problems->count; i++)
		report_problem(&problems->list[i], problems->file, report);
	if (problems->omitted)
		report_line(report, LOG_ERR, "%s: and %zu problems more", problems->file,
			    problems->omitted);
	if (problems->out_of_memory)
		report_line(report, LOG_ERR, "%s: not read to the end: out of memory",
			    problems->file);
}

void problems_clear(struct problems *problems)
{
	for (size_t i = 0; i < problems->count; i++)
		free(problems->list[i].text);
	free(problems->list);
	problems->list = NULL;
	problems->count = 0;
}
