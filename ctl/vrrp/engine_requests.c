// SPDX-License-Identifier: GPL-2.0-only
/* The main loop makes requests of the engine's instances here, and is told of them. */
#include <errno.h>
#include <string.h>

#include "ctl/base/clock.h"
#include "ctl/vrrp/engine_internal.h"

static struct instance *find_name(struct engine *engine, const char *name)
{
	for (size_t i = 0; i < engine->instance_count; i++)
		if (strcmp(engine->instances[i]->own->name, name) == 0)
			return engine->instances[i];
	return NULL;
}

static void leave_election(struct instance *instance)
{
	bool active = instance->machine.state == VRRP_ACTIVE;

	instance_do(instance,
		    &(struct vrrp_event){
			    .type = active ? VRRP_EVENT_HAND_OVER : VRRP_EVENT_SHUTDOWN,
		    },
		    clock_now());
}

void engine_resign(struct engine *engine)
{
	{
		LOCKED(engine);
		for (size_t i = 0; i < engine->instance_count; i++)
			leave_election(engine->instances[i]);
	}
	ring(engine->doorbell);
}

void engine_presume(struct engine *engine, uint64_t until)
{
	LOCKED(engine);

	presence_presume(&engine->presence, until);
}

void engine_prolong(struct engine *engine, uint64_t interval)
{
	{
		LOCKED(engine);
		for (size_t i = 0; i < engine->instance_count; i++)
			instance_prolong(engine->instances[i], interval, clock_now());
		presence_prolong(&engine->presence, interval);
	}
	ring(engine->doorbell);
}

bool engine_is_prolonged(struct engine *engine, uint64_t duration)
{
	uint64_t until = clock_now() + duration;
	LOCKED(engine);

	for (size_t i = 0; i < engine->instance_count; i++) {
		const struct instance *instance = engine->instances[i];

		if (instance->machine.state == VRRP_ACTIVE &&
		    maps_lease(engine->maps, instance->vrid) < until)
			return false;
	}
	return presence_is_prolonged(&engine->presence);
}

/* The new faults. Return: how many instances they make a difference to. */
static size_t note_faults(struct engine *engine, const struct instance_standing *standings,
			  size_t count, struct instance *changed[static MAX_INSTANCES])
{
	size_t changes = 0;

	for (size_t i = 0; i < count; i++) {
		const struct instance_standing *standing = &standings[i];
		struct instance *instance = engine_find_vrid(engine, standing->vrid);

		if (!instance || engine->faults[standing->vrid] == standing->fault)
			continue;
		engine->faults[standing->vrid] = standing->fault;
		changed[changes++] = instance;
	}
	return changes;
}

static void stand(struct engine *engine, const struct instance_standing *standing)
{
	struct instance *instance = engine_find_vrid(engine, standing->vrid);

	if (!instance)
		return;
	if (instance->machine.parameters.priority != standing->priority)
		instance_do(instance,
			    &(struct vrrp_event){.type = VRRP_EVENT_PRIORITY,
						 .priority = standing->priority},
			    clock_now());
	if (instance->machine.reluctant != standing->reluctant)
		instance_do(instance,
			    &(struct vrrp_event){.type = VRRP_EVENT_RELUCTANCE,
						 .reluctant = standing->reluctant},
			    clock_now());
}

/*
 * An instance that leaves its election does so first, and one that joins has its new priority by
 * then.
 */
static void stand_all(struct engine *engine, const struct instance_standing *standings,
		      size_t count)
{
	struct instance *changed[MAX_INSTANCES];
	size_t changes = note_faults(engine, standings, count, changed);

	engine_count_quorum(engine);
	for (size_t i = 0; i < changes; i++)
		if (engine_fault(engine, changed[i]))
			engine_apply_faults(engine, changed[i]);
	for (size_t i = 0; i < count; i++)
		stand(engine, &standings[i]);
	for (size_t i = 0; i < changes; i++)
		engine_apply_faults(engine, changed[i]);
}

void engine_stand(struct engine *engine, const struct instance_standing *standings, size_t count)
{
	{
		LOCKED(engine);
		stand_all(engine, standings, count);
	}
	ring(engine->doorbell);
}

/* The others of its sync group are not to preempt either. */
static int hand_group_over(struct engine *engine, struct instance *instance)
{
	struct instance *members[MAX_INSTANCES];
	size_t count = engine_group(engine, instance, members);

	if (instance->machine.state != VRRP_ACTIVE)
		return -EPERM;
	for (size_t i = 0; i < count; i++)
		instance_do(members[i], &(struct vrrp_event){.type = VRRP_EVENT_HAND_OVER},
			    clock_now());
	return 0;
}

int engine_hand_over(struct engine *engine, const char *name)
{
	int error = -ENOENT;

	{
		LOCKED(engine);
		struct instance *instance = find_name(engine, name);

		if (instance)
			error = hand_group_over(engine, instance);
	}
	ring(engine->doorbell);
	return error;
}

void engine_announce(struct engine *engine, uint8_t vrid)
{
	{
		LOCKED(engine);
		struct instance *instance = engine_find_vrid(engine, vrid);

		if (instance)
			instance_announce(instance, clock_now());
	}
	ring(engine->doorbell);
}

/* Another gateway at the same address, such as a standby, knows nothing of what we told the first.
 */
void engine_set_neighbour(struct engine *engine, const struct ip_address *address,
			  const uint8_t *mac)
{
	bool gateway_changed;

	{
		LOCKED(engine);
		transport_set_mac(&engine->transport, address, mac);
		gateway_changed =
			mac && announcer_set_gateway_mac(&engine->announcer, address, mac);
		if (gateway_changed)
			engine_announce_all(engine);
	}
	if (gateway_changed)
		ring(engine->doorbell);
}

static void fill_status(struct engine *engine, const struct instance *instance,
			struct engine_status *status)
{
	const struct vrrp_machine *machine = &instance->machine;
	bool active = machine->state == VRRP_ACTIVE;

	*status = (struct engine_status){
		.vrid = instance->vrid,
		.version = (uint8_t)machine->parameters.version,
		.priority = instance->own->priority[engine->config->self],
		.effective_priority =
			machine->state == VRRP_FAULT ? 0 : machine->parameters.priority,
		.state = machine->state,
		.fault = engine_fault(engine, instance),
		.handed_over = machine->handed_over,
		.offering = machine->offering,
		.reluctant = machine->reluctant,
		.active = active ? machine->parameters.address : machine->active,
		.active_priority = active ? machine->parameters.priority : machine->active_priority,
		.active_seen_at = machine->active_seen_at,
		.lease_until = maps_lease(engine->maps, instance->vrid),
		.transitions = instance->transitions,
		.changed_at = instance->changed_at,
		.adverts_sent = instance->adverts_sent,
		.adverts_heard = instance->adverts_heard,
		.addresses_differ = instance->addresses.last,
		.address_mismatches = instance->addresses.count,
		.interval_mismatches = instance->interval.count,
		.intervals_clamped = machine->intervals_clamped,
		.takeover = instance->takeover,
		.rival = active ? machine->rival : (struct vrrp_rival){},
	};
	status->takeover.announced_at = instance->announcement.attraction.first_acted_at;
	attract_confirmed(&instance->announcement.attraction, &status->confirmation);
	status->takeover.confirmed_at = status->confirmation.first_at;
	memcpy(status->name, instance->own->name, sizeof(status->name));
}

size_t engine_status(struct engine *engine, struct engine_status *status, size_t count)
{
	LOCKED(engine);

	for (size_t i = 0; i < engine->instance_count && i < count; i++)
		fill_status(engine, engine->instances[i], &status[i]);
	return engine->instance_count;
}

void engine_say(struct engine *engine, const struct standing_message *message)
{
	{
		LOCKED(engine);
		presence_say(&engine->presence, message);
	}
	ring(engine->doorbell);
}

void engine_watch_presence(struct engine *engine, void (*changed)(void *context), void *context)
{
	engine->presence_changed = changed;
	engine->presence_context = context;
}

void engine_presence(struct engine *engine, struct presence_status *status)
{
	LOCKED(engine);

	for (size_t i = 0; i < engine->config->peer_count; i++)
		status[i] = presence_status(&engine->presence, &engine->edges, i);
}

void engine_quorum(struct engine *engine, struct quorum_status *status)
{
	LOCKED(engine);

	presence_quorum(&engine->presence, &engine->edges, clock_now(), status);
}
