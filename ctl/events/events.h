/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The queue of events, between the parts that notice something and the subscribers that tell it on.
 *
 * A part that notices something posts a struct event (event.h). It knows nobody who listens: the
 * log (log.h), the control socket (ctl/api/broadcast.h), and whoever comes later subscribe here.
 * Nothing is formatted before a subscriber wants a text, or JSON.
 *
 * A post is only queued. Subscribers are called in the next turn of the main loop, in the order of
 * the posts, so no part is ever called back from within its own call: a reload that posts does not
 * find the control socket at work inside it, and a subscriber that posts again is not entered a
 * second time. Everything here runs in the main loop's thread; the VRRP thread hands what it has to
 * tell to the main loop first (ctl/vrrp/engine_events.c).
 *
 *   event.h     the event: its kinds, its members, its sentence
 *   events.h    the queue
 *   log.h       the subscriber that writes the log
 */
#ifndef VIPD_EVENTS_EVENTS_H
#define VIPD_EVENTS_EVENTS_H

#include <systemd/sd-event.h>

#include "ctl/events/event.h"

#define EVENTS_SUBSCRIBERS_MAX 16

/* So many events may wait. Refusals and conflicts, which strangers cause, fill at most half. */
#define EVENTS_QUEUE_MAX 1024

struct events;

/*
 * Called in the main loop for each event. It may post, subscribe and unsubscribe, itself too. It
 * must not call events_flush() or events_free().
 */
typedef void (*event_subscriber)(const struct event *event, void *context);

/**
 * events_new() - an empty queue
 * @loop: that delivers; referenced.
 * @events: the result, for events_free().
 *
 * Return: 0, or a negative errno after one logged message.
 */
int events_new(sd_event *loop, struct events **events);

/** events_flush() - at the end: deliver what still waits, and what that causes. NULL is fine. */
void events_flush(struct events *events);

/** events_free() - what still waits is not delivered, see events_flush(). NULL is fine. */
void events_free(struct events *events);

/**
 * events_subscribe() - hear of all that is posted from now on
 *
 * Return: 0, or -ENOSPC after one logged message.
 */
int events_subscribe(struct events *events, event_subscriber told, void *context);

/**
 * events_unsubscribe() - hear nothing any more, at once
 *
 * Fine when it never subscribed, or @events is NULL.
 */
void events_unsubscribe(struct events *events, event_subscriber told, const void *context);

/**
 * events_post() - queue an event for all subscribers
 * @event: copied.
 *
 * This never fails. An event that finds no room is counted, and EVENT_LOST says so later.
 */
void events_post(struct events *events, const struct event *event);

/** events_lost() - how many found no room ever. */
uint64_t events_lost(const struct events *events);

#endif
