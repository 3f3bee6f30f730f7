// SPDX-License-Identifier: GPL-2.0-only
#include "tests/conformance/document.h"

#include <stdlib.h>
#include <string.h>

#include "ctl/base/cleanup.h"

static const char *const introduction =
	"# Conformance\n"
	"\n"
	"What VRRP (RFC 9568; RFC 3768 for version 2) and its neighbours ask of us, what "
	"keepalived has made\n"
	"customary beyond that, and what we ask of ourselves. `make conformance` runs the rows: on "
	"the pure state\n"
	"machine with a clock of the test's own, on frames through the loaded dataplane, on the "
	"bytes that the\n"
	"controller sends. Others are shown by the tests named. This page is written by "
	"`tests/conformance`\n"
	"(`make docs/conformance.md`), and `make test` fails when it is old.\n";

/* Text in pieces, with something between any two of them. */
struct pieces {
	FILE *file;
	bool begun;
};

static void add_piece(struct pieces *pieces, const char *before, const char *text,
		      const char *after)
{
	if (!text)
		return;
	fprintf(pieces->file, "%s%s%s%s", pieces->begun ? "; " : "", before, text, after);
	pieces->begun = true;
}

static void write_row(FILE *file, const struct conformance_row *row)
{
	struct pieces tests = {file, false};

	fprintf(file, "| %u | %s | %s | ", row->number, row->statement, row->source);
	add_piece(&tests, "", row->bench, "");
	add_piece(&tests, "`", row->elsewhere, "`");
	add_piece(&tests, "**waits for** ", row->pending, "");
	add_piece(&tests, "not tested: ", row->untestable, "");
	fprintf(file, " | %s |\n", row->decision ? row->decision : "");
}

void document_write(FILE *file, const struct conformance_theme *const *themes, size_t count)
{
	fputs(introduction, file);
	for (size_t i = 0; i < count; i++) {
		fprintf(file,
			"\n## %s\n\n"
			"| row | what is asked | by | tested on | what we decided |\n"
			"|---|---|---|---|---|\n",
			themes[i]->title);
		for (size_t j = 0; j < themes[i]->count; j++)
			write_row(file, &themes[i]->rows[j]);
	}
}

/* The table of a run. */

enum verdict {
	VERDICT_FAILED,
	VERDICT_PASSED,
	VERDICT_PARTLY,
	VERDICT_ELSEWHERE,
	VERDICT_PENDING,
	VERDICT_NOT_TESTED,
	VERDICTS,
};

static const char *const verdict_names[] = {
	[VERDICT_FAILED] = "FAILED",   [VERDICT_PASSED] = "passed",
	[VERDICT_PARTLY] = "partly",   [VERDICT_ELSEWHERE] = "elsewhere",
	[VERDICT_PENDING] = "pending", [VERDICT_NOT_TESTED] = "not tested",
};

static enum verdict judge(const struct conformance_row *row, enum row_result result)
{
	if (result == ROW_FAILED)
		return VERDICT_FAILED;
	if (row->test)
		return row->pending ? VERDICT_PARTLY : VERDICT_PASSED;
	if (row->pending)
		return VERDICT_PENDING;
	return row->elsewhere ? VERDICT_ELSEWHERE : VERDICT_NOT_TESTED;
}

static void print_more(FILE *file, const char *about, const char *text)
{
	if (text)
		fprintf(file, "                 %s %s\n", about, text);
}

static void print_row(FILE *file, const struct conformance_row *row, enum verdict verdict)
{
	fprintf(file, "%3u  %-10s  %s [%s%s%s]\n", row->number, verdict_names[verdict],
		row->statement, row->source, row->bench ? "; " : "", row->bench ? row->bench : "");
	print_more(file, "shown by", row->elsewhere);
	print_more(file, "waits for", row->pending);
	print_more(file, "because", row->untestable);
	print_more(file, "decided:", row->decision);
}

void document_table(FILE *file, const struct conformance_theme *const *themes, size_t count,
		    const enum row_result *results)
{
	unsigned int found[VERDICTS] = {};

	for (size_t i = 0; i < count; i++) {
		fprintf(file, "%s%s\n", i ? "\n" : "", themes[i]->title);
		for (size_t j = 0; j < themes[i]->count; j++) {
			const struct conformance_row *row = &themes[i]->rows[j];
			enum verdict verdict = judge(row, results[row->number]);

			found[verdict]++;
			print_row(file, row, verdict);
		}
	}
	fputs("\nconformance:", file);
	for (enum verdict verdict = 0; verdict < VERDICTS; verdict++)
		fprintf(file, "%s %u %s", verdict ? "," : "", found[verdict],
			verdict_names[verdict]);
	putc('\n', file);
}

/* Files. */

/* Return: the text with its NUL, for free(); NULL: it cannot be read. */
static char *read_file(const char *path)
{
	CLEANUP(cleanup_free) char *text = NULL;
	FILE *file = fopen(path, "re");
	size_t room = 0;

	if (!file)
		return NULL;
	if (getdelim(&text, &room, '\0', file) < 0) {
		fclose(file);
		return NULL;
	}
	fclose(file);
	return TAKE_POINTER(text);
}

bool document_is_current(const struct conformance_theme *const *themes, size_t count)
{
	CLEANUP(cleanup_free) char *present = read_file(DOCUMENT), *wanted = NULL;
	size_t length;
	FILE *memory = open_memstream(&wanted, &length);

	if (!memory)
		return false;
	document_write(memory, themes, count);
	fclose(memory);
	return present && strcmp(present, wanted) == 0;
}

bool document_test_exists(const char *name)
{
	CLEANUP(cleanup_free) char *path = strdup(name), *text = NULL;
	char *test = path ? strstr(path, "::") : NULL;
	char in_python[128], in_c[128];

	if (!test)
		return false;
	*test = '\0';
	test += 2;
	snprintf(in_python, sizeof(in_python), "\ndef %s(", test);
	snprintf(in_c, sizeof(in_c), "\nstatic void %s(", test);
	text = read_file(path);
	return text && (strstr(text, in_python) || strstr(text, in_c));
}
