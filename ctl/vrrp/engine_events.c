// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>

#include "ctl/vrrp/engine_internal.h"

void engine_keep_event(const struct instance_event *event, void *context)
{
	struct engine *engine = context;

	if (engine->event_count < EVENTS_MAX)
		engine->events[engine->event_count++] = *event;
	else
		engine->events_lost++;
	ring(engine->event_bell);
}

static bool next_event(struct engine *engine, struct instance_event *event)
{
	LOCKED(engine);

	if (engine->event_count == 0)
		return false;
	*event = engine->events[0];
	engine->event_count--;
	memmove(&engine->events[0], &engine->events[1],
		engine->event_count * sizeof(engine->events[0]));
	return true;
}

static size_t take_losses(struct engine *engine)
{
	LOCKED(engine);
	size_t lost = engine->events_lost;

	engine->events_lost = 0;
	return lost;
}

/* In the main loop. */

static void post_transition(struct engine *engine, const struct instance_event *told)
{
	struct event event = event_new(EVENT_TRANSITION, LOG_NOTICE);

	event.wall = told->wall;
	event.vrid = told->vrid;
	event_copy(event.instance, told->instance);
	event_copy(event.reason, told->reason);
	event.transition.from = vrrp_state_name(told->from);
	event.transition.to = vrrp_state_name(told->to);
	events_post(engine->posts, &event);
}

static void post_difference(struct engine *engine, const struct instance_event *told,
			    enum event_kind kind)
{
	struct event event = event_new(kind, LOG_WARNING);

	event.wall = told->wall;
	event.vrid = told->vrid;
	event_copy(event.instance, told->instance);
	event.peer = told->source;
	event.interval = told->interval;
	events_post(engine->posts, &event);
}

static void post_quorum(struct engine *engine, const struct instance_event *told)
{
	struct event event = event_new(EVENT_QUORUM, told->majority ? LOG_NOTICE : LOG_WARNING);

	event.wall = told->wall;
	event.quorum = (struct event_quorum){
		.majority = told->majority,
		.heard = told->quorum.heard,
		.nodes = told->quorum.nodes,
		.needed = told->quorum.needed,
	};
	events_post(engine->posts, &event);
}

static void post(struct engine *engine, const struct instance_event *told)
{
	switch (told->kind) {
	case INSTANCE_TRANSITION:
		post_transition(engine, told);
		break;
	case INSTANCE_MISMATCH:
		post_difference(engine, told, EVENT_MISMATCH);
		break;
	case INSTANCE_INTERVAL:
		post_difference(engine, told, EVENT_INTERVAL);
		break;
	case QUORUM_CHANGED:
		post_quorum(engine, told);
		break;
	}
}

static void post_losses(struct engine *engine)
{
	struct event event = event_new(EVENT_LOST, LOG_WARNING);

	event.lost = take_losses(engine);
	if (event.lost)
		events_post(engine->posts, &event);
}

static bool take_presence(struct engine *engine)
{
	LOCKED(engine);
	bool changed = engine->presence.changed;

	engine->presence.changed = false;
	return changed;
}

static int on_event_bell(sd_event_source *source, int fd, uint32_t events, void *context)
{
	struct engine *engine = context;
	struct instance_event event;

	(void)source;
	(void)events;
	silence(fd);
	if (take_presence(engine) && engine->presence_changed)
		engine->presence_changed(engine->presence_context);
	while (next_event(engine, &event))
		post(engine, &event);
	post_losses(engine);
	return 0;
}

int engine_open_events(struct engine *engine, sd_event *callers_loop)
{
	int error;

	engine->event_bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (engine->event_bell < 0)
		return -errno;
	error = sd_event_add_io(callers_loop, &engine->event_source, engine->event_bell, EPOLLIN,
				on_event_bell, engine);
	return error < 0 ? error : 0;
}
