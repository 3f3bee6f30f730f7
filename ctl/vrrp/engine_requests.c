// SPDX-License-Identifier: GPL-2.0-only
/* What others ask of the engine's instances, and what they are told of them. */
#include <errno.h>
#include <string.h>

#include "ctl/base/clock.h"
#include "ctl/vrrp/engine_internal.h"

static struct instance *find_name(struct engine *engine, const char *name)
{
	for (size_t i = 0; i < engine->instance_count; i++)
		if (strcmp(engine->instances[i]->config->name, name) == 0)
			return engine->instances[i];
	return NULL;
}

void engine_resign(struct engine *engine)
{
	{
		LOCKED(engine);
		for (size_t i = 0; i < engine->instance_count; i++)
			instance_shutdown(engine->instances[i], &engine->edges, clock_now());
	}
	ring(engine->doorbell);
}

void engine_set_fault(struct engine *engine, const char *name, const char *reason)
{
	{
		LOCKED(engine);
		struct instance *instance = find_name(engine, name);

		if (!instance || engine->faults[instance->vrid] == reason)
			return;
		engine->faults[instance->vrid] = reason;
		engine_count_quorum(engine);
		engine_apply_faults(engine, instance);
	}
	ring(engine->doorbell);
}

/* The others of its sync group are not to preempt either. */
static int yield_group(struct engine *engine, struct instance *instance)
{
	struct instance *members[MAX_INSTANCES];
	size_t count = engine_group(engine, instance, members);
	int error = instance_yield(instance, &engine->edges, clock_now());

	for (size_t i = 0; i < count && !error; i++)
		if (members[i] != instance)
			instance_yield(members[i], &engine->edges, clock_now());
	return error;
}

int engine_yield(struct engine *engine, const char *name)
{
	int error = -ENOENT;

	{
		LOCKED(engine);
		struct instance *instance = find_name(engine, name);

		if (instance)
			error = yield_group(engine, instance);
	}
	ring(engine->doorbell);
	return error;
}

void engine_set_reluctant(struct engine *engine, const char *name, bool reluctant)
{
	{
		LOCKED(engine);
		struct instance *instance = find_name(engine, name);

		if (!instance || instance->machine.reluctant == reluctant)
			return;
		instance_set_reluctant(instance, &engine->edges, reluctant, clock_now());
	}
	ring(engine->doorbell);
}

void engine_set_priority(struct engine *engine, const char *name, uint8_t priority)
{
	{
		LOCKED(engine);
		struct instance *instance = find_name(engine, name);

		if (!instance || instance->machine.parameters.priority == priority)
			return;
		instance_set_priority(instance, &engine->edges, priority, clock_now());
	}
	ring(engine->doorbell);
}

void engine_announce(struct engine *engine, uint8_t vrid)
{
	{
		LOCKED(engine);
		struct instance *instance = engine_find_vrid(engine, vrid);

		if (instance && instance->machine.owning)
			announcement_again(&instance->announcement, clock_now());
	}
	ring(engine->doorbell);
}

void engine_set_neighbour(struct engine *engine, const struct ip_address *address,
			  const uint8_t mac[static 6])
{
	LOCKED(engine);

	transport_set_mac(&engine->transport, address, mac);
}

static void fill_status(struct engine *engine, const struct instance *instance,
			struct engine_status *status)
{
	const struct vrrp_machine *machine = &instance->machine;
	bool active = machine->state == VRRP_ACTIVE;

	*status = (struct engine_status){
		.vrid = instance->vrid,
		.version = (uint8_t)machine->parameters.version,
		.priority = instance->config->priority[engine->config->self],
		.effective_priority =
			machine->state == VRRP_FAULT ? 0 : machine->parameters.priority,
		.state = machine->state,
		.fault = engine_fault(engine, instance),
		.yielded = machine->yielded,
		.reluctant = machine->reluctant,
		.active = active ? machine->parameters.address : machine->active,
		.active_priority = active ? machine->parameters.priority : machine->active_priority,
		.active_seen_at = machine->active_seen_at,
		.lease_until = maps_lease(engine->maps, instance->vrid),
		.transitions = instance->transitions,
		.changed_wall = instance->changed_wall,
		.adverts_sent = instance->adverts_sent,
		.adverts_heard = instance->adverts_heard,
		.addresses_differ = instance->addresses.last,
		.address_mismatches = instance->addresses.count,
		.interval_mismatches = instance->interval.count,
		.intervals_clamped = machine->intervals_clamped,
		.takeover = instance->takeover,
	};
	status->takeover.announced_at = instance->announcement.first_sent_at;
	status->takeover.confirmed_at =
		announcement_confirmed_at(&instance->announcement, &engine->announcer);
	memcpy(status->name, instance->config->name, sizeof(status->name));
}

size_t engine_status(struct engine *engine, struct engine_status *status, size_t count)
{
	LOCKED(engine);

	for (size_t i = 0; i < engine->instance_count && i < count; i++)
		fill_status(engine, engine->instances[i], &status[i]);
	return engine->instance_count;
}

void engine_quorum(struct engine *engine, struct quorum_status *status)
{
	LOCKED(engine);

	keepalive_status(&engine->keepalive, engine->maps, clock_now(), status);
}
