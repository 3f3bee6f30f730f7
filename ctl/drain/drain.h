/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which nodes are drained: since when, until when, why. What an operator ordered is kept in a file,
 * so that it outlives the controller, and its times are the wall clock's. A hold lasts as long as a
 * condition of this host does, an interface that is down for one; it is in no file, and no order
 * ends it.
 *
 * An order is the cluster's, wherever it was given: of two orders about a node the later one is in
 * force, and each node takes over what it hears of others. So the end of a drain is an order, too,
 * and both are kept.
 */
#ifndef VIPD_DRAIN_DRAIN_H
#define VIPD_DRAIN_DRAIN_H

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "ctl/config/config.h"

#define DRAIN_REASON_MAX 256

struct drain {
	char node[CONFIG_NAME_MAX];
	char reason[DRAIN_REASON_MAX]; /* UTF-8; empty: none was given */
	uint64_t since;                /* ns since the epoch */
	uint64_t until;                /* ns since the epoch; 0: until it is ended */
	bool held;                     /* a hold, not an order */
};

/* The last order about a node. */
struct drain_order {
	char node[CONFIG_NAME_MAX];
	uint64_t at; /* when it was given, ms since the epoch, by the clock of the node it was
			given on; later than any order before it */
	uint64_t
		until; /* ns since the epoch, when the drain ends; 0: not before an order says so */
	bool drained;
};

struct drains;

/*
 * Called after a node's drain began, ended or became another one: by drains_set(), drains_clear()
 * and drains_hold() before they return, and in the event loop when the time of one is over. @drain
 * is NULL for a node that is drained no longer. It must not change any drain.
 */
typedef void (*drains_changed)(const char *node, const struct drain *drain, void *context);

/**
 * drains_open() - who was drained when the controller ran last
 * @path: of the file; none is as good as an empty one. What is in it and cannot be read, or is over
 *        by now, is logged and left out.
 * @event: the loop that the ends come in; referenced.
 * @changed: with @context; may be NULL. Not called for what was read: see drains_find().
 * @drains: the result, for drains_close().
 *
 * Return: 0, or a negative errno after one logged message.
 */
int drains_open(const char *path, sd_event *event, drains_changed changed, void *context,
		struct drains **drains);

/**
 * drains_set() - an order: drain a node
 * @node: its name. One that is drained already stays so since then.
 * @reason: UTF-8, shorter than DRAIN_REASON_MAX; NULL: none.
 * @duration: ns; 0: until drains_clear().
 * @now: ns since the epoch.
 *
 * An order that cannot be written to the file is logged, and holds until the controller ends.
 *
 * Return: 0; -EINVAL when a text is too long; -ENOSPC when too many nodes are drained.
 */
int drains_set(struct drains *drains, const char *node, const char *reason, uint64_t duration,
	       uint64_t now);

/** drains_clear() - end an order. Return: 0, or -ENOENT when there is none. */
int drains_clear(struct drains *drains, const char *node);

/**
 * drains_orders() - the last order about each node that there ever was one about
 * @orders: room for MAX_PEERS.
 *
 * Return: how many there are.
 */
size_t drains_orders(const struct drains *drains, struct drain_order *orders);

/**
 * drains_adopt() - take over an order that was given on another node
 * @now: ns since the epoch.
 *
 * One that is not later than the order in force changes nothing, nor does one that is more than a
 * day ahead of our clock: nobody could countermand it.
 *
 * Return: whether it is in force now, and was not before.
 */
bool drains_adopt(struct drains *drains, const struct drain_order *order, uint64_t now);

/**
 * drains_hold() - drain a node as long as something lasts
 * @reason: what; NULL: it is over.
 * @now: ns since the epoch.
 *
 * Return: as drains_set().
 */
int drains_hold(struct drains *drains, const char *node, const char *reason, uint64_t now);

/**
 * drains_find() - why a node is drained
 *
 * Return: the order, or else the hold, valid until something changes; NULL: it is not drained.
 */
const struct drain *drains_find(const struct drains *drains, const char *node);

/** drains_close() - the file stays. NULL is fine. */
void drains_close(struct drains *drains);

#endif
