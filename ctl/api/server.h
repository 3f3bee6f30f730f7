/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The control socket: a stream of lines, one JSON object each way a line. Requests are
 * {"command": NAME, ...}; what cannot be done is answered by {"error": TEXT}. Everything happens
 * in the caller's event loop, and nothing in it blocks.
 */
#ifndef VIPD_API_SERVER_H
#define VIPD_API_SERVER_H

#include <stdio.h>
#include <systemd/sd-event.h>

#include "ctl/api/node.h"
#include "ctl/events/events.h"

struct server;

struct server_setup {
	sd_event *event;         /* must outlive the server */
	const char *path;        /* of the socket; copied */
	struct events *events;   /* that clients follow; must outlive the server */
	const struct node *node; /* must outlive the server; what it points to may change */
	/*
	 * Go over to the configuration as it is on disk now. @report gets a line for each thing
	 * wrong with it. Return: 0, or a negative errno: the old one runs on.
	 */
	int (*reload)(FILE *report, void *context);
	void *context;
};

/**
 * server_start() - listen
 *
 * A socket that a crashed run left is replaced; one that somebody listens on is not.
 *
 * Return: 0, or a negative errno after one logged message.
 */
int server_start(const struct server_setup *setup, struct server **server);

/** server_stop() - close all connections and remove the socket. NULL is fine. */
void server_stop(struct server *server);

#endif
