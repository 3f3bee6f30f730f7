// SPDX-License-Identifier: GPL-2.0-only
/*
 * Another configuration, another link. Whatever can fail, takes memory or can block happens before
 * or after the exchange; under the lock pointers change places, and what ends says so.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/base/cleanup.h"
#include "ctl/base/clock.h"
#include "ctl/base/log.h"
#include "ctl/config/lookup.h"
#include "ctl/vrrp/engine_internal.h"

static const char *const starting = "starting";

/*
 * What a configuration requires. After the exchange it holds what was required before, so that
 * discarding it is right either way.
 */
struct engine_plan {
	const struct config *config;
	struct transport transport; /* shares with the engine's the sockets that stay */
	struct announcer announcer; /* the same */
	struct signing_key key;
	uint32_t peer_indices[MAX_PEERS];
	struct instance *instances[MAX_INSTANCES]; /* in the order of the configuration */
	size_t instance_count;
};

static void discard_plan(struct engine *engine, struct engine_plan *plan)
{
	if (!plan)
		return;
	transport_close(&plan->transport, &engine->transport);
	announcer_close(&plan->announcer, &engine->announcer);
	signing_key_free(&plan->key);
	for (size_t i = 0; i < plan->instance_count; i++)
		instance_free(plan->instances[i]);
	config_unref(plan->config);
	free(plan);
}

static struct engine_plan *new_plan(const struct config *config)
{
	struct engine_plan *plan = calloc(1, sizeof(*plan));

	if (!plan)
		return NULL;
	plan->config = config_ref(config);
	transport_init(&plan->transport);
	announcer_init(&plan->announcer);
	return plan;
}

static int prepare_edges(struct engine *engine, struct engine_plan *plan)
{
	const struct config *config = plan->config;
	int error = signer_prepare(&engine->signer, &config->vrrp.authentication, &plan->key);

	if (error)
		return error;
	error = transport_prepare(&plan->transport, config, &engine->link, &engine->transport);
	if (error)
		return error;
	return announcer_prepare(&plan->announcer, config, &engine->link, engine->maps,
				 &engine->announcer);
}

static int prepare_instances(struct engine *engine, struct engine_plan *plan)
{
	for (size_t i = 0; i < plan->config->instance_count; i++) {
		const struct config_instance *own = &plan->config->instances[i];
		struct instance *instance;

		if (!config_takes_part(plan->config, own))
			continue;
		instance = instance_new(plan->config, own, &engine->edges);
		if (!instance)
			return log_failure(-ENOMEM, "cannot set up instance %s", own->name);
		plan->instances[plan->instance_count++] = instance;
	}
	return 0;
}

int engine_prepare(struct engine *engine, const struct config *next, struct engine_plan **prepared)
{
	struct engine_plan *plan = new_plan(next);
	int error;

	if (!plan)
		return log_failure(-ENOMEM, "cannot set up VRRP");
	error = prepare_edges(engine, plan);
	if (!error)
		error = prepare_instances(engine, plan);
	if (error) {
		discard_plan(engine, plan);
		return error;
	}
	*prepared = plan;
	return 0;
}

void engine_abort(struct engine *engine, struct engine_plan *plan)
{
	discard_plan(engine, plan);
}

/* The tables are the new configuration's by now, and nobody waits while they are asked. */
static void find_indices(struct engine *engine, struct engine_plan *plan)
{
	for (size_t i = 0; i < plan->config->peer_count; i++) {
		const struct config_peer *peer = &plan->config->peers[i];
		struct peer_entry entry;
		bool known = maps_get_peer(engine->maps, &peer->address, &entry) == 0 ||
			     maps_get_peer(engine->maps, &peer->address6, &entry) == 0;

		plan->peer_indices[i] = known ? entry.index : NO_PEER_INDEX;
	}
	for (size_t i = 0; i < plan->instance_count; i++)
		instance_find_vips(plan->instances[i]);
}

/* The exchange; the lock is held. */

void engine_end_instance(struct instance *instance)
{
	instance_do(instance, &(struct vrrp_event){.type = VRRP_EVENT_SHUTDOWN}, clock_now());
	instance_retract(instance);
}

static void begin_instance(struct engine *engine, struct instance *instance)
{
	engine->faults[instance->vrid] = starting;
	instance_do(instance, &(struct vrrp_event){.type = VRRP_EVENT_FAULT, .reason = starting},
		    clock_now());
	instance_publish(instance);
}

/* Those that do not go on resign through the sockets, and with the key, that they always had. */
static void hand_instances_on(struct engine *engine, struct engine_plan *plan,
			      bool goes_on[static MAX_INSTANCES])
{
	for (size_t i = 0; i < plan->instance_count; i++) {
		struct instance *instance = plan->instances[i];
		struct instance *before = engine_find_vrid(engine, instance->vrid);

		goes_on[instance->vrid] = before && instance_go_on(instance, before);
	}
	for (size_t i = 0; i < engine->instance_count; i++)
		if (!goes_on[engine->instances[i]->vrid])
			engine_end_instance(engine->instances[i]);
}

#define EXCHANGE(a, b)                                                                             \
	do {                                                                                       \
		__typeof__(a) before_ = (a);                                                       \
		(a) = (b);                                                                         \
		(b) = before_;                                                                     \
	} while (0)

void engine_announce_all(struct engine *engine)
{
	for (size_t i = 0; i < engine->instance_count; i++)
		instance_announce(engine->instances[i], clock_now());
}

/* Return: whether the VIPs are to be announced anew: by another MAC, or to another gateway. */
static bool exchange_announcers(struct engine *engine, struct announcer *next)
{
	bool changed = !announcer_says_the_same(&engine->announcer, next);

	announcer_go_on(next, &engine->announcer);
	EXCHANGE(engine->announcer, *next);
	return changed;
}

static void exchange_edges(struct engine *engine, struct engine_plan *plan)
{
	engine->link_lost = false; /* what was prepared is for the link as it is */
	EXCHANGE(engine->config, plan->config);
	EXCHANGE(engine->transport, plan->transport);
	signer_exchange(&engine->signer, &plan->key);
	memcpy(engine->edges.peer_indices, plan->peer_indices, sizeof(plan->peer_indices));
}

static void exchange_instances(struct engine *engine, struct engine_plan *plan)
{
	for (size_t i = 0; i < MAX_INSTANCES; i++)
		EXCHANGE(engine->instances[i], plan->instances[i]);
	EXCHANGE(engine->instance_count, plan->instance_count);
	memset(engine->by_vrid, 0, sizeof(engine->by_vrid));
	for (size_t i = 0; i < engine->instance_count; i++)
		engine->by_vrid[engine->instances[i]->vrid] = engine->instances[i];
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/*
 * Owners that were elected without a majority need not go before the others can be heard. And those
 * who were counted by another interval need not go before others keep the new one's pace: they have
 * one window of it, which is what a word that is heard now would give them.
 */
static uint64_t granted_until(struct engine *engine, const struct config *next)
{
	uint64_t interval = next->vrrp.advert_interval, now = clock_now();

	if (!engine->config)
		return 0;
	if (engine->config->vrrp.quorum.policy == QUORUM_NONE)
		return now + quorum_window(engine->config->vrrp.advert_interval);
	if (interval == engine->config->vrrp.advert_interval)
		return engine->presence.granted_until;
	engine_count_quorum(engine);
	return earlier(engine->edges.quorum_until, now + quorum_window(interval));
}

static void exchange(struct engine *engine, struct engine_plan *plan)
{
	bool goes_on[MAX_INSTANCES] = {};
	uint64_t granted = granted_until(engine, plan->config);
	bool announce;

	hand_instances_on(engine, plan, goes_on);
	presence_end(&engine->presence, &engine->edges, plan->config);
	announce = exchange_announcers(engine, &plan->announcer);
	exchange_edges(engine, plan);
	exchange_instances(engine, plan);
	for (size_t i = 0; i < engine->instance_count; i++) {
		if (goes_on[engine->instances[i]->vrid])
			instance_follow(engine->instances[i], clock_now());
		else
			begin_instance(engine, engine->instances[i]);
	}
	if (announce)
		engine_announce_all(engine);
	presence_begin(&engine->presence, engine->config, &engine->edges, granted);
	for (size_t i = 0; i < engine->instance_count; i++)
		engine_apply_faults(engine, engine->instances[i]);
}

void engine_commit(struct engine *engine, struct engine_plan *plan)
{
	find_indices(engine, plan);
	{
		LOCKED(engine);
		exchange(engine, plan);
	}
	ring(engine->doorbell);
	discard_plan(engine, plan);
}

/* Another link. */

static int prepare_for_link(struct engine *engine, const struct net_link *link,
			    struct transport *transport, struct announcer *announcer)
{
	int error = transport_prepare(transport, engine->config, link, &engine->transport);

	if (error)
		return error;
	error = announcer_prepare(announcer, engine->config, link, engine->maps,
				  &engine->announcer);
	if (error)
		transport_close(transport, &engine->transport);
	return error;
}

static void apply_all_faults(struct engine *engine)
{
	for (size_t i = 0; i < engine->instance_count; i++)
		engine_apply_faults(engine, engine->instances[i]);
}

static void lose_link(struct engine *engine, const struct net_link *link)
{
	LOCKED(engine);

	engine->link = *link;
	engine->link_lost = true;
	apply_all_faults(engine);
}

int engine_set_link(struct engine *engine, const struct net_link *link)
{
	struct transport transport;
	struct announcer announcer;
	int error;

	if (!engine->config) {
		engine->link = *link;
		return 0;
	}
	error = prepare_for_link(engine, link, &transport, &announcer);
	if (error) {
		lose_link(engine, link);
		return error;
	}
	{
		LOCKED(engine);
		engine->link = *link;
		EXCHANGE(engine->transport, transport);
		if (exchange_announcers(engine, &announcer))
			engine_announce_all(engine);
		if (engine->link_lost) {
			engine->link_lost = false;
			apply_all_faults(engine);
		}
	}
	ring(engine->doorbell);
	transport_close(&transport, &engine->transport);
	announcer_close(&announcer, &engine->announcer);
	return 0;
}

void engine_retry_link(struct engine *engine)
{
	struct net_link link = engine->link;

	if (engine->link_lost)
		engine_set_link(engine, &link);
}
