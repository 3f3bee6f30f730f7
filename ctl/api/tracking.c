// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/api/tracking.h"

#include "ctl/base/json.h"
#include "ctl/config/lookup.h"

static json_t *tracker_json(const struct config_tracker *tracker,
			    const struct tracker_status *status)
{
	json_t *object = json_object();

	value_set(&object, "name", value_text(tracker->name));
	value_set(&object, "state", value_text(tracker_state_name(status->state)));
	value_set(&object, "detail", value_text(status->detail));
	if (tracker->kind == TRACKER_FILE)
		value_set(&object, "number", json_integer(status->number));
	return object;
}

json_t *trackers_json(const struct snapshot *snapshot)
{
	const struct config *config = snapshot->config;
	json_t *trackers = json_array();

	for (size_t i = 0; i < config->tracker_count && snapshot->trackers; i++)
		value_append(&trackers, tracker_json(&config->trackers[i], &snapshot->trackers[i]));
	return trackers;
}

static json_t *track_json(const struct snapshot *snapshot, const struct config_track *track)
{
	const struct config_tracker *tracker = &snapshot->config->trackers[track->tracker];
	struct track_effect effect =
		weights_effect(track, tracker->kind, &snapshot->trackers[track->tracker]);
	json_t *object = json_object();

	value_set(&object, "tracker", value_text(tracker->name));
	value_set(&object, "weight", json_integer(track->weight));
	value_set(&object, "adds", json_integer(effect.adds));
	value_set(&object, "pulls_down", json_boolean(effect.pulls_down));
	value_set(&object, "fails", json_boolean(effect.fails));
	return object;
}

static void append_tracks(json_t **tracks, const struct snapshot *snapshot,
			  const struct config_track *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		value_append(tracks, track_json(snapshot, &list[i]));
}

json_t *tracks_json(const struct snapshot *snapshot, const struct config_instance *instance)
{
	const struct config_sync_group *group = config_sync_group(snapshot->config, instance);
	json_t *tracks = json_array();

	if (!snapshot->trackers)
		return tracks;
	append_tracks(&tracks, snapshot, instance->tracks, instance->track_count);
	if (group)
		append_tracks(&tracks, snapshot, group->tracks, group->track_count);
	return tracks;
}
