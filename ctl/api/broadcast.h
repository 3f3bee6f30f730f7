/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Events to whoever listens: the last BROADCAST_HISTORY of them are kept, so that a new listener
 * sees what led to the present.
 */
#ifndef VIPD_API_BROADCAST_H
#define VIPD_API_BROADCAST_H

#include <jansson.h>
#include <stddef.h>

#include "ctl/api/session.h"

#define SESSIONS_MAX      64
#define BROADCAST_HISTORY 256

struct broadcast {
	struct session *listeners[SESSIONS_MAX];
	size_t listener_count;
	json_t *history[BROADCAST_HISTORY]; /* a ring */
	size_t published;                   /* ever; the next goes to its remainder */
};

/** broadcast_publish() - to all listeners; takes the reference over, NULL is ignored. */
void broadcast_publish(struct broadcast *broadcast, json_t *event);

/** broadcast_join() - send the history, then all that follows. Again changes nothing. */
void broadcast_join(struct broadcast *broadcast, struct session *session);

/** broadcast_leave() - before the session is freed; fine when it never joined. */
void broadcast_leave(struct broadcast *broadcast, const struct session *session);

/** broadcast_clear() - forget everything. */
void broadcast_clear(struct broadcast *broadcast);

#endif
