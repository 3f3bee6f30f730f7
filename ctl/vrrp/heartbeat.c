// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/vrrp/heartbeat.h"

void heartbeat_init(struct heartbeat *heartbeat, uint64_t now)
{
	*heartbeat = (struct heartbeat){
		.beat = now,
		.seen = now,
		.seen_at = now,
		.looked_at = now,
	};
}

void heartbeat_beat(struct heartbeat *heartbeat, uint64_t now)
{
	__atomic_store_n(&heartbeat->beat, now, __ATOMIC_RELAXED);
}

bool heartbeat_is_lost(struct heartbeat *heartbeat, uint64_t now)
{
	uint64_t beat = __atomic_load_n(&heartbeat->beat, __ATOMIC_RELAXED);
	bool slept = now - heartbeat->looked_at > 2 * HEARTBEAT_INTERVAL;

	if (beat != heartbeat->seen || slept) {
		heartbeat->seen = beat;
		heartbeat->seen_at = now;
	}
	heartbeat->looked_at = now;
	return now - heartbeat->seen_at > HEARTBEAT_PATIENCE;
}
