// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/http/http.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "ctl/api/snapshot.h"
#include "ctl/base/address.h"
#include "ctl/base/cleanup.h"
#include "ctl/base/clock.h"
#include "ctl/base/log.h"

#define CONNECTIONS_MAX         16U
#define CONNECTIONS_PER_ADDRESS 8U
#define IDLE_TIMEOUT_S          15U
#define TIME_ACCURACY_US        1000

#define ROUTES_MAX    16
#define SNAPSHOT_LIFE (1 * NS_PER_S)
#define PLAIN_TEXT    "text/plain; charset=utf-8"

struct http {
	struct http_setup setup;
	struct MHD_Daemon *daemon;
	int listener;           /* that libmicrohttpd owns */
	sd_event_source *ready; /* its epoll descriptor */
	sd_event_source *timer; /* for when it must run although nothing is ready */
	struct snapshot *snapshot;
	uint64_t taken_at; /* ns; of the snapshot, or of the failure to take one */
	struct MHD_Response *pages[ROUTES_MAX]; /* of the snapshot, by route; NULL: not rendered */
	uint64_t second_began;                  /* ns */
	unsigned int answers;                   /* in this second */
};

/* Pages. */

static void forget_pages(struct http *http)
{
	for (size_t i = 0; i < ROUTES_MAX; i++) {
		if (http->pages[i])
			MHD_destroy_response(http->pages[i]);
		http->pages[i] = NULL;
	}
	snapshot_free(http->snapshot);
	http->snapshot = NULL;
}

/* A failure lasts as long as a snapshot would, because each one is logged. */
static const struct snapshot *recent_snapshot(struct http *http)
{
	uint64_t now = clock_now();

	if (http->taken_at && now - http->taken_at < SNAPSHOT_LIFE)
		return http->snapshot;
	forget_pages(http);
	http->taken_at = now;
	snapshot_take(http->setup.node, &http->snapshot);
	return http->snapshot;
}

/* @text: for free(). */
static struct MHD_Response *new_response(char *text, size_t length, const char *type)
{
	struct MHD_Response *response =
		MHD_create_response_from_buffer(length, text, MHD_RESPMEM_MUST_FREE);

	if (response)
		MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	else
		free(text);
	return response;
}

static struct MHD_Response *page_of(struct http *http, size_t index)
{
	const struct http_route *route = http->setup.routes[index];
	const struct snapshot *snapshot = recent_snapshot(http);
	size_t length;
	char *text;

	if (!snapshot || http->pages[index])
		return http->pages[index];
	text = route->render(http->setup.node, snapshot, &length);
	if (text)
		http->pages[index] = new_response(text, length, route->type);
	return http->pages[index];
}

/* Requests. */

static enum MHD_Result refuse(struct MHD_Connection *connection, unsigned int status,
			      const char *why)
{
	char *text = strdup(why);
	struct MHD_Response *response;
	enum MHD_Result result;

	if (!text)
		return MHD_NO;
	response = new_response(text, strlen(text), PLAIN_TEXT);
	if (!response)
		return MHD_NO;
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	if (status == MHD_HTTP_SERVICE_UNAVAILABLE) {
		MHD_add_response_header(response, MHD_HTTP_HEADER_RETRY_AFTER, "1");
		MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
	}
	result = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result refuse_path(const struct http *http, struct MHD_Connection *connection)
{
	char why[256] = "nothing is here; there are:";
	size_t length = strlen(why);

	for (size_t i = 0; http->setup.routes[i] && length < sizeof(why) - 2; i++)
		length += (size_t)snprintf(why + length, sizeof(why) - length, " %s",
					   http->setup.routes[i]->path);
	length = length < sizeof(why) - 2 ? length : sizeof(why) - 2;
	why[length] = '\n';
	why[length + 1] = '\0';
	return refuse(connection, MHD_HTTP_NOT_FOUND, why);
}

/* Return: whether this second still has an answer left. */
static bool have_answer(struct http *http)
{
	uint64_t now = clock_now();

	if (now - http->second_began >= NS_PER_S) {
		http->second_began = now;
		http->answers = 0;
	}
	return http->answers++ < HTTP_ANSWERS_MAX;
}

static enum MHD_Result answer(struct http *http, struct MHD_Connection *connection,
			      const char *path)
{
	for (size_t i = 0; http->setup.routes[i]; i++) {
		struct MHD_Response *page;

		if (strcmp(http->setup.routes[i]->path, path) != 0)
			continue;
		page = page_of(http, i);
		if (page)
			return MHD_queue_response(connection, MHD_HTTP_OK, page);
		return refuse(connection, MHD_HTTP_INTERNAL_SERVER_ERROR,
			      "this cannot be gathered; see vipd's log\n");
	}
	return refuse_path(http, connection);
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url,
				  const char *method, const char *version, const char *upload,
				  size_t *upload_size, void **request)
{
	struct http *http = context;

	(void)version;
	(void)upload;
	(void)upload_size;
	(void)request;
	if (!have_answer(http))
		return refuse(connection, MHD_HTTP_SERVICE_UNAVAILABLE, "too many requests\n");
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
		return refuse(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET and HEAD\n");
	return answer(http, connection, url);
}

/* The event loop. */

static int run_daemon(struct http *http)
{
	MHD_UNSIGNED_LONG_LONG timeout; /* ms */

	MHD_run(http->daemon);
	if (MHD_get_timeout(http->daemon, &timeout) != MHD_YES)
		return sd_event_source_set_enabled(http->timer, SD_EVENT_OFF);
	sd_event_source_set_time_relative(http->timer, timeout * NS_PER_MS / NS_PER_US);
	return sd_event_source_set_enabled(http->timer, SD_EVENT_ONESHOT);
}

static int on_ready(sd_event_source *source, int fd, uint32_t events, void *context)
{
	(void)source;
	(void)fd;
	(void)events;
	return run_daemon(context);
}

static int on_timeout(sd_event_source *source, uint64_t due, void *context)
{
	(void)source;
	(void)due;
	return run_daemon(context);
}

static int watch(struct http *http)
{
	const union MHD_DaemonInfo *info =
		MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	int error;

	if (!info)
		return -EIO;
	error = sd_event_add_io(http->setup.event, &http->ready, info->epoll_fd, EPOLLIN, on_ready,
				http);
	if (error < 0)
		return error;
	error = sd_event_add_time_relative(http->setup.event, &http->timer, CLOCK_MONOTONIC, 0,
					   TIME_ACCURACY_US, on_timeout, http);
	return error < 0 ? error : 0;
}

/*
 * Two sockets of this process may listen on one port, at the same time, if both want it. That is
 * for one that takes the place of another; later on the port is in use for everybody else.
 */
static void share_port(int fd, bool share)
{
	int on = share;

	setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
}

/* libmicrohttpd does not say why it could not open a socket, so it gets one of ours. */
static int open_listener(const struct ip_address *address, uint16_t *port, bool share)
{
	struct sockaddr_storage where;
	socklen_t length = address_to_sockaddr(address, *port, &where);
	int on = 1, only_ipv6 = !address_is_zero(address);

	CLEANUP(cleanup_close)
	int fd = socket(where.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	share_port(fd, share);
	if (where.ss_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only_ipv6, sizeof(only_ipv6));
	if (bind(fd, (struct sockaddr *)&where, length) || listen(fd, CONNECTIONS_MAX) ||
	    getsockname(fd, (struct sockaddr *)&where, &length))
		return -errno;
	*port = ntohs(where.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&where)->sin6_port
						  : ((struct sockaddr_in *)&where)->sin_port);
	return TAKE_FD(fd);
}

static int start(struct http *http)
{
	struct http *before = http->setup.successor_of;
	CLEANUP(cleanup_close) int fd = -1;

	if (before)
		share_port(before->listener, true);
	fd = open_listener(&http->setup.address, &http->setup.port, before);
	if (before)
		share_port(before->listener, false);
	if (fd < 0)
		return fd;
	share_port(fd, false);
	http->listener = fd;
	http->setup.successor_of = NULL;
	http->daemon = MHD_start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, on_request, http,
					MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
					CONNECTIONS_MAX, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
					CONNECTIONS_PER_ADDRESS, MHD_OPTION_CONNECTION_TIMEOUT,
					IDLE_TIMEOUT_S, MHD_OPTION_END);
	TAKE_FD(fd); /* libmicrohttpd closes it, also when it fails */
	return http->daemon ? watch(http) : -EIO;
}

static size_t count_routes(const struct http_route *const *routes)
{
	size_t count = 0;

	while (routes[count])
		count++;
	return count;
}

static void http_stopp(struct http **http)
{
	http_stop(*http);
}

int http_start(const struct http_setup *setup, struct http **result)
{
	CLEANUP(http_stopp) struct http *http = calloc(1, sizeof(*http));
	char text[ADDRESS_TEXT_MAX];
	int error = -ENOMEM;

	if (http) {
		http->setup = *setup;
		error = count_routes(setup->routes) <= ROUTES_MAX ? start(http) : -E2BIG;
	}
	if (error)
		return log_failure(error, "cannot serve HTTP on %s port %u; see metrics.listen",
				   address_format(&setup->address, text), setup->port);
	*result = TAKE_POINTER(http);
	return 0;
}

uint16_t http_port(const struct http *http)
{
	return http->setup.port;
}

void http_stop(struct http *http)
{
	if (!http)
		return;
	sd_event_source_disable_unref(http->ready);
	sd_event_source_disable_unref(http->timer);
	if (http->daemon)
		MHD_stop_daemon(http->daemon);
	forget_pages(http);
	free(http);
}
