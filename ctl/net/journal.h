/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What we made in the kernel, oldest first: a text file of one line an item, after one that names
 * the version of the format. A line is written before its item is made and taken out after it was
 * removed, so after a crash the file lists at least what is ours. It needs no fsync(): a crash that
 * loses the page cache loses the kernel's addresses and routes as well.
 */
#ifndef VIPD_NET_JOURNAL_H
#define VIPD_NET_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "ctl/net/item.h"

struct journal;

/**
 * journal_open() - read what an earlier run left
 * @path: of the file; none is an empty journal, and an empty journal has no file. A last line
 *        without its newline was cut off by a crash, before its item was made: it does not count.
 * @journal: the result, for journal_close(); unchanged on failure.
 *
 * What a later version of vipd listed, and this one cannot read, is logged and stays in the file.
 *
 * Return: 0, or a negative errno after one logged message; -EINVAL for a line we did not write.
 */
int journal_open(const char *path, struct journal **journal);

size_t journal_count(const struct journal *journal);

/** journal_item() - the item at @index, oldest first; valid until the journal changes. */
const struct item *journal_item(const struct journal *journal, size_t index);

bool journal_contains(const struct journal *journal, const struct item *item);

/**
 * journal_add() - write an item down, before it is made
 *
 * An item that is listed stays as it was listed: the value found first is the one to restore.
 *
 * Return: 0, or a negative errno after one logged message; the item must not be made then.
 */
int journal_add(struct journal *journal, const struct item *item);

/** journal_remove() - strike an item out, after it was removed or found to be another's. */
void journal_remove(struct journal *journal, const struct item *item);

/**
 * journal_save() - strike out of the file what was struck out: once for many
 *
 * Until then, or after a crash, the file lists what is no longer there, which can be removed again.
 *
 * Return: 0, or a negative errno after one logged message; to be tried again.
 */
int journal_save(struct journal *journal);

/** journal_close() - free; the file stays. NULL is fine. */
void journal_close(struct journal *journal);
void journal_closep(struct journal **journal);

#endif
