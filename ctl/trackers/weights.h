/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The states of its trackers give an instance its priority, or a fault. This is pure. Weights mean
 * the same as in keepalived.
 */
#ifndef VIPD_TRACKERS_WEIGHTS_H
#define VIPD_TRACKERS_WEIGHTS_H

#include "ctl/config/config.h"

enum tracker_state {
	TRACKED_UNDECIDED, /* no result yet */
	TRACKED_UP,
	TRACKED_DOWN,
};

struct tracker_status {
	enum tracker_state state;
	int number;       /* what a file says; 0 for other trackers */
	char detail[160]; /* for people: "HTTP 200 in 1.2 ms", "no process of this name" */
};

/* What one track of an instance makes of its tracker. */
struct track_effect {
	int adds;        /* is added to the priority */
	bool pulls_down; /* it adds less than it would if all were well */
	bool fails;      /* keeps the instance in Fault */
	bool undecided;  /* the tracker has no result yet */
};

/* The effect of all tracks together. */
struct weighed {
	uint8_t priority; /* effective */
	bool fails;
	bool undecided;
};

/** weights_effect() - the effect of one track. @status: how its tracker is. */
struct track_effect weights_effect(const struct config_track *track, enum tracker_kind kind,
				   const struct tracker_status *status);

/**
 * weights_of_instance() - the effect of an instance's own tracks and those of its sync group
 * @statuses: by index into config->trackers.
 *
 * The priority stays from 1 to 254, and that of the address owner is never changed.
 */
struct weighed weights_of_instance(const struct config *config,
				   const struct config_instance *instance,
				   const struct tracker_status *statuses);

const char *tracker_state_name(enum tracker_state state);

#endif
