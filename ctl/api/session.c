// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/api/session.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "ctl/base/cleanup.h"
#include "ctl/base/clock.h"
#include "ctl/base/turn.h"

/* A client that sends more than that after a line that was too long is dropped. */
#define DISCARD_MAX ((size_t)16 * SESSION_LINE_MAX)

/*
 * Only on_ready() and on_turn() report that a session is closed, so no caller of session_send()
 * finds it freed. Other functions end a session by shutting its socket down, which on_ready()
 * notices.
 */
struct session {
	struct session_owner owner;
	sd_event_source *source; /* owns the descriptor */
	sd_event_source *turn;   /* delivers a line that is in the buffer already */
	int fd;
	bool input_ended; /* the client will send no more */
	bool discarding;  /* its line was too long, and the rest is ignored */
	bool follows;
	uint64_t moved_at;
	void *work; /* no line is delivered while it is under way */
	void (*cancel)(void *work);
	char *output; /* output_sent of output_length bytes are gone already */
	size_t output_sent, output_length, output_room;
	size_t discarded;
	size_t line_start; /* the input before it has been delivered */
	size_t input_length;
	char input[SESSION_LINE_MAX];
};

static void end(struct session *session)
{
	shutdown(session->fd, SHUT_RDWR);
}

/* The state of the input. */

static size_t line_length(const struct session *session, bool *complete)
{
	const char *line = session->input + session->line_start, *newline;
	size_t waiting = session->input_length - session->line_start;

	newline = memchr(line, '\n', waiting);
	*complete = newline || (session->input_ended && waiting);
	return newline ? (size_t)(newline - line) : waiting;
}

static bool is_busy(const struct session *session)
{
	return session->work || session->output_length;
}

static bool has_line(const struct session *session)
{
	bool complete;

	line_length(session, &complete);
	return complete;
}

static bool wants_input(const struct session *session)
{
	if (session->input_ended)
		return false;
	if (session->discarding)
		return true;
	return !is_busy(session) && !has_line(session);
}

/* Return: whether the client will say no more, and has got all its answers. */
static bool is_done(const struct session *session)
{
	return session->input_ended && !is_busy(session) && !session->follows && !has_line(session);
}

/* The source is level-triggered, so it must not wait for what cannot be used now. */
static void update_events(struct session *session)
{
	uint32_t events = 0;

	if (wants_input(session))
		events |= EPOLLIN;
	if (session->output_length)
		events |= EPOLLOUT;
	if (sd_event_source_set_io_events(session->source, events) < 0)
		end(session);
	if (!is_busy(session) && (has_line(session) || is_done(session)))
		turn_request(session->turn);
}

/* Output. */

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
		session->moved_at = clock_now();
	}
	session->output_sent = session->output_length = 0;
	if (session->discarding)
		shutdown(session->fd, SHUT_WR);
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

void session_send(struct session *session, const json_t *message)
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

/* Input. */

static void complain_of_length(struct session *session)
{
	json_t *answer = json_pack("{s:s}", "error", "the request is longer than 65535 bytes");

	session->discarding = true;
	session->input_length = session->line_start = 0;
	session_send(session, answer);
	json_decref(answer);
}

/* The rest of the input moves to the front, so that a line of the full length fits. */
static void make_room(struct session *session)
{
	session->input_length -= session->line_start;
	memmove(session->input, session->input + session->line_start, session->input_length);
	session->line_start = 0;
}

static void take_input(struct session *session, size_t length)
{
	session->moved_at = clock_now();
	if (!session->discarding) {
		session->input_length += length;
		if (session->input_length == sizeof(session->input) && !has_line(session))
			complain_of_length(session);
		return;
	}
	session->discarded += length;
	if (session->discarded > DISCARD_MAX)
		end(session);
}

static void read_input(struct session *session)
{
	ssize_t length;

	make_room(session);
	length = recv(session->fd, session->input + session->input_length,
		      sizeof(session->input) - session->input_length, 0);
	if (length < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (length <= 0)
		session->input_ended = true;
	else
		take_input(session, (size_t)length);
}

static void deliver_line(struct session *session)
{
	const char *line = session->input + session->line_start;
	bool complete;
	size_t length = line_length(session, &complete);

	if (!complete || is_busy(session))
		return;
	session->line_start += length + 1;
	if (session->line_start > session->input_length) /* the last one, without a newline */
		session->line_start = session->input_length;
	session->owner.line(session, line, length, session->owner.context);
}

/* The loop. */

static int on_ready(sd_event_source *source, int fd, uint32_t events, void *context)
{
	struct session *session = context;

	(void)source;
	(void)fd;
	if (events & EPOLLOUT)
		flush_output(session);
	if (events & EPOLLIN && wants_input(session)) {
		read_input(session);
		deliver_line(session);
	}
	if (events & (EPOLLHUP | EPOLLERR) || is_done(session))
		session->owner.closed(session, session->owner.context);
	else
		update_events(session);
	return 0;
}

static int on_turn(sd_event_source *source, uint64_t usec, void *context)
{
	struct session *session = context;

	(void)source;
	(void)usec;
	deliver_line(session);
	if (is_done(session))
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
	update_events(session);
}

void session_follow(struct session *session)
{
	session->follows = true;
}

bool session_is_idle(const struct session *session)
{
	return !session->follows && !session->work && !has_line(session);
}

bool session_follows(const struct session *session)
{
	return session->follows;
}

uint64_t session_moved_at(const struct session *session)
{
	return session->moved_at;
}

static void session_freep(struct session **session)
{
	session_free(*session);
}

int session_new(sd_event *event, int fd, const struct session_owner *owner, struct session **result)
{
	CLEANUP(cleanup_close) int owned = fd;
	CLEANUP(session_freep) struct session *session = calloc(1, sizeof(*session));
	int error;

	if (!session)
		return -ENOMEM;
	error = turn_add(event, &session->turn, on_turn, session);
	if (error >= 0) /* lines in the buffer wait for everything else */
		error = sd_event_source_set_priority(session->turn, SD_EVENT_PRIORITY_NORMAL + 1);
	if (error >= 0)
		error = sd_event_add_io(event, &session->source, fd, EPOLLIN, on_ready, session);
	if (error < 0)
		return error;
	sd_event_source_set_io_fd_own(session->source, true);
	TAKE_FD(owned);
	session->owner = *owner;
	session->fd = fd;
	session->moved_at = clock_now();
	*result = TAKE_POINTER(session);
	return 0;
}

void session_free(struct session *session)
{
	if (!session)
		return;
	if (session->work)
		session->cancel(session->work);
	sd_event_source_disable_unref(session->turn);
	sd_event_source_disable_unref(session->source);
	free(session->output);
	free(session);
}
