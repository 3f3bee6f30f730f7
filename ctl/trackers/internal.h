/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What trackers.c and the types of tracker share. Each type knows how to look: by_check.c,
 * by_file.c, by_interface.c, by_process.c.
 */
#ifndef VIPD_TRACKERS_INTERNAL_H
#define VIPD_TRACKERS_INTERNAL_H

#include "ctl/checks/checks.h"
#include "ctl/checks/verdict.h"
#include "ctl/trackers/trackers.h"

struct tracker;

/* What the trackers of a loop share. */
struct tracker_tools {
	sd_event *event;
	struct checks *checks;
	struct monitor *monitor;
	const struct config_peer *self; /* this node, for the call */
};

struct tracker_type {
	size_t size; /* of its structure, which begins with a struct tracker */

	/** open() - prepare the rest of it, which is zero. Return: 0, or a negative errno. */
	int (*open)(struct tracker *tracker, const struct tracker_tools *tools);

	/** start() - look once, and call tracker_report(), now or later. */
	void (*start)(struct tracker *tracker);

	/** close() - free what open() made, even if it failed halfway. */
	void (*close)(struct tracker *tracker);
};

extern const struct tracker_type tracker_by_check;
extern const struct tracker_type tracker_by_file;
extern const struct tracker_type tracker_by_interface;
extern const struct tracker_type tracker_by_process;

struct tracker {
	struct trackers *all;
	const struct tracker_type *type;
	struct config_tracker config; /* a copy: it may outlive the configuration */
	struct ip_address address;    /* of this node, which checks connect to */
	bool in_force;                /* from commit on; nothing is reported before */
	sd_event_source *timer;       /* the next start, if there is one to wait for */
	uint64_t looked_at;           /* CLOCK_MONOTONIC ns, by the timer */
	struct verdict verdict;       /* for types that look again and again */
	struct tracker_status status;
};

/** tracker_report() - set the state; a change is told. */
void tracker_report(struct tracker *tracker, enum tracker_state state, int number,
		    const char *detail);

/** tracker_count() - add a result to the verdict, and report it. */
void tracker_count(struct tracker *tracker, bool success, const char *detail);

/** tracker_look_again() - have start() called once. @when: CLOCK_MONOTONIC ns. */
void tracker_look_again(struct tracker *tracker, uint64_t when);

#endif
