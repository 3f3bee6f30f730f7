/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The control socket: a stream of lines, one JSON object each way a line. Requests are
 * {"command": NAME, ...}; what cannot be done is answered by {"error": TEXT}. Everything happens
 * in the main loop, and nothing in it blocks.
 *
 *   server.h     the socket, and who is connected to it
 *   access.h     who may do what
 *   session.h    one client: bytes to lines, and answers back
 *   commands.h   from a line to the command that it asks for
 *   broadcast.h  events to the clients that follow them
 *
 * A client can slow down nobody but itself: one request in a turn of the loop, no reading ahead of
 * its answers, no connection that is idle for long. When all places are taken, the client that has
 * been idle for longest makes room; root always gets in.
 */
#ifndef VIPD_API_SERVER_H
#define VIPD_API_SERVER_H

#include <stdio.h>
#include <systemd/sd-event.h>

#include "ctl/api/access.h"
#include "ctl/events/events.h"
#include "ctl/part/command.h"
#include "ctl/part/node.h"

struct server;

struct server_setup {
	sd_event *event;         /* must outlive the server */
	const char *path;        /* of the socket; copied */
	struct events *events;   /* that clients follow; must outlive the server */
	const struct node *node; /* must outlive the server; what it points to may change */
	/* What clients can ask for besides ctl/api's own; NULL ends it, or stands for none. */
	const struct command *const *commands;
	uint64_t patience; /* ns, after which an idle client is dropped; 0: a minute */
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
 * A socket that a crashed run left is replaced; one that somebody listens on is not. Until
 * server_commit() it is for root alone.
 *
 * Return: 0, or a negative errno after one logged message.
 */
int server_start(const struct server_setup *setup, struct server **server);

struct server_plan;

/**
 * server_prepare() - find the groups that another configuration names
 *
 * Return: 0, or a negative errno after one logged message.
 */
int server_prepare(struct server *server, const struct config *next, struct server_plan **plan);

/**
 * server_commit() - let these in from now on; whoever is connected keeps what it may do
 *
 * A socket whose group or mode cannot be changed is logged; it lets in nobody whom it should not.
 */
void server_commit(struct server *server, struct server_plan *plan);

/** server_abort() - it was not to be. */
void server_abort(struct server *server, struct server_plan *plan);

/** server_stop() - close all connections and remove the socket. NULL is fine. */
void server_stop(struct server *server);

/* For commands. */

/** server_setup() - what the server was started with. */
const struct server_setup *server_setup(const struct server *server);

/** server_follow() - send a client the last events, and all that follow. */
void server_follow(struct server *server, struct session *session);

/** server_reload() - Return: 0, or a negative errno: the old configuration runs on. */
int server_reload(const struct server *server, FILE *report);

#endif
