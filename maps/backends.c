// SPDX-License-Identifier: GPL-2.0-only
/* Stores into vipd_backends, an entry at a time. */
#include "maps_internal.h"

const struct backend_entry *maps_backend(const struct maps *maps, uint32_t node)
{
	return &maps->backends[node];
}

void maps_set_backend(struct maps *maps, uint32_t node, const uint8_t *mac)
{
	struct backend_entry entry = {.usable = mac != NULL};

	if (mac)
		memcpy(entry.mac, mac, sizeof(entry.mac));
	maps_store_word(&maps->backends[node], &entry);
}
