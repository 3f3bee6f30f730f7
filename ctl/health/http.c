// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/health/http.h"

#include <ctype.h>
#include <curl/curl.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "ctl/base/cleanup.h"
#include "ctl/base/clock.h"

/* How late sd-event may wake libcurl; its own clock has milliseconds. */
#define TIMER_ACCURACY_US 1000

struct http_client {
	sd_event *event;
	sd_event_source *timer; /* the one that libcurl asks for */
	CURLM *multi;
};

struct http_request {
	struct http_client *client;
	CURL *easy;
	uint64_t timeout; /* ns */
	http_done done;
	void *context;
	bool running;
	char failure[CURL_ERROR_SIZE];
};

/* Why a transfer ended without a complete answer, in request->failure, where libcurl's own words
 * already are when it had any. */
static void describe_failure(struct http_request *request, CURLcode code, long status)
{
	double seconds = (double)request->timeout / (double)NS_PER_S;
	size_t room = sizeof(request->failure);
	long error = 0;

	if (code == CURLE_COULDNT_CONNECT || code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR)
		curl_easy_getinfo(request->easy, CURLINFO_OS_ERRNO, &error);
	if (code == CURLE_OPERATION_TIMEDOUT && status)
		snprintf(request->failure, room, "HTTP %ld, but no end of it within %g s", status,
			 seconds);
	else if (code == CURLE_OPERATION_TIMEDOUT)
		snprintf(request->failure, room, "no answer within %g s", seconds);
	else if (error)
		snprintf(request->failure, room, "%s", strerror((int)error));
	else if (!request->failure[0])
		snprintf(request->failure, room, "%s", curl_easy_strerror(code));

	/* "Connection refused", but not "SSL ...". */
	if (islower((unsigned char)request->failure[1]))
		request->failure[0] = (char)tolower((unsigned char)request->failure[0]);
}

static void finish(struct http_request *request, CURLcode code)
{
	long status = 0;
	curl_off_t elapsed = 0; /* us */

	curl_easy_getinfo(request->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(request->easy, CURLINFO_TOTAL_TIME_T, &elapsed);
	if (code != CURLE_OK)
		describe_failure(request, code, status);
	curl_multi_remove_handle(request->client->multi, request->easy);
	request->running = false;

	const struct http_result result = {
		.status = (unsigned int)status,
		.elapsed = (uint64_t)elapsed * NS_PER_US,
		.failure = code == CURLE_OK ? NULL : request->failure,
	};

	request->done(&result, request->context);
}

/* Let libcurl do what it can without waiting, then hand out what is complete. What goes wrong in
 * there goes wrong for a request, and is part of its result. */
static void drive(struct http_client *client, curl_socket_t socket, int ready)
{
	struct http_request *request;
	CURLMsg *message;
	int count;

	curl_multi_socket_action(client->multi, socket, ready, &count);
	while ((message = curl_multi_info_read(client->multi, &count))) {
		CURLcode code = message->data.result;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &request);
		finish(request, code);
	}
}

static int on_socket_ready(sd_event_source *source, int fd, uint32_t events, void *context)
{
	int ready = 0;

	(void)source;
	if (events & EPOLLIN)
		ready |= CURL_CSELECT_IN;
	if (events & EPOLLOUT)
		ready |= CURL_CSELECT_OUT;
	if (events & (EPOLLERR | EPOLLHUP))
		ready |= CURL_CSELECT_ERR;
	drive(context, fd, ready);
	return 0;
}

static int on_timer(sd_event_source *source, uint64_t due, void *context)
{
	(void)source;
	(void)due;
	drive(context, CURL_SOCKET_TIMEOUT, 0);
	return 0;
}

/* libcurl wants another set of events for a socket (CURLMOPT_SOCKETFUNCTION); source is what we
 * assigned to it, NULL at first. -1 makes the transfers fail, which is what should happen. */
static int watch_socket(CURL *easy, curl_socket_t socket, int what, void *context, void *assigned)
{
	struct http_client *client = context;
	sd_event_source *source = assigned;
	uint32_t events = 0;

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		sd_event_source_disable_unref(source);
		return 0;
	}
	if (what & CURL_POLL_IN)
		events |= EPOLLIN;
	if (what & CURL_POLL_OUT)
		events |= EPOLLOUT;
	if (source)
		return sd_event_source_set_io_events(source, events) < 0 ? -1 : 0;
	if (sd_event_add_io(client->event, &source, socket, events, on_socket_ready, client) < 0)
		return -1;
	curl_multi_assign(client->multi, socket, source);
	return 0;
}

/* libcurl wants to be called in so many milliseconds; -1: not at all (CURLMOPT_TIMERFUNCTION). */
static int set_timer(CURLM *multi, long milliseconds, void *context)
{
	struct http_client *client = context;
	int r;

	(void)multi;
	if (milliseconds < 0)
		return sd_event_source_set_enabled(client->timer, SD_EVENT_OFF) < 0 ? -1 : 0;
	r = sd_event_source_set_time_relative(client->timer,
					      (uint64_t)milliseconds * (NS_PER_MS / NS_PER_US));
	if (r >= 0)
		r = sd_event_source_set_enabled(client->timer, SD_EVENT_ONESHOT);
	return r < 0 ? -1 : 0;
}

static void cleanup_client(struct http_client **client)
{
	http_client_free(*client);
}

int http_client_new(sd_event *event, struct http_client **client)
{
	CLEANUP(cleanup_client) struct http_client *new = calloc(1, sizeof(*new));
	int r;

	/* libcurl counts its users; the count fails only for the first, and bears one end too many.
	 */
	if (!new || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return -ENOMEM;
	new->event = sd_event_ref(event);
	new->multi = curl_multi_init();
	if (!new->multi)
		return -ENOMEM;
	r = sd_event_add_time(event, &new->timer, CLOCK_MONOTONIC, 0, TIMER_ACCURACY_US, on_timer,
			      new);
	if (r < 0)
		return r;
	r = sd_event_source_set_enabled(new->timer, SD_EVENT_OFF);
	if (r < 0)
		return r;
	curl_multi_setopt(new->multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
	curl_multi_setopt(new->multi, CURLMOPT_SOCKETDATA, new);
	curl_multi_setopt(new->multi, CURLMOPT_TIMERFUNCTION, set_timer);
	curl_multi_setopt(new->multi, CURLMOPT_TIMERDATA, new);
	*client = TAKE_POINTER(new);
	return 0;
}

void http_client_free(struct http_client *client)
{
	if (!client)
		return;
	curl_multi_cleanup(client->multi);
	sd_event_source_disable_unref(client->timer);
	sd_event_unref(client->event);
	curl_global_cleanup();
	free(client);
}

static size_t discard(char *data, size_t size, size_t count, void *context)
{
	(void)data;
	(void)context;
	return size * count;
}

/* What is the same in every request. */
static CURLcode set_manners(CURL *easy)
{
	static const struct {
		CURLoption option;
		long value;
	} numbers[] = {
		{CURLOPT_NOSIGNAL, 1},      /* no SIGALRM in a daemon with threads */
		{CURLOPT_FRESH_CONNECT, 1}, /* a connection kept alive says nothing of the next */
		{CURLOPT_FORBID_REUSE, 1},
		{CURLOPT_FOLLOWLOCATION, 0}, /* it may lead to another host */
		{CURLOPT_PATH_AS_IS, 1},     /* the operator's path, dots and all */
		{CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1},
	};
	static const struct {
		CURLoption option;
		const char *value;
	} strings[] = {
		{CURLOPT_NOPROXY, "*"},
		{CURLOPT_PROTOCOLS_STR, "http,https"},
		{CURLOPT_USERAGENT, "vipd/" VIPD_VERSION},
	};
	CURLcode code = curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, discard);

	for (size_t i = 0; code == CURLE_OK && i < sizeof(numbers) / sizeof(numbers[0]); i++)
		code = curl_easy_setopt(easy, numbers[i].option, numbers[i].value);
	for (size_t i = 0; code == CURLE_OK && i < sizeof(strings) / sizeof(strings[0]); i++)
		code = curl_easy_setopt(easy, strings[i].option, strings[i].value);
	return code;
}

/* What is this request's own. */
static CURLcode set_target(struct http_request *request, const char *url)
{
	long milliseconds = (long)((request->timeout + NS_PER_MS - 1) / NS_PER_MS);
	CURLcode code = curl_easy_setopt(request->easy, CURLOPT_URL, url);

	if (code == CURLE_OK)
		code = curl_easy_setopt(request->easy, CURLOPT_TIMEOUT_MS, milliseconds);
	if (code == CURLE_OK)
		code = curl_easy_setopt(request->easy, CURLOPT_ERRORBUFFER, request->failure);
	if (code == CURLE_OK)
		code = curl_easy_setopt(request->easy, CURLOPT_PRIVATE, request);
	return code;
}

static void cleanup_request(struct http_request **request)
{
	http_request_free(*request);
}

int http_request_new(struct http_client *client, const char *url, uint64_t timeout, http_done done,
		     void *context, struct http_request **request)
{
	CLEANUP(cleanup_request) struct http_request *new = calloc(1, sizeof(*new));
	CURLcode code;

	if (!new)
		return -ENOMEM;
	new->client = client;
	new->timeout = timeout;
	new->done = done;
	new->context = context;
	new->easy = curl_easy_init();
	if (!new->easy)
		return -ENOMEM;
	code = set_manners(new->easy);
	if (code == CURLE_OK)
		code = set_target(new, url);
	if (code != CURLE_OK)
		return code == CURLE_OUT_OF_MEMORY ? -ENOMEM : -ENOTSUP;
	*request = TAKE_POINTER(new);
	return 0;
}

int http_request_send(struct http_request *request)
{
	if (request->running)
		return -EBUSY;
	request->failure[0] = '\0';
	if (curl_multi_add_handle(request->client->multi, request->easy) != CURLM_OK)
		return -ENOMEM;
	request->running = true;
	return 0;
}

void http_request_free(struct http_request *request)
{
	if (!request)
		return;
	if (request->running)
		curl_multi_remove_handle(request->client->multi, request->easy);
	curl_easy_cleanup(request->easy);
	free(request);
}
