// SPDX-License-Identifier: GPL-2.0-only
/* An instance shares faults with the others of its sync group, and moves along with them. */
#include "ctl/base/clock.h"
#include "ctl/config/lookup.h"
#include "ctl/vrrp/engine_internal.h"
#include "ctl/vrrp/sync.h"

static const char *const deserted_fault = "the main loop gives no sign of life";
static const char *const link_fault = "no socket can be opened on the device";
static const char *const member_fault = "another instance of its sync group is in Fault";

/* The instances of a group that this node takes part in. Return: their number. */
static size_t find_members(struct engine *engine, const struct config_sync_group *group,
			   struct instance *members[static MAX_INSTANCES])
{
	size_t count = 0;

	for (size_t i = 0; i < group->member_count; i++) {
		const struct config *config = engine->config;
		uint8_t vrid = config->instances[group->members[i]].vrid;
		struct instance *instance = engine_find_vrid(engine, vrid);

		if (instance)
			members[count++] = instance;
	}
	return count;
}

size_t engine_group(struct engine *engine, struct instance *instance,
		    struct instance *members[static MAX_INSTANCES])
{
	const struct config_sync_group *group = config_sync_group(engine->config, instance->own);

	if (group)
		return find_members(engine, group, members);
	members[0] = instance;
	return 1;
}

const char *engine_fault(struct engine *engine, const struct instance *instance)
{
	const struct config_sync_group *group = config_sync_group(engine->config, instance->own);
	struct instance *members[MAX_INSTANCES];
	size_t count = group ? find_members(engine, group, members) : 0;

	if (engine->deserted)
		return deserted_fault;
	if (engine->link_lost)
		return link_fault;
	if (engine->faults[instance->vrid])
		return engine->faults[instance->vrid];
	for (size_t i = 0; i < count; i++)
		if (engine->faults[members[i]->vrid])
			return member_fault;
	return NULL;
}

void engine_apply_faults(struct engine *engine, struct instance *instance)
{
	struct instance *members[MAX_INSTANCES];
	size_t count = engine_group(engine, instance, members);

	for (size_t i = 0; i < count; i++) {
		const char *reason = engine_fault(engine, members[i]);

		if (reason)
			instance_do(
				members[i],
				&(struct vrrp_event){.type = VRRP_EVENT_FAULT, .reason = reason},
				clock_now());
		else if (members[i]->machine.state == VRRP_FAULT)
			instance_do(members[i], &(struct vrrp_event){.type = VRRP_EVENT_STARTUP},
				    clock_now());
	}
}

static void move(struct instance *instance, enum sync_move move)
{
	static const enum vrrp_event_type events[] = {
		[SYNC_TAKE_OVER] = VRRP_EVENT_GROUP_TOOK_OVER,
		[SYNC_HAND_OVER] = VRRP_EVENT_GROUP_HANDED_OVER,
	};

	if (move != SYNC_STAY)
		instance_do(instance, &(struct vrrp_event){.type = events[move]}, clock_now());
}

static void sync_group(struct engine *engine, const struct config_sync_group *group)
{
	struct instance *members[MAX_INSTANCES];
	struct sync_member states[MAX_INSTANCES];
	size_t count = find_members(engine, group, members);
	enum sync_move decided;

	for (size_t i = 0; i < count; i++)
		states[i] = (struct sync_member){members[i]->synced, members[i]->machine.state};
	decided = sync_decide(states, count);
	for (size_t i = 0; i < count; i++) {
		move(members[i], decided);
		members[i]->synced = members[i]->machine.state;
	}
}

void engine_sync(struct engine *engine)
{
	for (size_t i = 0; i < engine->config->sync_group_count; i++)
		sync_group(engine, &engine->config->sync_groups[i]);
}
