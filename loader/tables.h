/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The pins of the tables, which outlive a run: a later one goes on with those whose layout it
 * shares, and has new ones in place of the others.
 *
 * A pin is exchanged only after the program that uses the new table is on the NIC. Until then the
 * program of the run before works with its own tables, and a start that fails leaves it all of
 * them.
 */
#ifndef VIPD_LOADER_TABLES_H
#define VIPD_LOADER_TABLES_H

#include <bpf/libbpf.h>
#include <stdbool.h>

#include "maps/maps.h"

/** tables_pinned() - whether a run before has left tables. */
bool tables_pinned(const char *pin_dir);

/**
 * tables_adopt() - open the tables that are pinned, of whatever layout
 * @program: descriptor of a program.
 * @fds: the result, for tables_close().
 *
 * Return: 0; -ENOENT when one of them is not pinned, or is not the one that the program uses.
 */
int tables_adopt(const char *pin_dir, int program, struct map_fds *fds);

/** tables_close() - close the descriptors of tables_adopt(). */
void tables_close(struct map_fds *fds);

/**
 * tables_reuse() - let an object that is not loaded yet use what is pinned and of its layout
 * @fresh: whether another table than a ring has to be made anew.
 *
 * A ring has no types to compare, and holds nothing that is worth keeping.
 *
 * Return: 0 or a negative errno.
 */
int tables_reuse(const char *pin_dir, struct bpf_object *object, bool *fresh);

/** tables_share() - let an object that is not loaded yet use those of these tables that it has.
 * Return: as above. */
int tables_share(const struct map_fds *fds, struct bpf_object *object);

/**
 * tables_lost() - a table that is pinned, and is not ours
 * @ours: descriptor of the one that we use.
 *
 * Return: a descriptor of it, or -1 when there is none.
 */
int tables_lost(const char *pin_dir, const char *name, int ours);

/**
 * tables_pin_again() - pin the tables that have no pin
 *
 * Return: 0, or the first negative errno after going on to the end.
 */
int tables_pin_again(const char *pin_dir, const struct map_fds *fds);

/** tables_publish() - pin the tables of a loaded object in place of what was pinned. Return: as
 * above. */
int tables_publish(const char *pin_dir, const struct bpf_object *object);

#endif
