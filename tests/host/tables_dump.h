/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All that the tables of a loaded dataplane hold, byte for byte, to be compared: a reload that was
 * aborted has left no trace.
 */
#ifndef VIPD_TESTS_HOST_TABLES_DUMP_H
#define VIPD_TESTS_HOST_TABLES_DUMP_H

#include <stdbool.h>
#include <stddef.h>

#include "maps/maps_internal.h"

struct tables_dump {
	char *bytes;
	size_t length;
};

/** tables_load() - a dataplane of this program's own. Return: whether it could be loaded. */
bool tables_load(struct maps *maps);

/** tables_unload() - forget it. Fine when none was loaded. */
void tables_unload(struct maps *maps);

/**
 * tables_take() - mapped tables whole, those of pools in use, and the hashes with their keys
 *
 * Return: for tables_release().
 */
struct tables_dump tables_take(const struct maps *maps);

/** tables_same() - whether two dumps are equal, and the first place where not, on stderr. */
bool tables_same(const struct tables_dump *a, const struct tables_dump *b);

void tables_release(struct tables_dump *dump);

#endif
