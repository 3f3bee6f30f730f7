// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/api/broadcast.h"

#include <stdbool.h>

#include "ctl/api/events.h"

void broadcast_tell(struct broadcast *broadcast, const struct event *event)
{
	json_t *message;

	broadcast->history[broadcast->told++ % BROADCAST_HISTORY] = *event;
	if (broadcast->listener_count == 0)
		return;
	message = event_json(event);
	for (size_t i = 0; i < broadcast->listener_count; i++)
		session_send(broadcast->listeners[i], message);
	json_decref(message);
}

static bool is_listener(const struct broadcast *broadcast, const struct session *session)
{
	for (size_t i = 0; i < broadcast->listener_count; i++)
		if (broadcast->listeners[i] == session)
			return true;
	return false;
}

static void send_history(const struct broadcast *broadcast, struct session *session)
{
	size_t oldest = 0;

	if (broadcast->told > BROADCAST_HISTORY)
		oldest = broadcast->told - BROADCAST_HISTORY;
	for (size_t i = oldest; i < broadcast->told; i++) {
		json_t *message = event_json(&broadcast->history[i % BROADCAST_HISTORY]);

		session_send(session, message);
		json_decref(message);
	}
}

void broadcast_join(struct broadcast *broadcast, struct session *session)
{
	if (is_listener(broadcast, session) || broadcast->listener_count == SESSIONS_MAX)
		return;
	send_history(broadcast, session);
	broadcast->listeners[broadcast->listener_count++] = session;
	session_follow(session);
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
