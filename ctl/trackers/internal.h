/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Trackers from inside: what trackers.c and the kinds share. A kind is how to look: by_check.c,
 * by_file.c, by_interface.c, by_process.c.
 */
#ifndef VIPD_TRACKERS_INTERNAL_H
#define VIPD_TRACKERS_INTERNAL_H

#include "ctl/checks/transfer.h"
#include "ctl/checks/verdict.h"
#include "ctl/trackers/trackers.h"

struct tracker;

/* What the trackers of a loop share. */
struct tracker_tools {
	const struct config *config;
	sd_event *event;
	struct monitor *monitor;
	struct transfers *transfers;
};

struct tracker_type {
	/** open() - prepare tracker->own. Return: 0, or a negative errno. */
	int (*open)(struct tracker *tracker, const struct tracker_tools *tools);

	/** look() - find out how things are, and tracker_report(), now or later. */
	void (*look)(struct tracker *tracker);

	/** close() - also what open() has made half of; tracker->own may be NULL. */
	void (*close)(struct tracker *tracker);
};

extern const struct tracker_type tracker_by_check;
extern const struct tracker_type tracker_by_file;
extern const struct tracker_type tracker_by_interface;
extern const struct tracker_type tracker_by_process;

struct tracker {
	struct trackers *all;
	const struct config_tracker *config;
	const struct tracker_type *type;
	void *own;              /* the kind's */
	sd_event_source *timer; /* the next look, if there is one to wait for */
	uint64_t looked_at;     /* CLOCK_MONOTONIC ns, by the timer */
	struct verdict verdict; /* of kinds that look again and again */
	struct tracker_status status;
};

/** tracker_report() - how things are; told if it is news. */
void tracker_report(struct tracker *tracker, enum tracker_state state, int number,
		    const char *detail);

/** tracker_count() - one more result for the verdict, which is reported. */
void tracker_count(struct tracker *tracker, bool success, const char *detail);

/** tracker_look_again() - look() is called at a time, CLOCK_MONOTONIC ns; once. */
void tracker_look_again(struct tracker *tracker, uint64_t when);

#endif
