/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sends events to the clients that follow them. The last BROADCAST_HISTORY events are kept, so that
 * a new listener sees what led to the present. Events become JSON only when somebody listens.
 */
#ifndef VIPD_API_BROADCAST_H
#define VIPD_API_BROADCAST_H

#include <stddef.h>

#include "ctl/api/session.h"
#include "ctl/events/event.h"

#define SESSIONS_MAX      64
#define BROADCAST_HISTORY 256

struct broadcast {
	struct session *listeners[SESSIONS_MAX];
	size_t listener_count;
	struct event history[BROADCAST_HISTORY]; /* a ring */
	size_t told;                             /* ever; the next goes to its remainder */
};

/** broadcast_tell() - keep an event, and send it to all listeners. */
void broadcast_tell(struct broadcast *broadcast, const struct event *event);

/** broadcast_join() - send the history, then all that follows. To join again changes nothing. */
void broadcast_join(struct broadcast *broadcast, struct session *session);

/** broadcast_leave() - before the session is freed; fine when it never joined. */
void broadcast_leave(struct broadcast *broadcast, const struct session *session);

#endif
