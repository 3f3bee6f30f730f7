/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Telling a program of the operator's what has happened, as keepalived's notify scripts do.
 *
 * Each event that the configuration names is one run of the program, which reads the event from its
 * standard input as one JSON object: what `vipctl --json events` shows, with the name of this node
 * and, where the event is about an instance, its VIPs. It runs as a user who may do nothing, for no
 * longer than the timeout, and its exit status is only logged.
 *
 * Events wait in a queue and are told one after the other, in the order in which they happened; a
 * program that is slow holds up neither an election nor this loop. The user is looked up for each
 * run, off the loop, for a directory service may take its time. When the queue is full, the oldest
 * event that waits is left out, and the log says how many were.
 *
 *   section.h  the keys below `notify`
 *   notify.c   the queue, and the program that runs
 *   part.h     its place in the node
 */
#ifndef VIPD_NOTIFY_NOTIFY_H
#define VIPD_NOTIFY_NOTIFY_H

#include <systemd/sd-event.h>

#include "ctl/config/config.h"
#include "ctl/events/events.h"

/* How many events may wait for the program. */
#define NOTIFY_QUEUE_MAX 256

struct notify;

/**
 * notify_new() - subscribe to events; nobody is told before notify_follow()
 * @event: the loop; referenced.
 * @notify: the result, for notify_free().
 *
 * Return: 0, or a negative errno after one logged message.
 */
int notify_new(sd_event *event, struct events *events, struct notify **notify);

/**
 * notify_follow() - go over to a configuration; this cannot fail
 * @config: keeps a reference.
 *
 * What waits is told to the program of the new one; what runs is left to end.
 */
void notify_follow(struct notify *notify, const struct config *config);

/** notify_free() - a program that runs is killed. NULL is fine. */
void notify_free(struct notify *notify);

#endif
