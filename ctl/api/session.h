/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One client of the control socket: bytes in, lines out of them; JSON in, lines out of it. It never
 * blocks and never trusts its client: a line may be SESSION_LINE_MAX long, and who does not read
 * what was queued for it is dropped.
 */
#ifndef VIPD_API_SESSION_H
#define VIPD_API_SESSION_H

#include <jansson.h>
#include <stddef.h>
#include <systemd/sd-event.h>

#define SESSION_LINE_MAX  (64 * 1024)   /* bytes, with the newline */
#define SESSION_QUEUE_MAX (1024 * 1024) /* bytes that wait for the client */

struct session;

/* Both are called in the event loop. */
struct session_owner {
	/* A line without its newline, @length bytes; it may answer with session_send(). */
	void (*line)(struct session *session, const char *line, size_t length, void *context);
	/* The client is gone. The owner must session_free() it, now. */
	void (*closed)(struct session *session, void *context);
	void *context;
};

/**
 * session_new() - take a connection over
 * @fd: non-blocking; owned by the session from here on, also on failure.
 * @owner: copied.
 *
 * Return: 0, or a negative errno.
 */
int session_new(sd_event *event, int fd, const struct session_owner *owner,
		struct session **session);

/**
 * session_send() - queue one line for the client
 * @message: borrowed; NULL (no memory when it was made) ends the session.
 */
void session_send(struct session *session, json_t *message);

/**
 * session_wait() - the answer takes time: no further line is delivered until session_resume()
 * @work: what is being done for the client.
 * @cancel: called with it when the client leaves before that.
 */
void session_wait(struct session *session, void *work, void (*cancel)(void *work));

/** session_resume() - the work that session_wait() was told of is done, and answered. */
void session_resume(struct session *session);

/** session_keep() - the client listens: it stays although it said that it will send no more. */
void session_keep(struct session *session);

/** session_free() - close the connection and cancel its work. NULL is fine. */
void session_free(struct session *session);

#endif
