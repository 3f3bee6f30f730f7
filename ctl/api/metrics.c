// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/api/metrics.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "ctl/api/exposition.h"
#include "ctl/base/address.h"
#include "ctl/base/cleanup.h"
#include "ctl/base/log.h"

#define CONNECTIONS_MAX  16U
#define IDLE_TIMEOUT_S   15U
#define US_PER_MS        1000
#define TIME_ACCURACY_US 1000

struct metrics {
	const struct node *node;
	uint16_t port; /* host order */
	struct MHD_Daemon *daemon;
	sd_event_source *ready; /* its epoll descriptor */
	sd_event_source *timer; /* when it must run though nothing is ready */
};

/* Answers. */

/* @text: for free(). */
static enum MHD_Result answer(struct MHD_Connection *connection, unsigned int status, char *text,
			      size_t length, const char *content_type)
{
	enum MHD_Result result;
	struct MHD_Response *response =
		MHD_create_response_from_buffer(length, text, MHD_RESPMEM_MUST_FREE);

	if (!response) {
		free(text);
		return MHD_NO;
	}
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, content_type);
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	result = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result refuse(struct MHD_Connection *connection, unsigned int status,
			      const char *why)
{
	char *text = strdup(why);

	if (!text)
		return MHD_NO;
	return answer(connection, status, text, strlen(text), "text/plain; charset=utf-8");
}

static enum MHD_Result answer_metrics(struct MHD_Connection *connection, const struct node *node)
{
	CLEANUP(snapshot_freep) struct snapshot *snapshot = NULL;
	char *text = NULL;
	size_t length = 0;

	if (snapshot_take(node, &snapshot) == 0)
		text = exposition_text(snapshot, &length);
	if (!text)
		return refuse(connection, MHD_HTTP_INTERNAL_SERVER_ERROR,
			      "the metrics cannot be gathered; see vipd's log\n");
	return answer(connection, MHD_HTTP_OK, text, length, EXPOSITION_CONTENT_TYPE);
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url,
				  const char *method, const char *version, const char *upload,
				  size_t *upload_size, void **request)
{
	const struct metrics *metrics = context;

	(void)version;
	(void)upload;
	(void)upload_size;
	(void)request;
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
		return refuse(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET and HEAD\n");
	if (strcmp(url, "/metrics") != 0)
		return refuse(connection, MHD_HTTP_NOT_FOUND, "the metrics are at /metrics\n");
	return answer_metrics(connection, metrics->node);
}

/* The event loop. */

static int run_daemon(struct metrics *metrics)
{
	MHD_UNSIGNED_LONG_LONG timeout; /* ms */

	MHD_run(metrics->daemon);
	if (MHD_get_timeout(metrics->daemon, &timeout) != MHD_YES)
		return sd_event_source_set_enabled(metrics->timer, SD_EVENT_OFF);
	sd_event_source_set_time_relative(metrics->timer, timeout * US_PER_MS);
	return sd_event_source_set_enabled(metrics->timer, SD_EVENT_ONESHOT);
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

static int watch(struct metrics *metrics, sd_event *event)
{
	const union MHD_DaemonInfo *info =
		MHD_get_daemon_info(metrics->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	int error;

	if (!info)
		return -EIO;
	error = sd_event_add_io(event, &metrics->ready, info->epoll_fd, EPOLLIN, on_ready, metrics);
	if (error < 0)
		return error;
	error = sd_event_add_time_relative(event, &metrics->timer, CLOCK_MONOTONIC, 0,
					   TIME_ACCURACY_US, on_timeout, metrics);
	return error < 0 ? error : 0;
}

/* Our own socket, for libmicrohttpd does not say why it could not open one. */
static int open_listener(const struct ip_address *address, uint16_t *port)
{
	struct sockaddr_storage where;
	socklen_t length = address_to_sockaddr(address, *port, &where);
	int on = 1;

	CLEANUP(cleanup_close)
	int fd = socket(where.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (where.ss_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&where, length) || listen(fd, CONNECTIONS_MAX) ||
	    getsockname(fd, (struct sockaddr *)&where, &length))
		return -errno;
	*port = ntohs(where.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&where)->sin6_port
						  : ((struct sockaddr_in *)&where)->sin_port);
	return TAKE_FD(fd);
}

static int start(struct metrics *metrics, sd_event *event, const struct ip_address *address)
{
	CLEANUP(cleanup_close) int fd = open_listener(address, &metrics->port);

	if (fd < 0)
		return fd;
	metrics->daemon = MHD_start_daemon(
		MHD_USE_EPOLL, 0, NULL, NULL, on_request, metrics, MHD_OPTION_LISTEN_SOCKET, fd,
		MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT,
		IDLE_TIMEOUT_S, MHD_OPTION_END);
	TAKE_FD(fd); /* libmicrohttpd closes it, also when it fails */
	return metrics->daemon ? watch(metrics, event) : -EIO;
}

static void cleanup_metrics(struct metrics **metrics)
{
	metrics_stop(*metrics);
}

int metrics_start(sd_event *event, const struct node *node, const struct ip_address *address,
		  uint16_t port, struct metrics **metrics)
{
	CLEANUP(cleanup_metrics) struct metrics *new = calloc(1, sizeof(*new));
	char text[ADDRESS_TEXT_MAX];
	int error = -ENOMEM;

	if (new) {
		new->node = node;
		new->port = port;
		error = start(new, event, address);
	}
	if (error)
		return log_failure(error, "cannot serve metrics on %s port %u; see metrics.listen",
				   address_format(address, text), port);
	*metrics = TAKE_POINTER(new);
	return 0;
}

uint16_t metrics_port(const struct metrics *metrics)
{
	return metrics->port;
}

void metrics_stop(struct metrics *metrics)
{
	if (!metrics)
		return;
	sd_event_source_disable_unref(metrics->ready);
	sd_event_source_disable_unref(metrics->timer);
	if (metrics->daemon)
		MHD_stop_daemon(metrics->daemon);
	free(metrics);
}
