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
#include "ctl/base/clock.h"
#include "ctl/base/json.h"
#include "ctl/base/log.h"
#include "ctl/base/turn.h"

/* How many connections are accepted in a turn of the loop. */
#define ACCEPT_MAX 16

#define PATIENCE (60 * NS_PER_S)
#define SWEEPS   4 /* number of looks for idle clients in that time */

struct client {
	struct session *session;
	struct access access;
};

struct server_plan {
	struct access_rules access;
};

struct server {
	struct server_setup setup;
	struct access_rules access;
	struct sockaddr_un address;
	bool bound; /* the socket's file is ours to remove */
	int listener;
	sd_event_source *source;
	sd_event_source *turn;  /* accepts what has not been accepted yet */
	sd_event_source *sweep; /* for idle clients */
	struct broadcast broadcast;
	struct client clients[SESSIONS_MAX];
	size_t client_count;
};

/* Clients. */

static const struct client *find_client(const struct server *server, const struct session *session)
{
	for (size_t i = 0; i < server->client_count; i++)
		if (server->clients[i].session == session)
			return &server->clients[i];
	return NULL;
}

static void on_line(struct session *session, const char *line, size_t length, void *context)
{
	struct server *server = context;
	const struct command_call call = {
		.node = server->setup.node,
		.server = server,
		.session = session,
	};

	command_run(&call, find_client(server, session)->access.level, line, length);
}

static void on_closed(struct session *session, void *context)
{
	struct server *server = context;

	broadcast_leave(&server->broadcast, session);
	for (size_t i = 0; i < server->client_count; i++) {
		if (server->clients[i].session != session)
			continue;
		server->clients[i] = server->clients[--server->client_count];
		break;
	}
	session_free(session);
	turn_request(server->turn); /* there is a place, and a descriptor, again */
}

static void on_event(const struct event *event, void *context)
{
	struct server *server = context;

	broadcast_tell(&server->broadcast, event);
}

/* The client reads the reason if its socket still has room for it. */
static void drop(struct server *server, struct session *session, const char *why)
{
	json_t *answer = value_error("%s", why);

	session_send(session, answer);
	json_decref(answer);
	on_closed(session, server);
}

/* Places. */

/* Return: whether a client may lose its place to another one. */
static bool may_be_dropped(const struct client *client, const struct access *newcomer)
{
	if (newcomer->uid != 0)
		return client->access.uid != 0 && session_is_idle(client->session);
	return session_is_idle(client->session) || client->access.uid != 0 ||
	       session_follows(client->session);
}

/* Return: whether @a gives way before @b: idle clients do first, then the stillest. */
static bool comes_before(const struct session *a, const struct session *b)
{
	if (session_is_idle(a) != session_is_idle(b))
		return session_is_idle(a);
	return session_moved_at(a) < session_moved_at(b);
}

/* Return: whether there is a place now. */
static bool make_place(struct server *server, const struct access *newcomer)
{
	struct session *victim = NULL;

	if (server->client_count < SESSIONS_MAX)
		return true;
	for (size_t i = 0; i < server->client_count; i++) {
		const struct client *client = &server->clients[i];

		if (may_be_dropped(client, newcomer) &&
		    (!victim || comes_before(client->session, victim)))
			victim = client->session;
	}
	if (!victim)
		return false;
	drop(server, victim, "too many clients are connected, and this one gave way");
	return true;
}

static void turn_away(int fd, const char *why)
{
	char line[256];
	int length = snprintf(line, sizeof(line), "{\"error\":\"%s\"}\n", why);

	send(fd, line, (size_t)length, MSG_NOSIGNAL | MSG_DONTWAIT);
	close(fd);
}

static void admit(struct server *server, int fd)
{
	const struct session_owner owner = {on_line, on_closed, server};
	struct access access = access_of(&server->access, fd);
	struct client *client;
	int error;

	if (!access.allowed) {
		turn_away(fd, "this user may not use the control socket; see control.group and "
			      "control.read_only_group in vipd.yaml(5)");
		return;
	}
	if (!make_place(server, &access)) {
		turn_away(fd, "too many clients are connected");
		return;
	}
	client = &server->clients[server->client_count];
	error = session_new(server->setup.event, fd, &owner, &client->session);
	if (error < 0) {
		log_failure(error, "cannot serve a client of the control socket");
		return;
	}
	client->access = access;
	server->client_count++;
}

/* Return: whether there may be another one. */
static bool accept_one(struct server *server)
{
	int fd = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd >= 0)
		admit(server, fd);
	else if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
		log_failure(-errno, "cannot accept a client of the control socket");
	return fd >= 0 || errno == EINTR || errno == ECONNABORTED;
}

static void accept_some(struct server *server)
{
	for (int i = 0; i < ACCEPT_MAX; i++)
		if (!accept_one(server))
			return;
	turn_request(server->turn);
}

static int on_connection(sd_event_source *source, int listener, uint32_t events, void *context)
{
	(void)source;
	(void)listener;
	(void)events;
	accept_some(context);
	return 0;
}

static int on_turn(sd_event_source *source, uint64_t usec, void *context)
{
	(void)source;
	(void)usec;
	accept_some(context);
	return 0;
}

static uint64_t sweep_interval_us(const struct server *server)
{
	return server->setup.patience / SWEEPS / NS_PER_US;
}

static int on_sweep(sd_event_source *source, uint64_t usec, void *context)
{
	struct server *server = context;
	uint64_t now = clock_now();

	(void)usec;
	for (size_t i = server->client_count; i-- > 0;) {
		struct session *session = server->clients[i].session;

		if (session_is_idle(session) &&
		    now - session_moved_at(session) > server->setup.patience)
			drop(server, session, "the connection was idle for too long");
	}
	sd_event_source_set_time_relative(source, sweep_interval_us(server));
	sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
	return 0;
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
	/* A full backlog (EAGAIN) means that somebody listens. */
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

/* The mode is set in time, because nobody can connect before listen(). */
static int open_listener(struct server *server)
{
	const char *path = server->address.sun_path;
	CLEANUP(cleanup_close)
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int error;

	if (fd < 0 || bind(fd, (struct sockaddr *)&server->address, sizeof(server->address)))
		return log_failure(-errno, "cannot make the control socket %s", path);
	server->bound = true;
	error = access_apply(&server->access, path);
	if (error)
		return error;
	if (listen(fd, SESSIONS_MAX))
		return log_failure(-errno, "cannot listen on the control socket %s", path);
	return TAKE_FD(fd);
}

/* The source is edge-triggered, so that the loop does not spin when descriptors run out. */
static int add_sources(struct server *server)
{
	sd_event *loop = server->setup.event;
	int error = turn_add(loop, &server->turn, on_turn, server);

	if (error >= 0)
		error = sd_event_add_time_relative(loop, &server->sweep, CLOCK_MONOTONIC,
						   sweep_interval_us(server), 0, on_sweep, server);
	if (error >= 0)
		error = sd_event_add_io(loop, &server->source, server->listener, EPOLLIN | EPOLLET,
					on_connection, server);
	if (error < 0)
		return log_failure(error, "cannot serve the control socket");
	return events_subscribe(server->setup.events, on_event, server);
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
	new->setup.patience = setup->patience ? setup->patience : PATIENCE;
	new->access = ACCESS_ROOT_ONLY;
	new->listener = -1;
	error = set_address(new, setup->path);
	if (error)
		return error;
	error = remove_old_socket(&new->address);
	if (error)
		return error;
	new->listener = open_listener(new);
	if (new->listener < 0)
		return new->listener;
	error = add_sources(new);
	if (error)
		return error;
	*server = TAKE_POINTER(new);
	return 0;
}

int server_prepare(struct server *server, const struct config *next, struct server_plan **result)
{
	CLEANUP(cleanup_free) struct server_plan *plan = calloc(1, sizeof(*plan));
	int error;

	(void)server;
	if (!plan)
		return log_failure(-ENOMEM, "cannot say who may use the control socket");
	error = access_rules_resolve(control_settings(next), &plan->access);
	if (error)
		return error;
	*result = TAKE_POINTER(plan);
	return 0;
}

void server_commit(struct server *server, struct server_plan *plan)
{
	if (memcmp(&server->access, &plan->access, sizeof(plan->access)) != 0) {
		server->access = plan->access;
		access_apply(&server->access, server->address.sun_path);
	}
	free(plan);
}

void server_abort(struct server *server, struct server_plan *plan)
{
	(void)server;
	free(plan);
}

void server_stop(struct server *server)
{
	if (!server)
		return;
	events_unsubscribe(server->setup.events, on_event, server);
	if (server->bound)
		unlink(server->address.sun_path);
	while (server->client_count)
		on_closed(server->clients[0].session, server);
	sd_event_source_disable_unref(server->source);
	sd_event_source_disable_unref(server->sweep);
	sd_event_source_disable_unref(server->turn);
	if (server->listener >= 0)
		close(server->listener);
	free(server);
}

const struct server_setup *server_setup(const struct server *server)
{
	return &server->setup;
}

void server_follow(struct server *server, struct session *session)
{
	broadcast_join(&server->broadcast, session);
}

int server_reload(const struct server *server, const struct report *report)
{
	return server->setup.reload(report, server->setup.context);
}
