/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interfaces whose state means something to the operator: is each of them up? One that is missing,
 * administratively down or without carrier is not.
 */
#ifndef VIPD_NET_TRACK_H
#define VIPD_NET_TRACK_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>

#include "ctl/net/monitor.h"

struct track;
struct track_plan;

/* Called in the event loop after an interface went up or down. It must not call track_close(). */
typedef void (*track_changed)(const char *name, bool up, void *context);

/**
 * track_open() - begin to watch interfaces
 * @names: @count of them, CONFIG_TRACKED_MAX at most; copied. None need exist.
 * @monitor: must outlive the result.
 * @changed: with @context; may be NULL. Not called for how things are now: see track_down().
 * @track: the result, for track_close().
 *
 * Return: 0, or a negative errno after one logged message.
 */
int track_open(const char (*names)[IF_NAMESIZE], size_t count, struct monitor *monitor,
	       track_changed changed, void *context, struct track **track);

/**
 * track_prepare() - get ready to watch other interfaces instead
 * @names: @count of them, as for track_open().
 * @plan: the result, for track_commit() or track_abort() in the same turn of the loop.
 *
 * Return: 0, or a negative errno after one logged message.
 */
int track_prepare(struct track *track, const char (*names)[IF_NAMESIZE], size_t count,
		  struct track_plan **plan);

/** track_commit() - watch those. @plan: freed. Nothing is reported of how they are: track_down().
 */
void track_commit(struct track *track, struct track_plan *plan);

/** track_abort() - watch on as before. @plan: freed; NULL is fine. */
void track_abort(struct track *track, struct track_plan *plan);

/** track_down() - the first of the interfaces that is not up; NULL when all are. */
const char *track_down(const struct track *track);

/** track_close() - NULL is fine. */
void track_close(struct track *track);

#endif
