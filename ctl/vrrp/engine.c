// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/vrrp/engine.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>

#include "ctl/base/cleanup.h"
#include "ctl/base/clock.h"
#include "ctl/base/log.h"
#include "ctl/vrrp/engine_internal.h"

struct instance *engine_find_vrid(struct engine *engine, uint8_t vrid)
{
	return engine->by_vrid[vrid];
}

void engine_count_quorum(struct engine *engine)
{
	engine->edges.quorum_until = presence_count(&engine->presence, &engine->edges, clock_now());
}

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

struct engine *engine_new(const struct engine_setup *setup)
{
	struct engine *engine = calloc(1, sizeof(*engine));

	if (!engine)
		return NULL;
	engine->maps = setup->maps;
	engine->link = *setup->link;
	engine->posts = setup->events;
	engine->doorbell = -1;
	engine->event_bell = -1;
	transport_init(&engine->transport);
	signer_init(&engine->signer, setup->sequence_path);
	announcer_init(&engine->announcer);
	presence_init(&engine->presence);
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
	CLEANUP(engine_stopp) struct engine *engine = engine_new(setup);
	int error;

	if (!engine)
		return log_failure(-ENOMEM, "cannot set up VRRP");
	error = engine_open_thread(engine);
	if (!error)
		error = engine_open_events(engine, setup->event);
	if (!error)
		error = engine_open_heartbeat(engine, setup->event);
	if (error)
		return log_failure(error, "cannot set up the VRRP thread's loop");
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
		engine_end_instance(engine->instances[i]);
	presence_end(&engine->presence, &engine->edges, NULL);
	engine_abandon(engine);
}

void engine_abandon(struct engine *engine)
{
	if (!engine)
		return;
	engine_end_thread(engine);
	for (size_t i = 0; i < engine->instance_count; i++)
		instance_free(engine->instances[i]);
	sd_event_source_unref(engine->timer);
	sd_event_source_disable_unref(engine->event_source);
	sd_event_source_disable_unref(engine->heartbeat_source);
	sd_event_unref(engine->loop);
	ring_buffer__free(engine->inbox);
	transport_close(&engine->transport, NULL);
	announcer_close(&engine->announcer, NULL);
	signer_close(&engine->signer);
	if (engine->doorbell >= 0)
		close(engine->doorbell);
	if (engine->event_bell >= 0)
		close(engine->event_bell);
	pthread_mutex_destroy(&engine->lock);
	config_unref(engine->config);
	free(engine);
}
