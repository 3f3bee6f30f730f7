/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Serves a table of routes over HTTP, in the main loop and without threads. Clients do not log in,
 * so they must not be able to keep the loop busy: a snapshot of the node is taken, and a page
 * rendered, at most once a second, and all requests within that second get the same page. The
 * number of connections, of connections from one address, and of answers in a second is limited.
 *
 * The control socket does not share these snapshots, because an operator must see at once what an
 * order has done.
 */
#ifndef VIPD_HTTP_HTTP_H
#define VIPD_HTTP_HTTP_H

#include <stdint.h>
#include <systemd/sd-event.h>

#include "ctl/part/node.h"
#include "ctl/part/route.h"
#include "maps/address.h"

/* Requests beyond so many in a second are answered by 503. */
#define HTTP_ANSWERS_MAX 50

struct http;

struct http_setup {
	sd_event *event;                        /* must outlive the result */
	const struct node *node;                /* the same; what it points to may change */
	const struct http_route *const *routes; /* NULL ends it */
	struct ip_address address;              /* :: is every address of both families */
	uint16_t port;                          /* host order; 0: any, see http_port() */
	struct http *successor_of; /* may have the same port, and is stopped next; NULL: nobody */
};

/**
 * http_start() - listen
 *
 * Return: 0, or a negative errno after one logged message.
 */
int http_start(const struct http_setup *setup, struct http **http);

/** http_port() - where it listens, host order. */
uint16_t http_port(const struct http *http);

/** http_stop() - NULL is fine. */
void http_stop(struct http *http);

#endif
