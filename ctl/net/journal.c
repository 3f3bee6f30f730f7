// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/net/journal.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/base/cleanup.h"
#include "ctl/base/log.h"

struct journal {
	char *path;
	struct item_list items;
};

static int write_line(FILE *file, const struct item *item)
{
	char text[ITEM_TEXT_MAX];

	return fprintf(file, "%s\n", item_format(item, text)) < 0 ? -errno : 0;
}

/* The descriptor is closed in any case; the last write errors show here. */
static int finish_writing(FILE **file)
{
	return fclose(TAKE_POINTER(*file)) == 0 ? 0 : -errno;
}

static int write_all(const struct journal *journal, const char *path)
{
	CLEANUP(cleanup_fclose) FILE *file = fopen(path, "we");
	int error = 0;

	if (!file)
		return -errno;
	for (size_t i = 0; i < journal->items.count && error == 0; i++)
		error = write_line(file, &journal->items.items[i]);
	if (error < 0)
		return error;
	return finish_writing(&file);
}

/* Replace the file by what is in memory, at once or not at all. */
static int rewrite(const struct journal *journal)
{
	char path[PATH_MAX];
	int error;

	if (journal->items.count == 0)
		return unlink(journal->path) == 0 || errno == ENOENT ? 0 : -errno;
	if ((size_t)snprintf(path, sizeof(path), "%s.new", journal->path) >= sizeof(path))
		return -ENAMETOOLONG;
	error = write_all(journal, path);
	if (error == 0 && rename(path, journal->path) < 0)
		error = -errno;
	if (error < 0)
		unlink(path);
	return error;
}

static int append(const struct journal *journal, const struct item *item)
{
	CLEANUP(cleanup_fclose) FILE *file = fopen(journal->path, "ae");
	int error;

	if (!file)
		return -errno;
	error = write_line(file, item);
	if (error < 0)
		return error;
	return finish_writing(&file);
}

/* Return: 0, 1 when the last line was cut off, or -EINVAL, logged. */
static int read_lines(struct journal *journal, FILE *file)
{
	CLEANUP(cleanup_free) char *line = NULL;
	size_t size = 0;
	ssize_t length;

	for (unsigned int number = 1; (length = getline(&line, &size, file)) > 0; number++) {
		struct item item;

		if (line[length - 1] != '\n')
			return 1;
		line[length - 1] = '\0';
		if (item_parse(line, &item) < 0)
			return log_failure(-EINVAL,
					   "%s:%u: \"%s\" is no entry of this version of vipd; "
					   "undo it by hand and remove the line",
					   journal->path, number, line);
		item_list_add(&journal->items, &item);
	}
	return 0;
}

static int read_journal(struct journal *journal)
{
	CLEANUP(cleanup_fclose) FILE *file = fopen(journal->path, "re");
	int result;

	if (!file && errno == ENOENT)
		return 0;
	if (!file)
		return log_failure(-errno, "cannot read the journal %s", journal->path);
	result = read_lines(journal, file);
	if (result < 0)
		return result;
	if (ferror(file) || journal->items.failed)
		return log_failure(ferror(file) ? -EIO : -ENOMEM, "cannot read the journal %s",
				   journal->path);
	if (result == 0)
		return 0;

	/* What is appended next must not continue the torn line. */
	int error = rewrite(journal);

	return error < 0 ? log_failure(error, "cannot write the journal %s", journal->path) : 0;
}

int journal_open(const char *path, struct journal **journal)
{
	CLEANUP(journal_closep) struct journal *opened = calloc(1, sizeof(*opened));
	int error;

	if (!opened || !(opened->path = strdup(path)))
		return log_failure(-ENOMEM, "cannot open the journal %s", path);
	error = read_journal(opened);
	if (error < 0)
		return error;
	*journal = TAKE_POINTER(opened);
	return 0;
}

size_t journal_count(const struct journal *journal)
{
	return journal->items.count;
}

const struct item *journal_item(const struct journal *journal, size_t index)
{
	return &journal->items.items[index];
}

/* Return: the index of an item, or the count when it is not listed. */
static size_t find(const struct journal *journal, const struct item *item)
{
	size_t index = 0;

	while (index < journal->items.count &&
	       item_compare(&journal->items.items[index], item) != 0)
		index++;
	return index;
}

bool journal_contains(const struct journal *journal, const struct item *item)
{
	return find(journal, item) < journal->items.count;
}

int journal_add(struct journal *journal, const struct item *item)
{
	int error;

	if (journal_contains(journal, item))
		return 0;
	item_list_add(&journal->items, item);
	if (journal->items.failed) {
		journal->items.failed = false;
		return log_failure(-ENOMEM, "cannot write the journal %s", journal->path);
	}
	error = append(journal, item);
	if (error == 0)
		return 0;

	/* Part of the line may have reached the file. */
	journal->items.count--;
	rewrite(journal);
	return log_failure(error,
			   "cannot write the journal %s, so nothing is made that it would list",
			   journal->path);
}

int journal_remove(struct journal *journal, const struct item *item)
{
	size_t index = find(journal, item);
	struct item *items = journal->items.items;
	struct item removed;
	int error;

	if (index == journal->items.count)
		return 0;
	removed = items[index];
	journal->items.count--;
	memmove(&items[index], &items[index + 1], (journal->items.count - index) * sizeof(*items));
	error = rewrite(journal);
	if (error == 0)
		return 0;

	memmove(&items[index + 1], &items[index], (journal->items.count - index) * sizeof(*items));
	items[index] = removed;
	journal->items.count++;
	return log_failure(error, "cannot write the journal %s", journal->path);
}

void journal_close(struct journal *journal)
{
	if (!journal)
		return;
	item_list_free(&journal->items);
	free(journal->path);
	free(journal);
}

void journal_closep(struct journal **journal)
{
	journal_close(*journal);
}
