/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The mapped tables as memory that can be written. The files of maps/ store into them, each into
 * its own table, and tests may; nobody else includes this.
 */
#ifndef VIPD_MAPS_MAPS_INTERNAL_H
#define VIPD_MAPS_MAPS_INTERNAL_H

#include <errno.h>
#include <string.h>

#include "maps.h"

struct maps {
	struct map_fds fds;
#define MAPPED(name, type, count) type *name;
	MAPPED_MAPS(MAPPED)
#undef MAPPED
#define POOLED(name, type, count) type *name[MAX_POOLS]; /* NULL: not mapped */
	POOLED_MAPS(POOLED)
#undef POOLED
};

/** maps_map() - as maps_open(), into memory of the caller's; maps_unmap() undoes it. */
int maps_map(const struct map_fds *fds, struct maps *maps);
void maps_unmap(struct maps *maps);

/** maps_count_silent() - set settings_entry.silent right, as long as nobody else stores. */
void maps_count_silent(struct maps *maps);

/* The result of a bpf() call of libbpf's as 0 or a negative errno. */
static inline int maps_errno(int error)
{
	return error < 0 ? -errno : 0;
}

/* Eight aligned bytes, whatever they are, that the dataplane loads at once. */
static inline void maps_store_word(void *word, const void *bytes)
{
	uint64_t value;

	memcpy(&value, bytes, sizeof(value));
	__atomic_store_n((uint64_t __attribute__((may_alias)) *)word, value, __ATOMIC_RELEASE);
}

/* @mac: NULL for none. */
static inline struct mac_address maps_mac(const uint8_t *mac)
{
	struct mac_address address = {};

	if (mac)
		memcpy(address.bytes, mac, sizeof(address.bytes));
	return address;
}

#endif
