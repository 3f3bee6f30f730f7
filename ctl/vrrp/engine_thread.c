// SPDX-License-Identifier: GPL-2.0-only
#include <bpf/libbpf.h>
#include <errno.h>
#include <sys/epoll.h>

#include "ctl/base/clock.h"
#include "ctl/base/log.h"
#include "ctl/vrrp/engine_internal.h"

/* Above the kernel's softirq threads and everything ordinary, below its watchdogs. */
#define REALTIME_PRIORITY 50

/* All of it counts as locked memory. */
#define STACK_SIZE (512 * 1024)

static int on_message(void *context, void *data, size_t size)
{
	struct engine *engine = context;
	const struct inbox_record *record = data;
	struct instance *instance;

	if (size < sizeof(*record))
		return 0;
	transport_note_heard(&engine->transport, &record->source);
	instance = engine_find_vrid(engine, record->vrid);
	if (engine->config && record->vrid == engine->config->vrrp.standing_vrid)
		presence_hear(&engine->presence, &engine->edges, record->peer);
	else if (instance)
		instance_hear(instance, record, clock_now());
	return 0;
}

/*
 * When one instance has something to say, those that would within half an interval do so too: they
 * all end up in one turn, which sends for all of them at once.
 */
static uint64_t how_early(const struct engine *engine, uint64_t now)
{
	for (size_t i = 0; i < engine->instance_count; i++)
		if (engine->instances[i]->machine.advert_timer <= now)
			return vrrp_advert_slack(engine->config->vrrp.advert_interval);
	return 0;
}

static void expire(struct engine *engine)
{
	uint64_t early = how_early(engine, clock_now());

	for (size_t i = 0; i < engine->instance_count; i++)
		instance_expire(engine->instances[i], early, clock_now());
	transport_flush(&engine->transport);
	for (size_t i = 0; i < engine->instance_count; i++)
		instance_finish(engine->instances[i], clock_now());
}

/*
 * One turn: what has been heard comes before what has run out, so that a thread that slept does not
 * act on a silence that was none.
 */
static void take_turn(struct engine *engine)
{
	uint64_t now = clock_now();

	engine_look_for_loop(engine, now);
	for (size_t i = 0; i < engine->instance_count; i++)
		instance_begin_turn(engine->instances[i], now);
	ring_buffer__consume(engine->inbox);
	presence_run(&engine->presence, &engine->edges, clock_now());
	engine_count_quorum(engine);
	expire(engine);
	if (engine->config)
		engine_sync(engine);
	if (engine->presence.changed)
		ring(engine->event_bell);
}

/* The thread shows a sign of life when nothing else is due. */
static uint64_t next_deadline(const struct engine *engine, uint64_t now)
{
	uint64_t next = now + HEARTBEAT_INTERVAL;

	if (presence_deadline(&engine->presence) < next)
		next = presence_deadline(&engine->presence);
	for (size_t i = 0; i < engine->instance_count; i++) {
		uint64_t deadline = instance_deadline(engine->instances[i]);

		if (deadline < next)
			next = deadline;
	}
	return next;
}

/* Rounded up: a turn before its deadline would find nothing to do, and spin. */
static void set_timer(struct engine *engine, uint64_t deadline)
{
	if (sd_event_source_set_time(engine->timer, deadline / NS_PER_US + 1) < 0 ||
	    sd_event_source_set_enabled(engine->timer, SD_EVENT_ONESHOT) < 0)
		engine_give_up(engine, "the VRRP thread's timer cannot be set");
}

/* A callback that returns an error has its source disabled for good: there is nothing to return. */
static void turn_and_wait(struct engine *engine)
{
	uint64_t deadline;
	bool ending;

	heartbeat_beat(&engine->thread_heart, clock_now());
	{
		LOCKED(engine);
		ending = engine->ending;
		if (!ending)
			take_turn(engine);
		deadline = next_deadline(engine, clock_now());
	}
	if (ending)
		sd_event_exit(engine->loop, 0);
	else
		set_timer(engine, deadline);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *context)
{
	(void)source;
	(void)usec;
	turn_and_wait(context);
	return 0;
}

static int on_inbox(sd_event_source *source, int fd, uint32_t events, void *context)
{
	(void)source;
	(void)fd;
	(void)events;
	turn_and_wait(context);
	return 0;
}

static int on_doorbell(sd_event_source *source, int fd, uint32_t events, void *context)
{
	(void)source;
	(void)events;
	silence(fd);
	turn_and_wait(context);
	return 0;
}

int engine_open_thread(struct engine *engine)
{
	int error;

	engine->doorbell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (engine->doorbell < 0)
		return -errno;
	engine->inbox = ring_buffer__new(maps_fds(engine->maps)->inbox, on_message, engine, NULL);
	if (!engine->inbox)
		return -errno;
	error = sd_event_new(&engine->loop);
	if (error < 0)
		return error;
	error = sd_event_add_io(engine->loop, NULL, ring_buffer__epoll_fd(engine->inbox), EPOLLIN,
				on_inbox, engine);
	if (error >= 0)
		error = sd_event_add_io(engine->loop, NULL, engine->doorbell, EPOLLIN, on_doorbell,
					engine);
	if (error >= 0) /* an accuracy of 1 us: the default of 250 ms would be the end of us */
		error = sd_event_add_time(engine->loop, &engine->timer, CLOCK_MONOTONIC, 0, 1,
					  on_timer, engine);
	return error < 0 ? error : 0;
}

static void *run_thread(void *context)
{
	struct engine *engine = context;

	pthread_setname_np(pthread_self(), "vrrp");
	if (sd_event_loop(engine->loop) < 0)
		engine_give_up(engine, "the VRRP thread's loop has failed");
	return NULL;
}

/* Real time where we may; where not, the operator should know what a busy machine can do to us. */
int engine_run_thread(struct engine *engine)
{
	struct sched_param parameters = {.sched_priority = REALTIME_PRIORITY};
	pthread_attr_t attributes;
	int error;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK_SIZE);
	pthread_attr_setinheritsched(&attributes, PTHREAD_EXPLICIT_SCHED);
	pthread_attr_setschedpolicy(&attributes, SCHED_FIFO);
	pthread_attr_setschedparam(&attributes, &parameters);
	error = pthread_create(&engine->thread, &attributes, run_thread, engine);
	if (error == EPERM) {
		log_warning("the VRRP thread runs without real-time priority, so a busy machine "
			    "can delay advertisements: SCHED_FIFO needs CAP_SYS_NICE or an rtprio "
			    "limit");
		pthread_attr_setinheritsched(&attributes, PTHREAD_INHERIT_SCHED);
		error = pthread_create(&engine->thread, &attributes, run_thread, engine);
	}
	pthread_attr_destroy(&attributes);
	if (error)
		return log_failure(-error, "cannot start the VRRP thread");
	engine->thread_running = true;
	return 0;
}

void engine_end_thread(struct engine *engine)
{
	if (!engine->thread_running)
		return;
	{
		LOCKED(engine);
		engine->ending = true;
	}
	ring(engine->doorbell);
	pthread_join(engine->thread, NULL);
	engine->thread_running = false;
}
