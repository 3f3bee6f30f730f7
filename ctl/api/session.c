// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/api/session.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "ctl/base/cleanup.h"

/*
 * Nothing but on_ready() ever reports a session closed, so nobody finds it gone under his feet.
 * Whoever else wants it ended shuts its socket down, which makes on_ready() run.
 */
struct session {
	struct session_owner owner;
	sd_event_source *source; /* owns the descriptor */
	int fd;
	bool input_ended; /* the client has said all, or too much */
	bool kept;
	void *work; /* no line is delivered while it is under way */
	void (*cancel)(void *work);
	char *output; /* output_sent of output_length bytes are gone already */
	size_t output_sent, output_length, output_room;
	size_t input_length;
	char input[SESSION_LINE_MAX];
};

static void end(struct session *session)
{
	shutdown(session->fd, SHUT_RDWR);
}

/* Level-triggered: ask for nothing that is not wanted now. A hang-up is always told. */
static void update_events(struct session *session)
{
	uint32_t events = 0;

	if (!session->input_ended && !session->work)
		events |= EPOLLIN;
	if (session->output_length)
		events |= EPOLLOUT;
	if (sd_event_source_set_io_events(session->source, events) < 0)
		end(session);
}

static void flush_output(struct session *session)
{
	while (session->output_sent < session->output_length) {
		ssize_t sent = send(session->fd, session->output + session->output_sent,
				    session->output_length - session->output_sent, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0 && errno == EAGAIN)
			return;
		if (sent < 0) {
			end(session);
			break;
		}
		session->output_sent += (size_t)sent;
	}
	session->output_sent = session->output_length = 0;
}

/* Makes room behind what waits. Return: whether there is. */
static bool reserve(struct session *session, size_t length)
{
	size_t waiting = session->output_length - session->output_sent;
	size_t room = session->output_room;
	char *output;

	if (session->output_sent) {
		memmove(session->output, session->output + session->output_sent, waiting);
		session->output_sent = 0;
		session->output_length = waiting;
	}
	if (waiting + length <= room)
		return true;
	room = waiting + length < 2 * room ? 2 * room : waiting + length;
	output = realloc(session->output, room);
	if (!output)
		return false;
	session->output = output;
	session->output_room = room;
	return true;
}

void session_send(struct session *session, json_t *message)
{
	CLEANUP(cleanup_free) char *line = NULL;
	size_t length;

	if (message)
		line = json_dumps(message, JSON_COMPACT | JSON_REAL_PRECISION(6));
	if (!line || session->output_length - session->output_sent > SESSION_QUEUE_MAX) {
		end(session);
		return;
	}
	length = strlen(line);
	line[length++] = '\n'; /* in the place of its NUL */
	if (!reserve(session, length)) {
		end(session);
		return;
	}
	memcpy(session->output + session->output_length, line, length);
	session->output_length += length;
	flush_output(session);
	update_events(session);
}

static void complain_of_length(struct session *session)
{
	json_t *answer = json_pack("{s:s}", "error", "the request is longer than 65535 bytes");

	session->input_ended = true;
	session->input_length = 0;
	session_send(session, answer);
	json_decref(answer);
}

/* Hands on the lines that are complete, until one of them takes time. */
static void deliver_lines(struct session *session)
{
	size_t start = 0;

	while (!session->work && start < session->input_length) {
		char *line = session->input + start, *newline;
		size_t length = session->input_length - start;

		newline = memchr(line, '\n', length);
		if (!newline && !session->input_ended)
			break;
		if (newline)
			length = (size_t)(newline - line);
		start += newline ? length + 1 : length;
		session->owner.line(session, line, length, session->owner.context);
	}
	session->input_length -= start;
	memmove(session->input, session->input + start, session->input_length);
	if (session->input_length == sizeof(session->input) && !session->work)
		complain_of_length(session);
}

static void read_input(struct session *session)
{
	ssize_t length = recv(session->fd, session->input + session->input_length,
			      sizeof(session->input) - session->input_length, 0);

	if (length < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (length <= 0)
		session->input_ended = true;
	else
		session->input_length += (size_t)length;
	deliver_lines(session);
}

static bool is_done(const struct session *session)
{
	return session->input_ended && !session->work && !session->kept &&
	       session->output_length == 0;
}

static int on_ready(sd_event_source *source, int fd, uint32_t events, void *context)
{
	struct session *session = context;

	(void)source;
	(void)fd;
	if (events & EPOLLIN && !session->input_ended && !session->work)
		read_input(session);
	if (events & EPOLLOUT)
		flush_output(session);
	if (events & (EPOLLHUP | EPOLLERR) || is_done(session))
		session->owner.closed(session, session->owner.context);
	else
		update_events(session);
	return 0;
}

void session_wait(struct session *session, void *work, void (*cancel)(void *work))
{
	session->work = work;
	session->cancel = cancel;
}

void session_resume(struct session *session)
{
	session->work = NULL;
	deliver_lines(session);
	update_events(session);
	if (is_done(session))
		end(session);
}

void session_keep(struct session *session)
{
	session->kept = true;
}

int session_new(sd_event *event, int fd, const struct session_owner *owner,
		struct session **session)
{
	struct session *new = calloc(1, sizeof(*new));
	int error = -ENOMEM;

	if (new)
		error = sd_event_add_io(event, &new->source, fd, EPOLLIN, on_ready, new);
	if (error < 0) {
		close(fd);
		free(new);
		return error;
	}
	sd_event_source_set_io_fd_own(new->source, true);
	new->owner = *owner;
	new->fd = fd;
	*session = new;
	return 0;
}

void session_free(struct session *session)
{
	if (!session)
		return;
	if (session->work)
		session->cancel(session->work);
	sd_event_source_disable_unref(session->source);
	free(session->output);
	free(session);
}
