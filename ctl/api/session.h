/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One client of the control socket. Bytes of the client become lines, and JSON for it becomes
 * lines.
 *
 * A session never blocks and never trusts its client. It hands on one line in a turn of the loop,
 * and the next one only when the answer to the line before has left; until then it reads nothing,
 * so a client that sends without reading is stopped by its own socket buffer. Lines that were sent
 * together wait for everything else that the loop has to do. A line that is too long is answered.
 * The bytes that follow it are discarded until the client has read the answer and closes.
 */
#ifndef VIPD_API_SESSION_H
#define VIPD_API_SESSION_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#define SESSION_LINE_MAX  (64 * 1024)   /* bytes, with the newline */
#define SESSION_QUEUE_MAX (1024 * 1024) /* bytes that wait for the client */

struct session;

/* Both are called in the event loop. */
struct session_owner {
	/* A line without its newline, @length bytes; it may answer with session_send(). */
	void (*line)(struct session *session, const char *line, size_t length, void *context);
	/* The session is over. The owner must session_free() it, now. */
	void (*closed)(struct session *session, void *context);
	void *context;
};

/**
 * session_new() - take a connection over
 * @fd: non-blocking; owned by the session from here on, on failure too.
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
void session_send(struct session *session, const json_t *message);

/**
 * session_wait() - the answer takes time: no further line is delivered until session_resume()
 * @work: what is being done for the client.
 * @cancel: called with it when the client leaves before that.
 */
void session_wait(struct session *session, void *work, void (*cancel)(void *work));

/** session_resume() - the work that session_wait() was told of is done, and answered. */
void session_resume(struct session *session);

/** session_follow() - the client listens: it stays, even if it says that it will send no more. */
void session_follow(struct session *session);

/** session_is_idle() - whether nothing is being done for the client, which follows nothing. */
bool session_is_idle(const struct session *session);

/** session_follows() - whether session_follow() was called. */
bool session_follows(const struct session *session);

/** session_moved_at() - when the last byte came from or went to the client, CLOCK_MONOTONIC ns. */
uint64_t session_moved_at(const struct session *session);

/** session_free() - close the connection and cancel its work. NULL is fine. */
void session_free(struct session *session);

#endif
