// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/api/broadcast.h"

#include <stdbool.h>

void broadcast_publish(struct broadcast *broadcast, json_t *event)
{
	json_t **slot = &broadcast->history[broadcast->published % BROADCAST_HISTORY];

	if (!event)
		return;
	json_decref(*slot);
	*slot = event;
	broadcast->published++;
	for (size_t i = 0; i < broadcast->listener_count; i++)
		session_send(broadcast->listeners[i], event);
}

static bool is_listener(const struct broadcast *broadcast, const struct session *session)
{
	for (size_t i = 0; i < broadcast->listener_count; i++)
		if (broadcast->listeners[i] == session)
			return true;
	return false;
}

void broadcast_join(struct broadcast *broadcast, struct session *session)
{
	size_t oldest = 0;

	if (is_listener(broadcast, session) || broadcast->listener_count == SESSIONS_MAX)
		return;
	if (broadcast->published > BROADCAST_HISTORY)
		oldest = broadcast->published - BROADCAST_HISTORY;
	for (size_t i = oldest; i < broadcast->published; i++)
		session_send(session, broadcast->history[i % BROADCAST_HISTORY]);
	broadcast->listeners[broadcast->listener_count++] = session;
	session_keep(session);
}

void broadcast_leave(struct broadcast *broadcast, const struct session *session)
{
	for (size_t i = 0; i < broadcast->listener_count; i++) {
		if (broadcast->listeners[i] != session)
			continue;
		broadcast->listeners[i] = broadcast->listeners[--broadcast->listener_count];
		return;
	}
}

void broadcast_clear(struct broadcast *broadcast)
{
	for (size_t i = 0; i < BROADCAST_HISTORY; i++)
		json_decref(broadcast->history[i]);
	*broadcast = (struct broadcast){};
}
