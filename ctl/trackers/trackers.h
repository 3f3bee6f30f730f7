/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What this node watches of itself for its elections: interfaces, files, processes, and checks like
 * those of backends. All of it in the event loop, which is never blocked.
 */
#ifndef VIPD_TRACKERS_TRACKERS_H
#define VIPD_TRACKERS_TRACKERS_H

#include <systemd/sd-event.h>

#include "ctl/config/config.h"
#include "ctl/net/monitor.h"
#include "ctl/trackers/weights.h"

struct trackers;

/*
 * Called in the event loop once for each change of a state or number, the first time from
 * TRACKED_UNDECIDED; @tracker is an index in the configuration. It must not call trackers_stop().
 */
typedef void (*tracker_changed)(size_t tracker, const struct tracker_status *status, void *context);

/**
 * trackers_start() - begin to watch; the first results come in turns of the loop
 * @before: what ran until now, or NULL. Trackers that have a name in common with it begin as that
 *          one was; new ones begin as up, so that a reload alone moves nothing.
 * @event: the loop; referenced.
 * @monitor: for trackers of interfaces; must outlive the result. NULL where there are none.
 * @changed: with @context, for each change.
 * @trackers: the result, for trackers_stop().
 *
 * Return: 0, or a negative errno after one logged message.
 */
int trackers_start(const struct config *config, const struct trackers *before, sd_event *event,
		   struct monitor *monitor, tracker_changed changed, void *context,
		   struct trackers **trackers);

/** trackers_statuses() - of all of them, in the order of the configuration, until stopped. */
const struct tracker_status *trackers_statuses(const struct trackers *trackers);

/** trackers_stop() - NULL is fine. */
void trackers_stop(struct trackers *trackers);

#endif
