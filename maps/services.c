// SPDX-License-Identifier: GPL-2.0-only
/* Replaces the table of vipd_services that is in force. */
#include "maps_internal.h"

static uint32_t copy_in_force(const struct maps *maps)
{
	return __atomic_load_n(&maps->settings->service_copy, __ATOMIC_ACQUIRE) & 1;
}

const struct service_table *maps_services(const struct maps *maps)
{
	return &maps->services[copy_in_force(maps)];
}

/* The two last stores are back to back: between them, a packet finds no service if the key changes.
 */
void maps_replace_services(struct maps *maps, const struct service_table *table, uint64_t hash_key)
{
	uint32_t idle = copy_in_force(maps) ^ 1;

	maps->services[idle] = *table;
	__atomic_store_n(&maps->settings->hash_key, hash_key, __ATOMIC_RELEASE);
	__atomic_store_n(&maps->settings->service_copy, idle, __ATOMIC_RELEASE);
}
