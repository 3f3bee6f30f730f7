/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Named interfaces, and whether each of them is up. An interface that is missing, administratively
 * down or without a carrier is not.
 */
#ifndef VIPD_NET_INTERFACES_H
#define VIPD_NET_INTERFACES_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>

#include "ctl/net/monitor.h"

struct interfaces;
struct interfaces_plan;

/* Called in the event loop after an interface went up or down. It must not call
 * interfaces_close(). */
typedef void (*interface_changed)(const char *name, bool up, void *context);

/**
 * interfaces_open() - begin to watch interfaces
 * @names: @count of them, CONFIG_TRACKED_MAX at most; copied. None need exist.
 * @monitor: must outlive the result.
 * @changed: with @context; may be NULL. It is not called for how things are now, which
 *           interfaces_find_down() tells.
 * @interfaces: the result, for interfaces_close().
 *
 * Return: 0, or a negative errno after one logged message.
 */
int interfaces_open(const char (*names)[IF_NAMESIZE], size_t count, struct monitor *monitor,
		    interface_changed changed, void *context, struct interfaces **interfaces);

/**
 * interfaces_prepare() - get ready to watch other interfaces instead
 * @names: @count of them, as for interfaces_open().
 * @plan: the result, for interfaces_commit() or interfaces_abort() in the same turn of the loop.
 *
 * Return: 0, or a negative errno after one logged message.
 */
int interfaces_prepare(struct interfaces *interfaces, const char (*names)[IF_NAMESIZE],
		       size_t count, struct interfaces_plan **plan);

/** interfaces_commit() - watch those. @plan: freed. @changed is not called for how they are now. */
void interfaces_commit(struct interfaces *interfaces, struct interfaces_plan *plan);

/** interfaces_abort() - watch on as before. @plan: freed; NULL is fine. */
void interfaces_abort(struct interfaces *interfaces, struct interfaces_plan *plan);

/** interfaces_find_down() - the first of the interfaces that is not up; NULL when all are. */
const char *interfaces_find_down(const struct interfaces *interfaces);

/** interfaces_close() - NULL is fine. */
void interfaces_close(struct interfaces *interfaces);

#endif
