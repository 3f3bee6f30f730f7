/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The control socket. It carries a stream of lines, and each line is a JSON object. A request is
 * {"command": NAME, ...}; a request that cannot be fulfilled is answered by {"error": TEXT}.
 *
 * ctl/api is the window of the node to operators. All of it runs in the main loop, and nothing in
 * it blocks. Its files are in two groups:
 *
 *   server.h      the socket, and who is connected to it
 *   access.h      what a client may do, by its credentials
 *   session.h     one client: bytes become lines, and answers become bytes
 *   commands.h    finds the command of a request, checks the request, runs the command
 *   broadcast.h   sends events to the clients that follow them (events.h makes them JSON)
 *
 *   snapshot.h    the node at one moment, copied out of the parts
 *   status.h      a snapshot as the answers to "status" and "drops"; backends.h helps
 *   exposition.h  a snapshot as metrics, which ctl/http serves
 *   drain.h, failover.h, explain.h
 *                 commands that do more than show a snapshot
 *
 * The snapshot separates the two: only snapshot.c looks into the parts of the node, and what is
 * made of a snapshot is pure. A part adds its own members, metrics, alarms and commands through its
 * struct part, without an edit here.
 *
 * A client can slow down nobody but itself. It gets one request in a turn of the loop, nothing is
 * read from it while an answer waits, and its connection is closed when it is idle for long. When
 * all places are taken, the client that has been idle for longest makes room. Root always gets in.
 *
 * The server owns all sessions; a session owns its connection and its buffers. A command may keep
 * the session for a later answer until session_wait()'s cancel() is called. Events reach the server
 * from the queue of ctl/events, never from within a command.
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
	/* Commands besides those of ctl/api itself. NULL ends the list, or stands for none. */
	const struct command *const *commands;
	uint64_t patience; /* ns, after which an idle client is dropped; 0: a minute */
	/*
	 * Goes over to the configuration as it is on disk now. @report gets a line for each fault
	 * in it. Return: 0, or a negative errno: the old one runs on.
	 */
	int (*reload)(const struct report *report, void *context);
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
 * server_commit() - let the members of these groups in from now on
 *
 * Clients that are connected keep what they may do. If the group or the mode of the socket cannot
 * be changed, that is logged; nobody gets in who should not.
 */
void server_commit(struct server *server, struct server_plan *plan);

/** server_abort() - frees the plan; all is as before. */
void server_abort(struct server *server, struct server_plan *plan);

/** server_stop() - close all connections and remove the socket. NULL is fine. */
void server_stop(struct server *server);

/* For commands. */

/** server_setup() - what the server was started with. */
const struct server_setup *server_setup(const struct server *server);

/** server_follow() - send a client the last events, and all that follow. */
void server_follow(struct server *server, struct session *session);

/** server_reload() - Return: 0, or a negative errno: the old configuration runs on. */
int server_reload(const struct server *server, const struct report *report);

#endif
