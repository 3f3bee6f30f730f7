// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/net/journal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl/base/cleanup.h"
#include "ctl/base/file.h"
#include "ctl/base/log.h"

/* The first line. A file that does not have it was written before there were versions, and is read
 * as version 1. */
#define VERSION_LINE "vipd network journal %u"
#define VERSION      1

struct journal {
	char *path;
	struct item_list items;
	unsigned int version; /* of the file */
	char **foreign;       /* lines of a later version, which are kept for it */
	size_t foreign_count;
	bool outdated; /* the file still lists what was removed */
};

static int write_line(FILE *file, const struct item *item)
{
	char text[ITEM_TEXT_MAX];

	return fprintf(file, "%s\n", item_format(item, text)) < 0 ? -errno : 0;
}

static int write_version(FILE *file, unsigned int version)
{
	return fprintf(file, VERSION_LINE "\n", version) < 0 ? -errno : 0;
}

static int write_all(FILE *file, const void *context)
{
	const struct journal *journal = context;
	int error = write_version(file, journal->version);

	for (size_t i = 0; i < journal->foreign_count && error == 0; i++)
		error = fprintf(file, "%s\n", journal->foreign[i]) < 0 ? -errno : 0;
	for (size_t i = 0; i < journal->items.count && error == 0; i++)
		error = write_line(file, &journal->items.items[i]);
	return error;
}

/* Make the file what is in memory, as a whole or not at all. */
static int rewrite(struct journal *journal)
{
	int error;

	if (journal->items.count == 0 && journal->foreign_count == 0)
		error = unlink(journal->path) == 0 || errno == ENOENT ? 0 : -errno;
	else
		error = file_replace(journal->path, FILE_SURVIVES_US, write_all, journal);
	if (error < 0)
		return log_failure(error, "cannot write the journal %s", journal->path);
	journal->outdated = false;
	return 0;
}

static int append(const struct journal *journal, const struct item *item)
{
	CLEANUP(cleanup_fclose) FILE *file = fopen(journal->path, "ae");
	struct stat status;
	int error = 0;

	if (!file || fstat(fileno(file), &status) < 0)
		return -errno;
	if (status.st_size == 0)
		error = write_version(file, journal->version);
	if (error == 0)
		error = write_line(file, item);
	if (error < 0)
		return error;
	return file_finish(&file);
}

static int keep_foreign(struct journal *journal, const char *line)
{
	char **lines = reallocarray(journal->foreign, journal->foreign_count + 1, sizeof(*lines));

	if (!lines)
		return -ENOMEM;
	journal->foreign = lines;
	lines[journal->foreign_count] = strdup(line);
	if (!lines[journal->foreign_count])
		return -ENOMEM;
	journal->foreign_count++;
	log_warning("%s lists \"%s\", which only a later version of vipd can undo; it stays listed",
		    journal->path, line);
	return 0;
}

/* Return: whether it is one, and which. */
static bool read_version(const char *line, unsigned int *version)
{
	unsigned int found = 0;
	char again[64];

	if (sscanf(line, VERSION_LINE, &found) != 1 || found < VERSION)
		return false;
	snprintf(again, sizeof(again), VERSION_LINE, found);
	if (strcmp(again, line) != 0)
		return false;
	*version = found;
	return true;
}

static int read_line(struct journal *journal, const char *line, unsigned int number)
{
	struct item item;

	if (number == 1 && read_version(line, &journal->version))
		return 0;
	if (item_parse(line, &item) == 0) {
		item_list_add(&journal->items, &item);
		return journal->items.failed ? -ENOMEM : 0;
	}
	if (journal->version > VERSION)
		return keep_foreign(journal, line);
	return log_failure(-EINVAL,
			   "%s:%u: \"%s\" is no entry of this version of vipd; undo it by hand and "
			   "remove the line",
			   journal->path, number, line);
}

/* The file is to be written anew when its last line was cut off, so that the next line does not
 * continue that one, and when it lists nothing. */
static int read_lines(struct journal *journal, FILE *file)
{
	CLEANUP(cleanup_free) char *line = NULL;
	size_t size = 0;
	ssize_t length;
	int error = 0;

	for (unsigned int number = 1; error == 0 && (length = getline(&line, &size, file)) > 0;
	     number++) {
		journal->outdated = line[length - 1] != '\n';
		if (journal->outdated)
			break;
		line[length - 1] = '\0';
		error = read_line(journal, line, number);
	}
	if (error == 0 && ferror(file))
		error = -EIO;
	if (journal->items.count == 0 && journal->foreign_count == 0)
		journal->outdated = true;
	return error;
}

static int read_journal(struct journal *journal)
{
	CLEANUP(cleanup_fclose) FILE *file = fopen(journal->path, "re");
	int error;

	if (!file && errno == ENOENT)
		return 0;
	if (!file)
		return log_failure(-errno, "cannot read the journal %s", journal->path);
	error = read_lines(journal, file);
	if (error == -EINVAL)
		return error;
	if (error < 0)
		return log_failure(error, "cannot read the journal %s", journal->path);
	return journal_save(journal);
}

int journal_open(const char *path, struct journal **journal)
{
	CLEANUP(journal_closep) struct journal *opened = calloc(1, sizeof(*opened));
	int error;

	if (!opened || !(opened->path = strdup(path)))
		return log_failure(-ENOMEM, "cannot open the journal %s", path);
	opened->version = VERSION;
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
	/* It may be one of those that the file still lists. */
	error = journal_save(journal);
	if (error < 0)
		return error;
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
	journal->outdated = true;
	return log_failure(error,
			   "cannot write the journal %s, so nothing is made that it would list",
			   journal->path);
}

void journal_remove(struct journal *journal, const struct item *item)
{
	size_t index = find(journal, item);
	struct item *items = journal->items.items;

	if (index == journal->items.count)
		return;
	journal->items.count--;
	memmove(&items[index], &items[index + 1], (journal->items.count - index) * sizeof(*items));
	journal->outdated = true;
}

int journal_save(struct journal *journal)
{
	return journal->outdated ? rewrite(journal) : 0;
}

void journal_close(struct journal *journal)
{
	if (!journal)
		return;
	item_list_free(&journal->items);
	for (size_t i = 0; i < journal->foreign_count; i++)
		free(journal->foreign[i]);
	free(journal->foreign);
	free(journal->path);
	free(journal);
}

void journal_closep(struct journal **journal)
{
	journal_close(*journal);
}
