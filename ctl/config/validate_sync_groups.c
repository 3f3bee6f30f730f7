// SPDX-License-Identifier: GPL-2.0-only
/*
 * Can all members of a sync group win on the same node? They are elected one by one. If the results
 * differed, a group that followed one member would be called back by another one, for ever. So the
 * members share what decides: priorities, preemption, and weights, which belong to the group.
 */
#include <string.h>

#include "ctl/config/validate.h"

static void check_membership(const struct validation *validation, size_t g, size_t m)
{
	const struct config *config = validation->config;
	size_t instance = config->sync_groups[g].members[m];

	if (instance == CONFIG_NONE)
		return;
	for (size_t group = 0; group <= g; group++) {
		const struct config_sync_group *other = &config->sync_groups[group];
		size_t count = group == g ? m : other->member_count;

		for (size_t i = 0; i < count; i++)
			if (other->members[i] == instance)
				validation_refuse_reuse(
					validation,
					key_path("sync_groups[%zu].instances[%zu]", g, m),
					config->instances[instance].name,
					key_path("sync_groups[%zu].instances[%zu]", group, i));
	}
}

static const char *difference(const struct config_instance *a, const struct config_instance *b)
{
	if (memcmp(a->priority, b->priority, sizeof(a->priority)) != 0)
		return "priority";
	if (a->preempt != b->preempt)
		return "preempt";
	if (a->preempt_delay != b->preempt_delay)
		return "preempt_delay";
	return a->start_active != b->start_active ? "startup" : NULL;
}

static void check_election(const struct validation *validation, size_t g, size_t m)
{
	const struct config *config = validation->config;
	const struct config_sync_group *group = &config->sync_groups[g];
	const struct config_instance *first, *member;
	const char *key;

	if (group->members[0] == CONFIG_NONE || group->members[m] == CONFIG_NONE)
		return;
	first = &config->instances[group->members[0]];
	member = &config->instances[group->members[m]];
	key = difference(first, member);
	if (key)
		validation_refuse(
			validation, key_path("instances[%zu].%s", group->members[m], key),
			"is not that of %s, but both are in sync group %s, and have to win "
			"on the same node",
			first->name, group->name);
}

static void check_weights(const struct validation *validation, size_t g, size_t m)
{
	const struct config *config = validation->config;
	const struct config_sync_group *group = &config->sync_groups[g];
	size_t i = group->members[m];

	if (i == CONFIG_NONE)
		return;
	for (size_t t = 0; t < config->instances[i].track_count; t++)
		if (config->instances[i].tracks[t].weight)
			validation_refuse(validation,
					  key_path("instances[%zu].track[%zu].weight", i, t),
					  "would set %s apart from the others in sync group %s: it "
					  "belongs into the group's track",
					  config->instances[i].name, group->name);
}

void validate_sync_groups(const struct validation *validation)
{
	for (size_t g = 0; g < validation->config->sync_group_count; g++) {
		for (size_t m = 0; m < validation->config->sync_groups[g].member_count; m++) {
			check_membership(validation, g, m);
			check_election(validation, g, m);
			check_weights(validation, g, m);
		}
	}
}
