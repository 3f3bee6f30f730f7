// SPDX-License-Identifier: GPL-2.0-only
/* Is each tracker of one kind, with no keys but its own, and does nobody track it twice? */
#include <string.h>

#include "ctl/config/validate.h"

static const char *const kinds[] = {"http",   "https",     "tcp",  "tls",
				    "script", "interface", "file", "process"};

/* Keys of checks, and whether trackers of processes have them too. */
static const struct unfit {
	const char *key;
	bool fits_process;
} unfits[] = {
	{"port", false},   {"host", false}, {"expect_status", false}, {"expect_body", false},
	{"verify", false}, {"user", false}, {"timeout", false},       {"interval", true},
	{"jitter", false}, {"fall", true},  {"rise", true},
};

static void check_name(const struct validation *validation, size_t i)
{
	const struct config_tracker *trackers = validation->config->trackers;
	size_t other = 0;

	while (strcmp(trackers[other].name, trackers[i].name) != 0)
		other++;
	if (other < i && trackers[i].name[0])
		validation_refuse_reuse(validation, key_path("trackers[%zu].name", i),
					trackers[i].name, key_path("trackers[%zu].name", other));
}

static void check_unfits(const struct validation *validation, struct key_path path,
			 const struct config_tracker *tracker)
{
	for (size_t i = 0; i < sizeof(unfits) / sizeof(*unfits); i++)
		if (validation_is_given(validation, path, unfits[i].key) &&
		    !(unfits[i].fits_process && tracker->kind == TRACKER_PROCESS))
			validation_refuse(validation, key_path("%s.%s", path.text, unfits[i].key),
					  "means nothing to this kind of tracker");
}

static void check_port(const struct validation *validation, struct key_path path,
		       const struct config_check *check)
{
	if (check->method == CHECK_TCP && !validation_is_given(validation, path, "port"))
		validation_refuse(validation, path, "missing: port, to connect to");
}

static void check_tracker(const struct validation *validation, size_t i)
{
	const struct config_tracker *tracker = &validation->config->trackers[i];
	struct key_path path = key_path("trackers[%zu]", i);
	const yaml_node_t *node = document_node(validation->document, path);
	size_t given;

	if (!node || node->type != YAML_MAPPING_NODE)
		return;
	given = validate_kind(validation, path, "tracker", kinds, sizeof(kinds) / sizeof(*kinds));
	if (given == 0)
		validation_refuse(validation, path,
				  "missing: what to track, one of http, https, tcp, tls, script, "
				  "interface, file and process");
	if (given != 1)
		return;
	if (tracker->kind != TRACKER_CHECK) {
		check_unfits(validation, path, tracker);
		return;
	}
	validate_check_keys(validation, path, &tracker->check);
	check_port(validation, path, &tracker->check);
}

/* Two weights of one tracker would act as their sum. */
static void check_tracks(const struct validation *validation, struct key_path path,
			 const struct config_track *tracks, size_t count)
{
	const struct config_tracker *trackers = validation->config->trackers;

	for (size_t i = 1; i < count; i++) {
		size_t other = 0;

		while (tracks[other].tracker != tracks[i].tracker)
			other++;
		if (other < i && tracks[i].tracker != CONFIG_NONE)
			validation_refuse_reuse(validation, key_path("%s.track[%zu]", path.text, i),
						trackers[tracks[i].tracker].name,
						key_path("%s.track[%zu]", path.text, other));
	}
}

void validate_trackers(const struct validation *validation)
{
	const struct config *config = validation->config;

	for (size_t i = 0; i < config->tracker_count; i++) {
		check_name(validation, i);
		check_tracker(validation, i);
	}
	for (size_t i = 0; i < config->instance_count; i++)
		check_tracks(validation, key_path("instances[%zu]", i), config->instances[i].tracks,
			     config->instances[i].track_count);
	for (size_t i = 0; i < config->sync_group_count; i++)
		check_tracks(validation, key_path("sync_groups[%zu]", i),
			     config->sync_groups[i].tracks, config->sync_groups[i].track_count);
}
