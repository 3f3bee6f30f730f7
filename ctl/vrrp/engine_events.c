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

static int on_event_bell(sd_event_source *source, int fd, uint32_t events, void *context)
{
	struct engine *engine = context;
	struct instance_event event;

	(void)source;
	(void)events;
	silence(fd);
	while (next_event(engine, &event))
		engine->event_told(&event, engine->context);
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
