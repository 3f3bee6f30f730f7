// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/trackers/weights.h"

#include "ctl/config/lookup.h"

/* The whole range of weights. Sums of so few of them cannot overflow. */
#define CHANGE_MAX 254

static int bounded(long change)
{
	if (change < -CHANGE_MAX)
		return -CHANGE_MAX;
	return change > CHANGE_MAX ? CHANGE_MAX : (int)change;
}

/* A number that takes away all priority is a failure. */
static struct track_effect effect_of_file(int weight, const struct tracker_status *status)
{
	int adds = bounded((long)weight * status->number);
	bool failed = status->state == TRACKED_DOWN || status->number != 0;

	return (struct track_effect){
		.adds = adds,
		.pulls_down = adds < 0,
		.fails = weight ? adds == -CHANGE_MAX : failed,
	};
}

struct track_effect weights_effect(const struct config_track *track, enum tracker_kind kind,
				   const struct tracker_status *status)
{
	bool down = status->state == TRACKED_DOWN;
	int weight = track->weight;
	bool counts = weight > 0 ? !down : down;

	if (status->state == TRACKED_UNDECIDED)
		return (struct track_effect){.undecided = true};
	if (kind == TRACKER_FILE)
		return effect_of_file(weight, status);
	return (struct track_effect){
		.adds = counts ? weight : 0,
		.pulls_down = down && weight,
		.fails = down && !weight,
	};
}

static int weigh(struct weighed *weighed, const struct config *config,
		 const struct config_track *tracks, size_t count,
		 const struct tracker_status *statuses)
{
	int sum = 0;

	for (size_t i = 0; i < count; i++) {
		size_t tracker = tracks[i].tracker;
		struct track_effect effect = weights_effect(
			&tracks[i], config->trackers[tracker].kind, &statuses[tracker]);

		sum += effect.adds;
		weighed->fails |= effect.fails;
		weighed->undecided |= effect.undecided;
	}
	return sum;
}

static uint8_t change_priority(uint8_t configured, int change)
{
	int priority = configured + change;

	if (configured == OWNER_PRIORITY)
		return OWNER_PRIORITY;
	if (priority < WEIGHTED_PRIORITY_MIN)
		return WEIGHTED_PRIORITY_MIN;
	return priority > WEIGHTED_PRIORITY_MAX ? WEIGHTED_PRIORITY_MAX : (uint8_t)priority;
}

struct weighed weights_of_instance(const struct config *config,
				   const struct config_instance *instance,
				   const struct tracker_status *statuses)
{
	const struct config_sync_group *group = config_sync_group(config, instance);
	struct weighed weighed = {};
	int sum = weigh(&weighed, config, instance->tracks, instance->track_count, statuses);

	if (group)
		sum += weigh(&weighed, config, group->tracks, group->track_count, statuses);
	weighed.priority = change_priority(instance->priority[config->self], sum);
	return weighed;
}

const char *tracker_state_name(enum tracker_state state)
{
	switch (state) {
	case TRACKED_UNDECIDED:
		return "unknown";
	case TRACKED_UP:
		return "up";
	case TRACKED_DOWN:
		return "down";
	}
	return "invalid";
}
