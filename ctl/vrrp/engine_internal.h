/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The engine from inside: what its files share. engine.c begins and ends it, engine_plan.c goes
 * over to another configuration, engine_requests.c answers to others, engine_thread.c keeps time,
 * engine_sync.c moves instances together, engine_events.c carries what happened over to the loop
 * that logs, engine_life.c lets thread and loop watch over each other.
 */
#ifndef VIPD_VRRP_ENGINE_INTERNAL_H
#define VIPD_VRRP_ENGINE_INTERNAL_H

#include <pthread.h>
#include <sys/eventfd.h>

#include "ctl/vrrp/engine.h"
#include "ctl/vrrp/heartbeat.h"
#include "ctl/vrrp/presence.h"

struct ring_buffer;

/* Events wait here for the loop that logs them. More than this at once are counted, not kept. */
#define EVENTS_MAX 256

struct engine {
	pthread_mutex_t lock;        /* guards all below but the loop and its sources */
	const struct config *config; /* NULL: none was committed yet, and there are no instances */
	struct maps *maps;
	struct net_link link;
	bool link_lost; /* its sockets could not be opened */
	struct transport transport;
	struct announcer announcer;
	struct signer signer;
	struct instance_edges edges;
	struct presence presence;
	void (*presence_changed)(void *context); /* of the main loop */
	void *presence_context;
	struct instance *instances[MAX_INSTANCES]; /* in the order of the configuration */
	const char *faults[MAX_INSTANCES];         /* by VRID */
	size_t instance_count;
	struct instance *by_vrid[MAX_INSTANCES];
	struct ring_buffer *inbox;
	struct instance_event events[EVENTS_MAX];
	size_t event_count, events_lost;

	pthread_t thread;
	bool thread_running;
	sd_event *loop; /* the thread's */
	sd_event_source *timer;
	int doorbell; /* eventfd: something changed under the thread, or it is to end */
	bool ending;

	struct heartbeat loop_heart;   /* the main loop's */
	struct heartbeat thread_heart; /* the VRRP thread's */
	bool deserted;                 /* the main loop's is lost */
	sd_event_source *heartbeat_source;

	int event_bell; /* eventfd: there are events to tell */
	sd_event_source *event_source;
	struct events *posts; /* where the main loop posts them */
};

/* Bells are eventfds: ring one from anywhere, silence it in the loop that it woke. */
static inline void ring(int bell)
{
	eventfd_write(bell, 1);
}

static inline void silence(int bell)
{
	eventfd_t count;

	eventfd_read(bell, &count);
}

/** engine_lock() - wait for the lock; the main loop does not wait for a thread that is stuck. */
struct engine *engine_lock(struct engine *engine);

static inline void unlock_engine(struct engine **engine)
{
	pthread_mutex_unlock(&(*engine)->lock);
}

/* Holds the lock until the end of the scope. */
#define LOCKED(engine)                                                                             \
	__attribute__((cleanup(unlock_engine), unused)) struct engine *locked_ = engine_lock(engine)

/** engine_new() - without thread and sources; engine_stop() frees it. NULL: no memory. */
struct engine *engine_new(const struct engine_setup *setup);

/** engine_find_vrid() - NULL when this node runs no such instance. The lock is held. */
struct instance *engine_find_vrid(struct engine *engine, uint8_t vrid);

/** engine_count_quorum() - tell the instances' edges who is heard now. The lock is held. */
void engine_count_quorum(struct engine *engine);

/** engine_announce_all() - announce all VIPs that we own again. The lock is held. */
void engine_announce_all(struct engine *engine);

/** engine_retry_link() - open the sockets that could not be opened on the link. */
void engine_retry_link(struct engine *engine);

/** engine_end_instance() - it resigns, and the dataplane forgets it. The lock is held. */
void engine_end_instance(struct instance *instance);

/** engine_keep_event() - for struct instance_edges; the lock is held. */
void engine_keep_event(const struct instance_event *event, void *context);

/**
 * engine_group() - the instances that move along with one, itself included; the lock is held
 *
 * Return: how many.
 */
size_t engine_group(struct engine *engine, struct instance *instance,
		    struct instance *members[static MAX_INSTANCES]);

/** engine_fault() - its own, or that of another in its sync group; NULL: none. The lock is held. */
const char *engine_fault(struct engine *engine, const struct instance *instance);

/** engine_apply_faults() - let an instance, and its sync group, stop or start. The lock is held. */
void engine_apply_faults(struct engine *engine, struct instance *instance);

/** engine_sync() - at the end of a turn: whoever moved takes its sync group along. */
void engine_sync(struct engine *engine);

/** engine_open_events() - let the callers' loop hear the event bell. Return: negative errno or 0.
 */
int engine_open_events(struct engine *engine, sd_event *callers_loop);

/** engine_open_heartbeat() - let the callers' loop beat, and look for the thread's beat. */
int engine_open_heartbeat(struct engine *engine, sd_event *callers_loop);

/** engine_look_for_loop() - without the callers' loop all instances are in Fault. Locked. */
void engine_look_for_loop(struct engine *engine, uint64_t now);

/** engine_give_up() - drop all leases without the lock, say why, and end the process. */
void engine_give_up(struct engine *engine, const char *why) __attribute__((noreturn));

/** engine_open_thread() - the thread's own loop, with all it waits for. */
int engine_open_thread(struct engine *engine);

/** engine_run_thread() - start it, in real time where permitted. One logged message on failure. */
int engine_run_thread(struct engine *engine);

/** engine_end_thread() - and wait for it; fine when it never ran. */
void engine_end_thread(struct engine *engine);

#endif
