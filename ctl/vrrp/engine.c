// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/vrrp/engine.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>

#include "ctl/base/cleanup.h"
#include "ctl/base/clock.h"
#include "ctl/base/log.h"
#include "ctl/vrrp/engine_internal.h"

static const char *const starting = "starting";

struct instance *engine_find_vrid(struct engine *engine, uint8_t vrid)
{
	for (size_t i = 0; i < engine->instance_count; i++)
		if (engine->instances[i]->vrid == vrid)
			return engine->instances[i];
	return NULL;
}

void engine_count_quorum(struct engine *engine)
{
	engine->edges.quorum_until =
		keepalive_count(&engine->keepalive, &engine->edges, clock_now());
}

/* Instances. */

static void add_instance(struct engine *engine, struct instance *instance)
{
	engine->instances[engine->instance_count++] = instance;
	engine->faults[instance->vrid] = starting;
	instance_fault(instance, &engine->edges, starting, clock_now());
	instance_publish(instance, &engine->edges);
}

static void end_instance(struct engine *engine, struct instance *instance)
{
	instance_shutdown(instance, &engine->edges, clock_now());
	instance_retract(instance, &engine->edges);
	instance_free(instance);
}

static bool takes_part(const struct config *config, const struct config_instance *instance)
{
	return instance->priority[config->self] != 0;
}

static int add_instances(struct engine *engine)
{
	for (size_t i = 0; i < engine->config->instance_count; i++) {
		const struct config_instance *own = &engine->config->instances[i];
		struct instance *instance;

		if (!takes_part(engine->config, own))
			continue;
		instance = instance_new(engine->config, own, &engine->edges);
		if (!instance)
			return log_failure(-ENOMEM, "cannot set up instance %s", own->name);
		add_instance(engine, instance);
	}
	return 0;
}

/* Start and stop. */

static int create_lock(struct engine *engine)
{
	pthread_mutexattr_t attributes;
	int error;

	/* The loop that shows status must not hold up the thread that keeps time. */
	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_INHERIT);
	error = pthread_mutex_init(&engine->lock, &attributes);
	pthread_mutexattr_destroy(&attributes);
	return -error;
}

static int open_edges(struct engine *engine)
{
	int error;

	error = signer_set_key(&engine->signer, &engine->config->vrrp.authentication);
	if (error)
		return error;
	error = transport_open(&engine->transport, engine->config, &engine->link, NULL);
	if (error)
		return error;
	return announcer_open(&engine->announcer, &engine->link, &engine->config->gateway4,
			      &engine->config->gateway6, engine->maps);
}

static struct engine *new_engine(const struct engine_setup *setup)
{
	struct engine *engine = calloc(1, sizeof(*engine));

	if (!engine)
		return NULL;
	engine->config = setup->config;
	engine->maps = setup->maps;
	engine->link = *setup->link;
	engine->event_told = setup->event_told;
	engine->context = setup->context;
	engine->doorbell = -1;
	engine->event_bell = -1;
	transport_init(&engine->transport);
	signer_init(&engine->signer, setup->sequence_path);
	engine->announcer.socket = -1;
	keepalive_init(&engine->keepalive);
	engine->edges = (struct instance_edges){
		.maps = setup->maps,
		.transport = &engine->transport,
		.signer = &engine->signer,
		.announcer = &engine->announcer,
		.quorum_until = NEVER,
		.tell = engine_keep_event,
		.context = engine,
	};
	if (create_lock(engine)) {
		free(engine);
		return NULL;
	}
	return engine;
}

static void engine_stopp(struct engine **engine)
{
	engine_stop(*engine);
}

int engine_start(const struct engine_setup *setup, struct engine **started)
{
	CLEANUP(engine_stopp) struct engine *engine = new_engine(setup);
	int error;

	if (!engine)
		return log_failure(-ENOMEM, "cannot set up VRRP");
	error = open_edges(engine);
	if (error)
		return error;
	error = engine_open_thread(engine);
	error = error ?: engine_open_events(engine, setup->event);
	if (error)
		return log_failure(error, "cannot set up the VRRP thread's loop");
	error = add_instances(engine);
	if (error)
		return error;
	keepalive_begin(&engine->keepalive, engine->config, &engine->edges, 0);
	error = engine_run_thread(engine);
	if (error)
		return error;
	*started = TAKE_POINTER(engine);
	return 0;
}

void engine_stop(struct engine *engine)
{
	if (!engine)
		return;
	engine_end_thread(engine);
	for (size_t i = 0; i < engine->instance_count; i++)
		end_instance(engine, engine->instances[i]);
	keepalive_end(&engine->keepalive, &engine->edges);
	sd_event_source_unref(engine->timer);
	sd_event_source_disable_unref(engine->event_source);
	sd_event_unref(engine->loop);
	ring_buffer__free(engine->inbox);
	transport_close(&engine->transport);
	announcer_close(&engine->announcer);
	signer_close(&engine->signer);
	if (engine->doorbell >= 0)
		close(engine->doorbell);
	if (engine->event_bell >= 0)
		close(engine->event_bell);
	pthread_mutex_destroy(&engine->lock);
	free(engine);
}

/* Another link, another configuration. */

int engine_set_link(struct engine *engine, const struct net_link *link)
{
	LOCKED(engine);
	struct transport transport;
	struct announcer announcer;
	int error;

	error = transport_open(&transport, engine->config, link, &engine->transport);
	if (error)
		return error;
	error = announcer_open(&announcer, link, &engine->config->gateway4,
			       &engine->config->gateway6, engine->maps);
	if (error) {
		transport_close(&transport);
		return error;
	}
	transport_close(&engine->transport);
	announcer_close(&engine->announcer);
	engine->transport = transport;
	engine->announcer = announcer;
	engine->link = *link;
	return 0;
}

/* Goes on with what is there when the election stays the same, else ends it and begins anew. */
static void reload_instance(struct engine *engine, const struct config *config,
			    const struct config_instance *own, struct instance **kept)
{
	struct instance *instance = kept[own->vrid];

	if (instance) {
		kept[own->vrid] = NULL;
		if (instance_reconfigure(instance, config, own, &engine->edges) == 0) {
			engine->instances[engine->instance_count++] = instance;
			instance_publish(instance, &engine->edges);
			return;
		}
		end_instance(engine, instance);
	}
	instance = instance_new(config, own, &engine->edges);
	if (instance)
		add_instance(engine, instance);
	else
		log_failure(-ENOMEM, "cannot set up instance %s", own->name);
}

/* Owners that were elected without a majority need not go before the others can be heard. */
static uint64_t grant(const struct engine *engine, const struct config *config)
{
	if (engine->keepalive.config)
		return engine->keepalive.granted_until;
	return clock_now() + quorum_window(config->vrrp.advert_interval);
}

int engine_reload(struct engine *engine, const struct config *config)
{
	struct instance *kept[MAX_INSTANCES] = {};
	const struct config *before;
	uint64_t granted_until;
	int error;

	{
		LOCKED(engine);
		before = engine->config;
		engine->config = config;
	}
	error = engine_set_link(engine, &engine->link);
	{
		LOCKED(engine);
		error = error ?: signer_set_key(&engine->signer, &config->vrrp.authentication);
		if (error) {
			engine->config = before;
			return error;
		}
		for (size_t i = 0; i < engine->instance_count; i++)
			kept[engine->instances[i]->vrid] = engine->instances[i];
		engine->instance_count = 0;
		granted_until = grant(engine, config);
		keepalive_end(&engine->keepalive, &engine->edges);
		for (size_t i = 0; i < config->instance_count; i++)
			if (takes_part(config, &config->instances[i]))
				reload_instance(engine, config, &config->instances[i], kept);
		for (size_t i = 0; i < MAX_INSTANCES; i++)
			if (kept[i])
				end_instance(engine, kept[i]);
		keepalive_begin(&engine->keepalive, config, &engine->edges, granted_until);
		for (size_t i = 0; i < engine->instance_count; i++)
			engine_apply_faults(engine, engine->instances[i]);
	}
	ring(engine->doorbell);
	return 0;
}
