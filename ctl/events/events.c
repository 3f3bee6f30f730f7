// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/events/events.h"

#include <errno.h>
#include <stdlib.h>

#include "ctl/base/cleanup.h"
#include "ctl/base/log.h"
#include "ctl/base/turn.h"

/* A turn delivers no more events, so that other sources of the loop get their turn. */
#define TURN_MAX 64

/* A subscriber that always posts in reply must not make the end wait for ever. */
#define LAST_TURNS_MAX 64

struct queued {
	struct queued *next;
	uint64_t number; /* among all that were ever queued */
	struct event event;
};

/* A subscriber hears the events from number @since on, which were posted after it came. */
struct subscriber {
	event_subscriber told; /* NULL: the slot is free */
	void *context;
	uint64_t since;
};

struct events {
	sd_event_source *turn; /* requested while something is queued */
	struct queued *first, **end;
	size_t count;
	size_t foreign; /* of them caused by strangers */
	uint64_t posted;
	uint64_t lost, lost_unsaid;
	struct subscriber subscribers[EVENTS_SUBSCRIBERS_MAX];
};

/* Strangers can flood us with these kinds, and must not crowd out all other events. */
static bool is_foreign(const struct event *event)
{
	return event->kind == EVENT_SPOOFING || event->kind == EVENT_CONFLICT;
}

static bool has_room(const struct events *events, const struct event *event)
{
	if (is_foreign(event) && events->foreign >= EVENTS_QUEUE_MAX / 2)
		return false;
	return events->count < EVENTS_QUEUE_MAX;
}

static bool enqueue(struct events *events, const struct event *event)
{
	struct queued *queued;

	if (!has_room(events, event))
		return false;
	queued = malloc(sizeof(*queued));
	if (!queued)
		return false;
	*queued = (struct queued){.number = events->posted++, .event = *event};
	*events->end = queued;
	events->end = &queued->next;
	events->count++;
	events->foreign += is_foreign(event);
	return true;
}

static struct queued *dequeue(struct events *events)
{
	struct queued *queued = events->first;

	events->first = queued->next;
	if (!events->first)
		events->end = &events->first;
	events->count--;
	events->foreign -= is_foreign(&queued->event);
	return queued;
}

static void report_losses(struct events *events)
{
	struct event event = event_new(EVENT_LOST, LOG_WARNING);

	event.lost = events->lost_unsaid;
	if (events->lost_unsaid && enqueue(events, &event))
		events->lost_unsaid = 0;
}

static void deliver(struct events *events, const struct queued *queued)
{
	for (size_t i = 0; i < EVENTS_SUBSCRIBERS_MAX; i++) {
		const struct subscriber *subscriber = &events->subscribers[i];

		if (subscriber->told && subscriber->since <= queued->number)
			subscriber->told(&queued->event, subscriber->context);
	}
}

/* Events that are posted meanwhile wait for the next turn. */
static void take_turn(struct events *events)
{
	uint64_t end = events->posted;

	for (size_t i = 0; i < TURN_MAX && events->first && events->first->number < end; i++) {
		CLEANUP(cleanup_free) struct queued *queued = dequeue(events);

		deliver(events, queued);
	}
	report_losses(events);
}

static int on_turn(sd_event_source *source, uint64_t usec, void *context)
{
	struct events *events = context;

	(void)usec;
	take_turn(events);
	if (events->first)
		turn_request(source);
	return 0;
}

static void events_freep(struct events **events)
{
	events_free(*events);
}

int events_new(sd_event *loop, struct events **result)
{
	CLEANUP(events_freep) struct events *events = calloc(1, sizeof(*events));
	int error;

	if (!events)
		return log_failure(-ENOMEM, "cannot queue events");
	events->end = &events->first;
	error = turn_add(loop, &events->turn, on_turn, events);
	if (error < 0)
		return log_failure(error, "cannot queue events");
	*result = TAKE_POINTER(events);
	return 0;
}

void events_flush(struct events *events)
{
	for (size_t turn = 0; events && events->first && turn < LAST_TURNS_MAX; turn++)
		take_turn(events);
}

void events_free(struct events *events)
{
	if (!events)
		return;
	while (events->first)
		free(dequeue(events));
	sd_event_source_disable_unref(events->turn);
	free(events);
}

int events_subscribe(struct events *events, event_subscriber told, void *context)
{
	for (size_t i = 0; i < EVENTS_SUBSCRIBERS_MAX; i++) {
		if (events->subscribers[i].told)
			continue;
		events->subscribers[i] = (struct subscriber){told, context, events->posted};
		return 0;
	}
	return log_failure(-ENOSPC, "cannot subscribe to events: raise EVENTS_SUBSCRIBERS_MAX");
}

void events_unsubscribe(struct events *events, event_subscriber told, const void *context)
{
	for (size_t i = 0; events && i < EVENTS_SUBSCRIBERS_MAX; i++) {
		struct subscriber *subscriber = &events->subscribers[i];

		if (subscriber->told == told && subscriber->context == context)
			*subscriber = (struct subscriber){};
	}
}

void events_post(struct events *events, const struct event *event)
{
	if (!enqueue(events, event)) {
		events->lost++;
		events->lost_unsaid++;
	}
	turn_request(events->turn);
}

uint64_t events_lost(const struct events *events)
{
	return events->lost;
}
