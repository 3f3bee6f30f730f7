// SPDX-License-Identifier: GPL-2.0-only
/*
 * The main loop and the VRRP thread each demand a sign of life of the other. Without the main loop
 * nobody sees link, health and trackers, so the thread must not own for long. Without the thread
 * nobody advertises or hears, so the process is of no use any more.
 */
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "ctl/base/log.h"
#include "ctl/vrrp/engine_internal.h"

/* How long to wait for the lock before looking whether who has it is stuck. */
#define LOCK_WAIT_S 1

/* Ownership first: the log may be what is stuck. The core dump shows where a thread hangs. */
void engine_give_up(struct engine *engine, const char *why)
{
	for (uint32_t vrid = 1; vrid < MAX_INSTANCES; vrid++)
		if (maps_instance(engine->maps, (uint8_t)vrid)->configured)
			maps_drop_lease(engine->maps, (uint8_t)vrid);
	log_error("%s: vipd owns nothing any more, and ends", why);
	abort();
}

static void look_for_thread(struct engine *engine)
{
	if (heartbeat_is_lost(&engine->thread_heart, clock_now()))
		engine_give_up(engine, "the VRRP thread is stuck");
}

static int on_heartbeat(sd_event_source *source, uint64_t usec, void *context)
{
	struct engine *engine = context;

	(void)usec;
	heartbeat_beat(&engine->loop_heart, clock_now());
	look_for_thread(engine);
	engine_retry_link(engine);
	if (sd_event_source_set_time_relative(source, HEARTBEAT_INTERVAL / NS_PER_US) < 0 ||
	    sd_event_source_set_enabled(source, SD_EVENT_ONESHOT) < 0)
		engine_give_up(engine, "the main loop's heartbeat cannot go on");
	return 0;
}

int engine_open_heartbeat(struct engine *engine, sd_event *callers_loop)
{
	int error;

	heartbeat_init(&engine->loop_heart, clock_now());
	heartbeat_init(&engine->thread_heart, clock_now());
	error = sd_event_add_time_relative(callers_loop, &engine->heartbeat_source, CLOCK_MONOTONIC,
					   HEARTBEAT_INTERVAL / NS_PER_US, 0, on_heartbeat, engine);
	return error < 0 ? error : 0;
}

void engine_look_for_loop(struct engine *engine, uint64_t now)
{
	bool deserted = heartbeat_is_lost(&engine->loop_heart, now);

	if (deserted == engine->deserted)
		return;
	engine->deserted = deserted;
	for (size_t i = 0; i < engine->instance_count; i++)
		engine_apply_faults(engine, engine->instances[i]);
}

static bool is_thread(const struct engine *engine)
{
	return engine->thread_running && pthread_equal(engine->thread, pthread_self());
}

/* A thread that is stuck is so with the lock, as a rule; then the main loop is stuck here. */
struct engine *engine_lock(struct engine *engine)
{
	struct timespec until;

	while (pthread_mutex_trylock(&engine->lock)) {
		clock_gettime(CLOCK_REALTIME, &until); /* what a mutex of this protocol waits by */
		until.tv_sec += LOCK_WAIT_S;
		if (pthread_mutex_timedlock(&engine->lock, &until) == 0)
			break;
		if (!is_thread(engine))
			look_for_thread(engine);
	}
	return engine;
}
