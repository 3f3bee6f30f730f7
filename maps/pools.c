// SPDX-License-Identifier: GPL-2.0-only
/* Stores into vipd_pools, and fills the idle tables of vipd_slots. */
#include "maps_internal.h"

const struct pool_entry *maps_pool(const struct maps *maps, uint32_t pool)
{
	return &maps->pools[pool];
}

static uint32_t copy_in_force(const struct maps *maps, uint32_t pool)
{
	return __atomic_load_n(&maps->pools[pool].copy, __ATOMIC_ACQUIRE) & 1;
}

const struct slot_table *maps_slots(const struct maps *maps, uint32_t pool)
{
	return &maps->slots[pool][copy_in_force(maps, pool)];
}

struct slot_table *maps_idle_slots(struct maps *maps, uint32_t pool)
{
	return &maps->slots[pool][copy_in_force(maps, pool) ^ 1];
}

void maps_flip_slots(struct maps *maps, uint32_t pool)
{
	__atomic_store_n(&maps->pools[pool].copy, copy_in_force(maps, pool) ^ 1, __ATOMIC_RELEASE);
}

void maps_set_pool_backends(struct maps *maps, uint32_t pool, uint32_t backends)
{
	__atomic_store_n(&maps->pools[pool].backends, backends, __ATOMIC_RELEASE);
}

void maps_set_settling(struct maps *maps, uint32_t pool, bool settling)
{
	__atomic_store_n(&maps->pools[pool].settling, settling, __ATOMIC_RELEASE);
}

bool maps_armed(const struct maps *maps, uint32_t pool)
{
	return __atomic_load_n(&maps->pools[pool].armed, __ATOMIC_ACQUIRE) != 0;
}

void maps_set_armed(struct maps *maps, uint32_t pool, bool armed)
{
	__atomic_store_n(&maps->pools[pool].armed, armed, __ATOMIC_RELEASE);
}
