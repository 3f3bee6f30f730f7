/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What this node watches of itself for its elections: interfaces, files, processes, and checks like
 * those of backends. All of it runs in the event loop, which is never blocked.
 *
 * Trackers are known by their names. A reload leaves alone those that have the same name and the
 * same settings as before.
 */
#ifndef VIPD_TRACKERS_TRACKERS_H
#define VIPD_TRACKERS_TRACKERS_H

#include <systemd/sd-event.h>

#include "ctl/checks/checks.h"
#include "ctl/config/config.h"
#include "ctl/net/monitor.h"
#include "ctl/trackers/weights.h"

struct trackers;
struct trackers_plan;

/*
 * Called in the event loop once for each change of a state or number, the first time from
 * TRACKED_UNDECIDED. It must neither commit a plan nor call trackers_free().
 */
typedef void (*tracker_changed)(const char *tracker, const struct tracker_status *status,
				void *context);

struct trackers_setup {
	sd_event *event;         /* referenced */
	struct checks *checks;   /* must outlive it, as must the monitor */
	struct monitor *monitor; /* for trackers of interfaces; NULL where there are none */
	tracker_changed changed; /* with @context, for each change */
	void *context;
};

/**
 * trackers_new() - none yet
 * @trackers: the result, for trackers_free().
 *
 * Return: 0, or a negative errno after one logged message.
 */
int trackers_new(const struct trackers_setup *setup, struct trackers **trackers);

/**
 * trackers_prepare() - get ready for the trackers of another configuration
 * @next: needed in the call only.
 * @plan: the result, for trackers_commit() or trackers_abort().
 *
 * Return: 0, or a negative errno after one logged message; nothing has changed then.
 */
int trackers_prepare(struct trackers *trackers, const struct config *next,
		     struct trackers_plan **plan);

/**
 * trackers_commit() - these are the trackers from now on; frees the plan
 *
 * New ones look in the next turns of the loop. Those that have a name in common with one of before
 * begin as that one was. Others begin as TRACKED_UNDECIDED by the first commit, and as up by a
 * later one, so that a reload alone moves nothing.
 */
void trackers_commit(struct trackers *trackers, struct trackers_plan *plan);

/** trackers_abort() - frees the plan; all is as if it had not been prepared. */
void trackers_abort(struct trackers *trackers, struct trackers_plan *plan);

/**
 * trackers_read() - how the trackers of a configuration are
 * @statuses: the result, by index into config->trackers; TRACKED_UNDECIDED if one is not known.
 */
void trackers_read(const struct trackers *trackers, const struct config *config,
		   struct tracker_status *statuses);

/** trackers_free() - NULL is fine. */
void trackers_free(struct trackers *trackers);

#endif
