/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * HTTP GET in an event loop: libcurl's multi interface on sd-event, so that nothing waits. A
 * request is set up once and may be sent again and again, each time over a new connection: only
 * that proves that one is accepted.
 */
#ifndef VIPD_HEALTH_HTTP_H
#define VIPD_HEALTH_HTTP_H

#include <stdint.h>
#include <systemd/sd-event.h>

struct http_client;
struct http_request;

struct http_result {
	unsigned int status; /* of the answer; 0: none came */
	uint64_t elapsed;    /* ns from the start of the connect to the end of the answer */
	const char
		*failure; /* NULL: a complete answer; else why not, for people; valid in the call */
};

/*
 * Called in the event loop at the end of a request that was sent. It may send the same request
 * again and free or send others; it must not free its own request or the client.
 */
typedef void (*http_done)(const struct http_result *result, void *context);

/**
 * http_client_new() - what all requests of a loop share
 * @event: the loop; referenced.
 * @client: the result, for http_client_free().
 *
 * Return: 0, or a negative errno.
 */
int http_client_new(sd_event *event, struct http_client **client);

/** http_client_free() - after its last request was freed. NULL is fine. */
void http_client_free(struct http_client *client);

/**
 * http_request_new() - prepare a GET
 * @client: must outlive the request.
 * @url: http:// or https://, with a numeric address: a name's look-up is not part of a check.
 * @timeout: ns for the whole of it, connect included; rounded up to milliseconds.
 * @done: gets the result, with @context, once for each time the request is sent.
 * @request: the result, for http_request_free().
 *
 * Redirects are not followed, bodies are read and thrown away, proxies from the environment
 * ignored.
 *
 * Return: 0, or a negative errno.
 */
int http_request_new(struct http_client *client, const char *url, uint64_t timeout, http_done done,
		     void *context, struct http_request **request);

/**
 * http_request_send() - start it; the result comes later, never from within this call.
 *
 * Return: 0; -EBUSY while it is under way; another negative errno, and there will be no result.
 */
int http_request_send(struct http_request *request);

/** http_request_free() - cancel it if it is under way, without a result. NULL is fine. */
void http_request_free(struct http_request *request);

#endif
