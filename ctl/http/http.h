/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pages over HTTP, from a table of routes, in the main loop and without threads. Nobody has to log
 * in, so nobody gets much: a snapshot of the node is taken, and a page rendered, at most once a
 * second; all who ask within that second get the same. There are so many connections, so many of
 * one address, and so many answers a second.
 *
 * The control socket does not share these snapshots: what an operator sees after an order must be
 * what the order did.
 */
#ifndef VIPD_HTTP_HTTP_H
#define VIPD_HTTP_HTTP_H

#include <stdint.h>
#include <systemd/sd-event.h>

#include "ctl/part/node.h"
#include "ctl/part/route.h"
#include "maps/address.h"

/* How many answers there are in a second; to further requests it is 503. */
#define HTTP_ANSWERS_MAX 50

struct http;

struct http_setup {
	sd_event *event;                        /* must outlive the result */
	const struct node *node;                /* the same; what it points to may change */
	const struct http_route *const *routes; /* NULL ends it */
	struct ip_address address;              /* :: is every address of both families */
	uint16_t port;                          /* host order; 0: any, see http_port() */
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
