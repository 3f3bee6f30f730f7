// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/api/server.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "ctl/api/broadcast.h"
#include "ctl/api/commands.h"
#include "ctl/api/session.h"
#include "ctl/base/cleanup.h"
#include "ctl/base/log.h"

#define SOCKET_MODE 0660

struct server {
	struct server_setup setup;
	struct sockaddr_un address;
	bool bound; /* the socket's file is ours to remove */
	sd_event_source *source;
	struct broadcast broadcast;
	struct session *sessions[SESSIONS_MAX];
	size_t session_count;
};

/* Clients. */

static void on_line(struct session *session, const char *line, size_t length, void *context)
{
	struct server *server = context;
	const struct command_call call = {
		.setup = &server->setup,
		.broadcast = &server->broadcast,
		.session = session,
	};

	command_run(&call, line, length);
}

static void on_closed(struct session *session, void *context)
{
	struct server *server = context;

	broadcast_leave(&server->broadcast, session);
	for (size_t i = 0; i < server->session_count; i++) {
		if (server->sessions[i] != session)
			continue;
		server->sessions[i] = server->sessions[--server->session_count];
		break;
	}
	session_free(session);
}

static void turn_away(int fd)
{
	static const char answer[] = "{\"error\":\"too many clients are connected\"}\n";

	send(fd, answer, sizeof(answer) - 1, MSG_NOSIGNAL);
	close(fd);
}

static void admit(struct server *server, int fd)
{
	const struct session_owner owner = {on_line, on_closed, server};
	int error;

	if (server->session_count == SESSIONS_MAX) {
		turn_away(fd);
		return;
	}
	error = session_new(server->setup.event, fd, &owner,
			    &server->sessions[server->session_count]);
	if (error < 0)
		log_failure(error, "cannot serve a client of the control socket");
	else
		server->session_count++;
}

static int on_connection(sd_event_source *source, int listener, uint32_t events, void *context)
{
	struct server *server = context;

	(void)source;
	(void)events;
	for (;;) {
		int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd >= 0) {
			admit(server, fd);
			continue;
		}
		if (errno == EINTR || errno == ECONNABORTED)
			continue;
		if (errno != EAGAIN)
			log_failure(-errno, "cannot accept a client of the control socket");
		return 0;
	}
}

static void on_event(const struct event *event, void *context)
{
	struct server *server = context;

	broadcast_tell(&server->broadcast, event);
}

/* The socket. */

static int set_address(struct server *server, const char *path)
{
	struct sockaddr_un *address = &server->address;

	if (strlen(path) >= sizeof(address->sun_path))
		return log_failure(-ENAMETOOLONG,
				   "cannot make the control socket %s; give a shorter --run-dir",
				   path);
	address->sun_family = AF_UNIX;
	memcpy(address->sun_path, path, strlen(path) + 1);
	server->setup.path = address->sun_path;
	return 0;
}

/* Return: 0 when nobody listens there, and it may be removed; -ENOENT when there is nothing. */
static int probe_old_socket(const struct sockaddr_un *address)
{
	CLEANUP(cleanup_close)
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct stat status;

	if (fd < 0 || lstat(address->sun_path, &status))
		return -errno;
	if (!S_ISSOCK(status.st_mode))
		return -ENOTSOCK;
	/* Somebody whose backlog is full (EAGAIN) listens, too. */
	if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 || errno == EAGAIN)
		return -EADDRINUSE;
	return errno == ECONNREFUSED ? 0 : -errno;
}

static int remove_old_socket(const struct sockaddr_un *address)
{
	const char *path = address->sun_path;
	int error = probe_old_socket(address);

	if (!error && unlink(path))
		error = -errno;
	if (error == -EADDRINUSE)
		log_error("%s: another vipd is running: something listens there; stop it, or give "
			  "another --run-dir",
			  path);
	else if (error == -ENOTSOCK)
		log_error("%s: is in the way of the control socket, and is no socket; remove it",
			  path);
	else if (error && error != -ENOENT)
		log_failure(error, "cannot replace the old control socket %s", path);
	return error == -ENOENT ? 0 : error;
}

/* Nobody can connect before listen(), so the mode is right from the beginning. */
static int open_listener(struct server *server)
{
	CLEANUP(cleanup_close)
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -errno;
	if (bind(fd, (struct sockaddr *)&server->address, sizeof(server->address)))
		return -errno;
	server->bound = true;
	if (chmod(server->address.sun_path, SOCKET_MODE) || listen(fd, SESSIONS_MAX))
		return -errno;
	return TAKE_FD(fd);
}

/* Edge-triggered: to be out of descriptors must not make the loop spin. */
static int start_listening(struct server *server)
{
	CLEANUP(cleanup_close) int fd = open_listener(server);
	int error;

	if (fd < 0)
		return fd;
	error = sd_event_add_io(server->setup.event, &server->source, fd, EPOLLIN | EPOLLET,
				on_connection, server);
	if (error < 0)
		return error;
	sd_event_source_set_io_fd_own(server->source, true);
	TAKE_FD(fd);
	return 0;
}

static void cleanup_server(struct server **server)
{
	server_stop(*server);
}

int server_start(const struct server_setup *setup, struct server **server)
{
	CLEANUP(cleanup_server) struct server *new = calloc(1, sizeof(*new));
	int error;

	if (!new)
		return log_failure(-ENOMEM, "cannot make the control socket %s", setup->path);
	new->setup = *setup;
	error = set_address(new, setup->path);
	if (!error)
		error = remove_old_socket(&new->address);
	if (error)
		return error;
	error = start_listening(new);
	if (error < 0)
		return log_failure(error, "cannot make the control socket %s", setup->path);
	error = events_subscribe(setup->events, on_event, new);
	if (error)
		return error;
	*server = TAKE_POINTER(new);
	return 0;
}

void server_stop(struct server *server)
{
	if (!server)
		return;
	events_unsubscribe(server->setup.events, on_event, server);
	if (server->bound)
		unlink(server->address.sun_path);
	sd_event_source_disable_unref(server->source);
	while (server->session_count)
		on_closed(server->sessions[0], server);
	free(server);
}
