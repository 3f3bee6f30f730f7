// SPDX-License-Identifier: GPL-2.0-only
/* Reads vipd_sightings, which the dataplane writes. */
#include "maps_internal.h"

uint64_t maps_confirmed_at(const struct maps *maps, uint32_t vip)
{
	return __atomic_load_n(&maps->sightings[vip].confirmed_at, __ATOMIC_ACQUIRE);
}

void maps_forget_sighting(struct maps *maps, uint32_t vip)
{
	maps->sightings[vip] = (struct sighting_entry){};
}
