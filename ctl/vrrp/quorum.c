// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/vrrp/quorum.h"

#include <string.h>

#include "maps/peers.h"

bool quorum_hears(uint64_t heard_at, uint64_t advert_interval, uint64_t now)
{
	return heard_at && heard_at + quorum_window(advert_interval) > now;
}

/* Keeps the latest moments, in descending order; what falls off the end is forgotten. */
static void insert_moment(uint64_t *latest, size_t count, uint64_t moment)
{
	size_t place = 0;

	while (place < count && latest[place] >= moment)
		place++;
	if (place == count)
		return;
	memmove(&latest[place + 1], &latest[place], (count - place - 1) * sizeof(*latest));
	latest[place] = moment;
}

/* When the last of the nodes that are needed was heard; 0: they never all were. */
static uint64_t needed_heard_at(const uint64_t *heard_at, size_t nodes, size_t needed)
{
	uint64_t latest[MAX_PEERS] = {};

	for (size_t i = 0; i < nodes; i++)
		insert_moment(latest, needed, heard_at[i]);
	return latest[needed - 1];
}

struct quorum quorum_count(const uint64_t *heard_at, size_t nodes, uint64_t advert_interval,
			   uint64_t now)
{
	struct quorum quorum = {.nodes = nodes, .needed = nodes / 2 + 1};
	uint64_t needed_at = needed_heard_at(heard_at, nodes, quorum.needed);

	if (needed_at)
		quorum.until = needed_at + quorum_window(advert_interval);
	for (size_t i = 0; i < nodes; i++)
		quorum.heard += quorum_hears(heard_at[i], advert_interval, now);
	return quorum;
}

bool quorum_is_majority(const struct quorum *quorum, uint64_t now)
{
	return quorum->until > now;
}
