// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/checks/transfer.h"

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

struct transfers {
	sd_event *event;
	sd_event_source *timer; /* libcurl says when it is due */
	CURLM *multi;
};

struct transfer {
	struct transfers *transfers;
	CURL *easy;
	struct curl_slist *endpoint; /* for CURLOPT_CONNECT_TO */
	struct curl_slist *headers;
	uint64_t timeout; /* ns */
	transfer_received received;
	transfer_done done;
	void *context;
	bool running;
	char failure[CURL_ERROR_SIZE];
};

/* "Connection refused", but not "SSL ..." or "OpenSSL/3.0: ...". */
static bool begins_as_sentence(const char *text)
{
	const char *rest = text + 1;

	if (!isupper((unsigned char)*text))
		return false;
	while (islower((unsigned char)*rest))
		rest++;
	return rest > text + 1 && *rest == ' ';
}

/* Says in transfer->failure why there is no complete answer. libcurl has written its own words
 * there if it had any. */
static void describe_failure(struct transfer *transfer, CURLcode code, long status)
{
	double seconds = (double)transfer->timeout / (double)NS_PER_S;
	size_t room = sizeof(transfer->failure);
	long error = 0;

	if (code == CURLE_COULDNT_CONNECT || code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR)
		curl_easy_getinfo(transfer->easy, CURLINFO_OS_ERRNO, &error);
	if (code == CURLE_OPERATION_TIMEDOUT && status)
		snprintf(transfer->failure, room, "HTTP %ld, but no end of it within %g s", status,
			 seconds);
	else if (code == CURLE_OPERATION_TIMEDOUT)
		snprintf(transfer->failure, room, "no answer within %g s", seconds);
	else if (error)
		snprintf(transfer->failure, room, "%s", strerror((int)error));
	else if (!transfer->failure[0])
		snprintf(transfer->failure, room, "%s", curl_easy_strerror(code));

	if (begins_as_sentence(transfer->failure))
		transfer->failure[0] = (char)tolower((unsigned char)transfer->failure[0]);
}

static void finish(struct transfer *transfer, CURLcode code)
{
	long status = 0;
	curl_off_t elapsed = 0; /* us */

	curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(transfer->easy, CURLINFO_TOTAL_TIME_T, &elapsed);
	if (code != CURLE_OK)
		describe_failure(transfer, code, status);
	curl_multi_remove_handle(transfer->transfers->multi, transfer->easy);
	transfer->running = false;

	const struct transfer_result result = {
		.status = (unsigned int)status,
		.elapsed = (uint64_t)elapsed * NS_PER_US,
		.failure = code == CURLE_OK ? NULL : transfer->failure,
	};

	transfer->done(&result, transfer->context);
}

/* Let libcurl do what it can without waiting, then hand out what is complete. Whatever goes wrong
 * in libcurl goes wrong for one transfer, and is part of its result. */
static void drive(struct transfers *transfers, curl_socket_t socket, int ready)
{
	struct transfer *transfer;
	CURLMsg *message;
	int count;

	curl_multi_socket_action(transfers->multi, socket, ready, &count);
	while ((message = curl_multi_info_read(transfers->multi, &count))) {
		CURLcode code = message->data.result;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
		finish(transfer, code);
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

/* libcurl wants another set of events for a socket (CURLMOPT_SOCKETFUNCTION). @assigned is the
 * source that we assigned to the socket; NULL at first. To return -1 makes the transfers fail, as
 * it should. */
static int watch_socket(CURL *easy, curl_socket_t socket, int what, void *context, void *assigned)
{
	struct transfers *transfers = context;
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
	if (sd_event_add_io(transfers->event, &source, socket, events, on_socket_ready, transfers) <
	    0)
		return -1;
	curl_multi_assign(transfers->multi, socket, source);
	return 0;
}

/* libcurl wants to be called in so many milliseconds; -1: not at all (CURLMOPT_TIMERFUNCTION). */
static int set_timer(CURLM *multi, long milliseconds, void *context)
{
	struct transfers *transfers = context;
	int error;

	(void)multi;
	if (milliseconds < 0)
		return sd_event_source_set_enabled(transfers->timer, SD_EVENT_OFF) < 0 ? -1 : 0;
	error = sd_event_source_set_time_relative(transfers->timer,
						  (uint64_t)milliseconds * (NS_PER_MS / NS_PER_US));
	if (error >= 0)
		error = sd_event_source_set_enabled(transfers->timer, SD_EVENT_ONESHOT);
	return error < 0 ? -1 : 0;
}

static void cleanup_transfers(struct transfers **transfers)
{
	transfers_free(*transfers);
}

int transfers_new(sd_event *event, struct transfers **transfers)
{
	CLEANUP(cleanup_transfers) struct transfers *new = calloc(1, sizeof(*new));
	int error;

	/* libcurl counts its users. Only the first one can fail, and one cleanup too many does no
	 * harm. */
	if (!new || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return -ENOMEM;
	new->event = sd_event_ref(event);
	new->multi = curl_multi_init();
	if (!new->multi)
		return -ENOMEM;
	error = sd_event_add_time(event, &new->timer, CLOCK_MONOTONIC, 0, TIMER_ACCURACY_US,
				  on_timer, new);
	if (error < 0)
		return error;
	error = sd_event_source_set_enabled(new->timer, SD_EVENT_OFF);
	if (error < 0)
		return error;
	curl_multi_setopt(new->multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
	curl_multi_setopt(new->multi, CURLMOPT_SOCKETDATA, new);
	curl_multi_setopt(new->multi, CURLMOPT_TIMERFUNCTION, set_timer);
	curl_multi_setopt(new->multi, CURLMOPT_TIMERDATA, new);
	*transfers = TAKE_POINTER(new);
	return 0;
}

void transfers_free(struct transfers *transfers)
{
	if (!transfers)
		return;
	curl_multi_cleanup(transfers->multi);
	sd_event_source_disable_unref(transfers->timer);
	sd_event_unref(transfers->event);
	curl_global_cleanup();
	free(transfers);
}

/* CURLOPT_WRITEFUNCTION; the size of an element is always 1. */
static size_t take_body(char *data, size_t size, size_t count, void *context)
{
	const struct transfer *transfer = context;

	if (transfer->received)
		transfer->received(data, size * count, transfer->context);
	return size * count;
}

struct number {
	CURLoption option;
	long value;
};

struct string {
	CURLoption option;
	const void *value;
};

static CURLcode set_numbers(CURL *easy, const struct number *numbers, size_t count)
{
	CURLcode code = CURLE_OK;

	for (size_t i = 0; code == CURLE_OK && i < count; i++)
		code = curl_easy_setopt(easy, numbers[i].option, numbers[i].value);
	return code;
}

static CURLcode set_strings(CURL *easy, const struct string *strings, size_t count)
{
	CURLcode code = CURLE_OK;

	for (size_t i = 0; code == CURLE_OK && i < count; i++)
		code = curl_easy_setopt(easy, strings[i].option, strings[i].value);
	return code;
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* These settings are the same for all transfers. */
static CURLcode set_manners(CURL *easy)
{
	static const struct number numbers[] = {
		{CURLOPT_NOSIGNAL, 1},      /* no SIGALRM in a daemon with threads */
		{CURLOPT_FRESH_CONNECT, 1}, /* a connection kept alive says nothing of the next */
		{CURLOPT_FORBID_REUSE, 1},
		{CURLOPT_SSL_SESSIONID_CACHE, 0},
		{CURLOPT_FOLLOWLOCATION, 0}, /* it may lead to another host */
		{CURLOPT_PATH_AS_IS, 1},     /* the operator's path, dots and all */
		{CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1},
	};
	static const struct string strings[] = {
		{CURLOPT_NOPROXY, "*"},
		{CURLOPT_PROTOCOLS_STR, "http,https"},
		{CURLOPT_USERAGENT, "vipd/" VIPD_VERSION},
	};
	CURLcode code = set_numbers(easy, numbers, COUNT(numbers));

	return code == CURLE_OK ? set_strings(easy, strings, COUNT(strings)) : code;
}

/* Without a host, libcurl sends the address of the endpoint in the Host header. */
static int set_host(struct transfer *transfer, const char *host)
{
	char *header CLEANUP(cleanup_free) = NULL;

	if (!host[0])
		return 0;
	if (asprintf(&header, "Host: %s", host) < 0)
		return -ENOMEM;
	transfer->headers = curl_slist_append(NULL, header);
	if (!transfer->headers)
		return -ENOMEM;
	curl_easy_setopt(transfer->easy, CURLOPT_HTTPHEADER, transfer->headers);
	return 0;
}

/* The URL has the name, and CURLOPT_CONNECT_TO the address to connect to. The port follows the last
 * colon of the endpoint. */
static int set_address(struct transfer *transfer, const struct transfer_settings *settings)
{
	char *url CLEANUP(cleanup_free) = NULL, *endpoint CLEANUP(cleanup_free) = NULL;
	const char *scheme = settings->tls ? "https" : "http";
	const char *port = strrchr(settings->endpoint, ':');
	const char *path = settings->path ?: "/";

	if (settings->host[0]
		    ? asprintf(&url, "%s://%s%s%s", scheme, settings->host, port, path) < 0
		    : asprintf(&url, "%s://%s%s", scheme, settings->endpoint, path) < 0)
		return -ENOMEM;
	if (asprintf(&endpoint, "::%s", settings->endpoint) < 0)
		return -ENOMEM;
	transfer->endpoint = curl_slist_append(NULL, endpoint);
	if (!transfer->endpoint)
		return -ENOMEM;
	if (curl_easy_setopt(transfer->easy, CURLOPT_URL, url) != CURLE_OK)
		return -ENOMEM;
	curl_easy_setopt(transfer->easy, CURLOPT_CONNECT_TO, transfer->endpoint);
	return set_host(transfer, settings->host);
}

static int set_conduct(struct transfer *transfer, const struct transfer_settings *settings)
{
	const struct number numbers[] = {
		{CURLOPT_TIMEOUT_MS, (long)((settings->timeout + NS_PER_MS - 1) / NS_PER_MS)},
		{CURLOPT_CONNECT_ONLY, !settings->path},
		{CURLOPT_SSL_VERIFYPEER, settings->verify},
		{CURLOPT_SSL_VERIFYHOST, settings->verify ? 2 : 0},
	};
	const struct string strings[] = {
		{CURLOPT_ERRORBUFFER, transfer->failure},
		{CURLOPT_PRIVATE, transfer},
		{CURLOPT_WRITEDATA, transfer},
	};
	CURLcode code = curl_easy_setopt(transfer->easy, CURLOPT_WRITEFUNCTION, take_body);

	if (code == CURLE_OK)
		code = set_manners(transfer->easy);
	if (code == CURLE_OK)
		code = set_numbers(transfer->easy, numbers, COUNT(numbers));
	if (code == CURLE_OK)
		code = set_strings(transfer->easy, strings, COUNT(strings));
	return code == CURLE_OK ? 0 : -ENOTSUP;
}

static void cleanup_transfer(struct transfer **transfer)
{
	transfer_free(*transfer);
}

int transfer_new(struct transfers *transfers, const struct transfer_settings *settings,
		 struct transfer **transfer)
{
	CLEANUP(cleanup_transfer) struct transfer *new = calloc(1, sizeof(*new));
	int error;

	if (!new)
		return -ENOMEM;
	new->transfers = transfers;
	new->timeout = settings->timeout;
	new->received = settings->received;
	new->done = settings->done;
	new->context = settings->context;
	new->easy = curl_easy_init();
	if (!new->easy)
		return -ENOMEM;
	error = set_conduct(new, settings);
	if (!error)
		error = set_address(new, settings);
	if (error < 0)
		return error;
	*transfer = TAKE_POINTER(new);
	return 0;
}

int transfer_start(struct transfer *transfer)
{
	if (transfer->running)
		return -EBUSY;
	transfer->failure[0] = '\0';
	if (curl_multi_add_handle(transfer->transfers->multi, transfer->easy) != CURLM_OK)
		return -ENOMEM;
	transfer->running = true;
	return 0;
}

void transfer_free(struct transfer *transfer)
{
	if (!transfer)
		return;
	if (transfer->running)
		curl_multi_remove_handle(transfer->transfers->multi, transfer->easy);
	curl_easy_cleanup(transfer->easy);
	curl_slist_free_all(transfer->endpoint);
	curl_slist_free_all(transfer->headers);
	free(transfer);
}
