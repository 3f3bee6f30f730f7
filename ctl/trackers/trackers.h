/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Trackers watch what the elections of this node depend on: interfaces, files, processes, and
 * checks like those of backends. They run in the event loop and never block it.
 *
 *   trackers.c              all trackers, from one configuration to the next
 *   by_check.c, by_file.c,
 *   by_interface.c,
 *   by_process.c            the types of tracker: one file each, and a line in trackers.c
 *   weights.c               pure: what an instance makes of the states of its trackers
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
 * trackers_new() - begin without any
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
 * trackers_commit() - go over to the trackers of a plan, and free it
 *
 * New trackers look in the next turns of the loop. One that has the name of a former tracker begins
 * in its state. Others begin as TRACKED_UNDECIDED at the first commit, and as up at later ones, so
 * that a reload alone moves nothing.
 */
void trackers_commit(struct trackers *trackers, struct trackers_plan *plan);

/** trackers_abort() - free the plan; all is as if it had not been prepared. */
void trackers_abort(struct trackers *trackers, struct trackers_plan *plan);

/**
 * trackers_read() - read the states of the trackers of a configuration
 * @statuses: the result, by index into config->trackers; TRACKED_UNDECIDED if one is not known.
 */
void trackers_read(const struct trackers *trackers, const struct config *config,
		   struct tracker_status *statuses);

/** trackers_free() - NULL is fine. */
void trackers_free(struct trackers *trackers);

#endif
