// SPDX-License-Identifier: GPL-2.0-only
/* Reads vipd_adverts, into which the dataplane may be storing at that moment. */
#include "maps_internal.h"

int maps_read_advert(const struct maps *maps, uint8_t vrid, uint32_t peer,
		     struct advert_entry *advert)
{
	const struct advert_entry *entry = &maps->adverts[advert_index(vrid, peer)];
	__u64 seen_at;

	/* The dataplane may be writing: seen_at is stored last, so an unchanged one vouches. */
	do {
		seen_at = __atomic_load_n(&entry->seen_at, __ATOMIC_ACQUIRE);
		if (seen_at == 0)
			return -ENOENT;
		*advert = *(const volatile struct advert_entry *)entry;
		advert->seen_at = seen_at;
	} while (__atomic_load_n(&entry->seen_at, __ATOMIC_ACQUIRE) != seen_at);
	return 0;
}

void maps_forget_peer(struct maps *maps, uint32_t peer)
{
	maps_forget_standing(maps, peer);
	maps_forget_sender(maps, peer);
	maps_set_silent(maps, peer, false);
	for (uint32_t vrid = 0; vrid < MAX_INSTANCES; vrid++) {
		struct advert_entry *entry = &maps->adverts[advert_index(vrid, peer)];

		/* Not touched where there is nothing: each page that is written is memory in use.
		 */
		if (entry->seen_at == 0)
			continue;
		__atomic_store_n(&entry->seen_at, 0, __ATOMIC_SEQ_CST);
		*entry = (struct advert_entry){};
	}
}
