// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/vrrp/order.h"

#include "ctl/config/lookup.h"

/* The lowest and the highest priority that weights can make of one. */
struct span {
	int lowest, highest;
};

static void widen(struct span *span, const struct config *config, const struct config_track *tracks,
		  size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int weight = tracks[i].weight;

		if (weight && config->trackers[tracks[i].tracker].kind == TRACKER_FILE)
			*span = (struct span){WEIGHTED_PRIORITY_MIN, WEIGHTED_PRIORITY_MAX};
		else if (weight < 0)
			span->lowest += weight;
		else
			span->highest += weight;
	}
}

static struct span reach(const struct config *config, const struct config_instance *instance,
			 size_t peer)
{
	int priority = instance->priority[peer];
	struct span span = {priority, priority};
	const struct config_sync_group *group = config_sync_group(config, instance);

	if (priority == OWNER_PRIORITY)
		return span;
	widen(&span, config, instance->tracks, instance->track_count);
	if (group)
		widen(&span, config, group->tracks, group->track_count);
	if (span.highest > WEIGHTED_PRIORITY_MAX)
		span.highest = WEIGHTED_PRIORITY_MAX;
	return span;
}

bool order_always_first(const struct config *config, const struct config_instance *instance)
{
	int lowest = reach(config, instance, config->self).lowest;

	for (size_t i = 0; i < config->peer_count; i++)
		if (i != config->self && instance->priority[i] &&
		    reach(config, instance, i).highest >= lowest)
			return false;
	return true;
}
