// SPDX-License-Identifier: GPL-2.0-only
/* Reads vipd_standings, into which the dataplane may be storing at that moment. */
#include "maps_internal.h"

int maps_read_standing(const struct maps *maps, uint32_t peer, uint32_t page,
		       struct standing_entry *standing)
{
	const struct standing_entry *entry = &maps->standings[standing_index(peer, page)];
	__u64 ended = __atomic_load_n(&entry->ended, __ATOMIC_ACQUIRE);

	*standing = *(const volatile struct standing_entry *)entry;
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	if (__atomic_load_n(&entry->begun, __ATOMIC_ACQUIRE) != ended)
		return -EAGAIN;
	return standing->length ? 0 : -ENOENT;
}

void maps_forget_standing(struct maps *maps, uint32_t peer)
{
	for (uint32_t page = 0; page < STANDING_PAGES; page++) {
		struct standing_entry *entry = &maps->standings[standing_index(peer, page)];

		/* Each page of memory that is written is in use from then on. */
		if (entry->length)
			*entry = (struct standing_entry){};
	}
}
