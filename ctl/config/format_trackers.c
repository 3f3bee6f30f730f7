// SPDX-License-Identifier: GPL-2.0-only
/* The format of what elections depend on: trackers, their weights, and sync groups. */
#include <string.h>

#include "ctl/base/clock.h"
#include "ctl/config/format_internal.h"
#include "ctl/config/lookup.h"
#include "ctl/config/values.h"

/* A weight that is larger could not change a priority any further. */
#define WEIGHT_MAX 253

/* trackers */

static bool read_target(const struct reader *reader, const struct place *place,
			const struct value_type *type, size_t size, void *target)
{
	return schema_read_value(reader, place, type, &(struct value_rule){.size = size}, target);
}

static void read_interface(const struct reader *reader, const struct place *place,
			   const struct field *field, void *target)
{
	struct config_tracker *tracker = target;

	(void)field;
	tracker->kind = TRACKER_INTERFACE;
	read_target(reader, place, &type_interface, sizeof(tracker->interface), tracker->interface);
}

static void read_file(const struct reader *reader, const struct place *place,
		      const struct field *field, void *target)
{
	struct config_tracker *tracker = target;

	(void)field;
	tracker->kind = TRACKER_FILE;
	read_target(reader, place, &type_file, sizeof(tracker->file), tracker->file);
}

static void read_process(const struct reader *reader, const struct place *place,
			 const struct field *field, void *target)
{
	struct config_tracker *tracker = target;

	(void)field;
	tracker->kind = TRACKER_PROCESS;
	read_target(reader, place, &type_process, sizeof(tracker->process), tracker->process);
}

_Static_assert(offsetof(struct config_tracker, check) == 0, "tracker_fields[] end with its keys");

/* validate_trackers.c says which of them go together. */
static const struct field tracker_fields[] = {
	{"name", "what the tracker is called", MEMBER(config_tracker, name), .type = &type_name,
	 REQUIRED},
	{"interface", "the network interface that has to be up", .read = read_interface},
	{"file", "the file that has a number in it", .read = read_file},
	{"process", "the name of the process that has to run", .read = read_process},
	{.fields = format_check_fields},
};

/* Zero stands for the default, which depends on the kind. */
static const struct config_tracker tracker_defaults = {
	.check =
		{
			.expect_status = {{200, 399}},
			.expect_status_count = 1,
			.user = "nobody",
			.jitter = 10,
		},
};

const struct list format_trackers = {
	.expected = "a list of trackers",
	.element.fields = tracker_fields,
	.element_size = sizeof(struct config_tracker),
	.defaults = &tracker_defaults,
	.count_offset = offsetof(struct config, tracker_count),
	.max = CONFIG_TRACKERS_MAX,
	.may_be_empty = true,
};

static uint16_t default_port(enum check_method method)
{
	return method == CHECK_HTTPS || method == CHECK_TLS ? 443 : 80;
}

/* A process that has gone has gone for certain, so one result is enough. */
void format_complete_tracker(struct config_tracker *tracker)
{
	struct config_check *check = &tracker->check;
	bool process = tracker->kind == TRACKER_PROCESS;

	if (!check->interval)
		check->interval = process ? NS_PER_S : 2 * NS_PER_S;
	if (!check->timeout)
		check->timeout = check->interval < NS_PER_S ? check->interval : NS_PER_S;
	if (!check->fall)
		check->fall = process ? 1 : 2;
	if (!check->rise)
		check->rise = process ? 1 : 2;
	if (!check->port)
		check->port = default_port(check->method);
}

/* track */

static bool parse_weight(const char *text, const struct value_rule *rule, void *value)
{
	bool negative = *text == '-';
	uint64_t number;

	(void)rule;
	if (!value_parse_number(text + (negative || *text == '+'), &number) || number > WEIGHT_MAX)
		return false;
	*(int *)value = negative ? -(int)number : (int)number;
	return true;
}

const struct value_type type_weight = {
	.parse = parse_weight,
	.expected = "a weight from -253 to 253",
	.style = VALUE_PLAIN,
};

static void read_tracker_name(const struct reader *reader, const struct place *place,
			      const struct field *field, void *target)
{
	const struct config *config = reader->root;
	struct config_track *track = target;
	char name[CONFIG_NAME_MAX];

	(void)field;
	if (!read_target(reader, place, &type_name, sizeof(name), name))
		return;
	track->tracker = config_find_tracker(config, name);
	if (track->tracker == CONFIG_NONE)
		schema_refuse(reader, place, "\"%s\" is not one of the trackers", name);
}

static const struct field track_fields[] = {
	{"tracker", "which of the trackers", .read = read_tracker_name, REQUIRED},
	{"weight", "what it adds to the priority", MEMBER(config_track, weight),
	 .type = &type_weight},
	{},
};

static void read_track(const struct reader *reader, const struct place *place,
		       const struct field *field, void *target)
{
	if (place->node->type == YAML_MAPPING_NODE)
		schema_read_mapping(reader, place, track_fields, target);
	else
		read_tracker_name(reader, place, field, target);
}

static const struct config_track track_defaults = {
	.tracker = CONFIG_NONE,
};

#define TRACKS(structure)                                                                          \
	{                                                                                          \
		.expected = "a list of trackers such as [nginx, {tracker: uplink, weight: -30}]",  \
		.element = {.fields = track_fields, .read = read_track},                           \
		.element_size = sizeof(struct config_track), .defaults = &track_defaults,          \
		.count_offset = offsetof(struct structure, track_count), .max = CONFIG_TRACKS_MAX, \
		.may_be_empty = true,                                                              \
	}

const struct list format_instance_tracks = TRACKS(config_instance);
static const struct list group_tracks = TRACKS(config_sync_group);

/* sync_groups */

static void read_member(const struct reader *reader, const struct place *place,
			const struct field *field, void *target)
{
	const struct config *config = reader->root;
	char name[CONFIG_NAME_MAX];
	size_t *member = target;

	(void)field;
	if (!read_target(reader, place, &type_name, sizeof(name), name))
		return;
	*member = config_find_instance(config, name);
	if (*member == CONFIG_NONE)
		schema_refuse(reader, place, "\"%s\" is not one of the instances", name);
}

static const size_t member_default = CONFIG_NONE;

static const struct list members = {
	.expected = "a list of instances",
	.element.read = read_member,
	.element_size = sizeof(size_t),
	.defaults = &member_default,
	.count_offset = offsetof(struct config_sync_group, member_count),
	.max = CONFIG_INSTANCES_MAX,
};

static const struct field group_fields[] = {
	{"name", "what the group is called", MEMBER(config_sync_group, name), .type = &type_name,
	 REQUIRED},
	{"instances", "those that move together", MEMBER(config_sync_group, members),
	 .list = &members, REQUIRED},
	{"track", "the trackers that all of them depend on", MEMBER(config_sync_group, tracks),
	 .list = &group_tracks},
	{},
};

const struct list format_sync_groups = {
	.expected = "a list of sync groups",
	.element.fields = group_fields,
	.element_size = sizeof(struct config_sync_group),
	.count_offset = offsetof(struct config, sync_group_count),
	.max = CONFIG_INSTANCES_MAX,
	.may_be_empty = true,
};

void format_complete_sync_groups(struct config *config)
{
	for (size_t i = 0; i < config->sync_group_count; i++) {
		const struct config_sync_group *group = &config->sync_groups[i];

		for (size_t j = 0; j < group->member_count; j++)
			if (group->members[j] != CONFIG_NONE)
				config->instances[group->members[j]].sync_group = i + 1;
	}
}
