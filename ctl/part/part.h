/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A part of the running node, as BIRD has its protocols: something that follows the configuration
 * and can be started, reloaded and stopped without knowing who else there is. ctl/node/parts.c
 * lists all parts in the order in which they start; they stop in the opposite order. Whoever adds a
 * capability writes a folder with one of these in it and adds a line to that table.
 *
 * A reload is one transaction over all parts. Each part is asked to prepare; if all can, each
 * commits, else those that prepared abort, in the opposite order. A start is the same transaction
 * with nothing before: all parts make their state, then all prepare, then all commit, and last of
 * all those begin that attract frames. So whatever can fail at a start has failed before anything
 * changes that serves, be it what the run before has left. All of this runs in the main loop.
 */
#ifndef VIPD_PART_PART_H
#define VIPD_PART_PART_H

#include <stdio.h>

struct alarms;
struct command;
struct config;
struct http_route;
struct json_t;
struct net_link;
struct node;

struct part {
	const char *name; /* as the log has it: "steering" */

	/**
	 * start() - make the part's state, before its first prepare(); NULL: it has none to make
	 *
	 * Those that stand before it have started, but follow no configuration yet. Nothing that a
	 * run before has left is changed here. When the start fails later on, stop() is called.
	 *
	 * Return: 0, or a negative errno after one logged message.
	 */
	int (*start)(struct node *node);

	/**
	 * prepare() - get ready to follow another configuration, or the first
	 * @node: node->config is in force; at the start it is @next, and no part follows it yet.
	 * @next: whoever keeps a pointer into it takes a reference.
	 * @plan: what commit() or abort() needs, for one of them to free.
	 *
	 * Everything that can fail happens here. Nothing that the dataplane, the network or another
	 * part can see changes, except by additions that abort() takes back. NULL, with commit()
	 * and abort(): the part does not depend on the configuration.
	 *
	 * Return: 0, or a negative errno after one logged message; there is nothing to abort then.
	 */
	int (*prepare)(struct node *node, const struct config *next, void **plan);

	/** commit() - follow it from now on; node->config is @next by now. This cannot fail. */
	void (*commit)(struct node *node, void *plan);

	/**
	 * finish() - take away what nobody needs any more, once all parts have committed
	 *
	 * The parts finish in the opposite order, so what attracts frames to an address has let go
	 * of it before the address goes. NULL: commit() has done all. If not, it leaves the plan.
	 */
	void (*finish)(struct node *node, void *plan);

	/** abort() - leave everything as it was before prepare(). */
	void (*abort)(struct node *node, void *plan);

	/**
	 * begin() - attract frames, once all parts follow the first configuration; NULL: it
	 * attracts none
	 *
	 * Return: 0, or a negative errno after one logged message. What may come yet, such as an
	 * interface, is no error, but waited for.
	 */
	int (*begin)(struct node *node);

	/**
	 * stop() - end, and free; called only after start(). NULL: there is nothing to end.
	 *
	 * With node->keep, what is in the kernel and on the host stays as it is.
	 */
	void (*stop)(struct node *node);

	/*
	 * What a part may want to hear, in the order of the table. NULL means that it does not.
	 */

	/**
	 * link_changed() - the device that carries the VIPs changed, went or came back
	 *
	 * What the host needs has been made on it before. Parts that are to attract frames, or to
	 * send, stand below those that serve or hear.
	 *
	 * Return: 0, or a negative errno after one logged message: the link is of no use like that.
	 * All parts are told again a second later, and no instance takes part until then.
	 */
	int (*link_changed)(struct node *node, const struct net_link *link);

	/** weigh() - something that the standing of this node depends on has changed. */
	void (*weigh)(struct node *node);

	/*
	 * What a part shows of itself, after it has started. NULL means that there is nothing.
	 */

	/**
	 * status() - add members to the answer to "status", which become a contract with scripts
	 * @status: see ctl/base/json.h; for example value_set(status, "notify", ...).
	 */
	void (*status)(const struct node *node, struct json_t **status);

	/** metrics() - write whole metrics, see ctl/base/metric_text.h. */
	void (*metrics)(const struct node *node, FILE *text);

	/** alarms() - say what is wrong with this node, see ctl/part/alarm.h. */
	void (*alarms)(const struct node *node, struct alarms *alarms);

	/* What vipctl can order of it; NULL: nothing, else NULL ends it. */
	const struct command *const *commands;

	/* What is served of it over HTTP; NULL: nothing, else NULL ends it. */
	const struct http_route *const *routes;

	/** leave() - the node begins to leave: node->leaving_since is set. */
	void (*leave)(struct node *node);

	/**
	 * restart() - the node is about to end, and another run to go on with what it keeps
	 *
	 * Others are asked for the patience that this takes.
	 */
	void (*restart)(struct node *node);
};

#endif
