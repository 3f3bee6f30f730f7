// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stores into vipd_backends, an entry at a time. The main loop knows where a node is, and the VRRP
 * thread whether it is silent: neither may undo what the other has stored.
 */
#include "maps_internal.h"

const struct backend_entry *maps_backend(const struct maps *maps, uint32_t node)
{
	return &maps->backends[node];
}

/* Return: whether the entry was still as it was before. */
static bool exchange_entry(struct backend_entry *entry, const struct backend_entry *before,
			   const struct backend_entry *after)
{
	uint64_t expected, value;

	memcpy(&expected, before, sizeof(expected));
	memcpy(&value, after, sizeof(value));
	return __atomic_compare_exchange_n((uint64_t __attribute__((may_alias)) *)entry, &expected,
					   value, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

static struct backend_entry load_entry(const struct backend_entry *entry)
{
	uint64_t value = __atomic_load_n((const uint64_t __attribute__((may_alias)) *)entry,
					 __ATOMIC_ACQUIRE);
	struct backend_entry loaded;

	memcpy(&loaded, &value, sizeof(loaded));
	return loaded;
}

void maps_set_backend(struct maps *maps, uint32_t node, const uint8_t *mac)
{
	struct backend_entry entry = {.usable = mac != NULL}, before;

	if (mac)
		memcpy(entry.mac, mac, sizeof(entry.mac));
	do {
		before = load_entry(&maps->backends[node]);
		entry.silent = before.silent;
	} while (!exchange_entry(&maps->backends[node], &before, &entry));
}

void maps_set_silent(struct maps *maps, uint32_t node, bool silent)
{
	struct backend_entry entry, before;

	do {
		before = load_entry(&maps->backends[node]);
		entry = before;
		entry.silent = silent ? 1 : 0;
	} while (!exchange_entry(&maps->backends[node], &before, &entry));
	if (before.silent != entry.silent)
		__atomic_fetch_add(&maps->settings->silent, silent ? 1 : -1, __ATOMIC_ACQ_REL);
}

void maps_count_silent(struct maps *maps)
{
	uint32_t count = 0;

	for (uint32_t node = 0; node < MAX_PEERS; node++)
		count += load_entry(&maps->backends[node]).silent;
	__atomic_store_n(&maps->settings->silent, count, __ATOMIC_RELEASE);
}
