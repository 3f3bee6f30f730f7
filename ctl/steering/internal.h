/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files behind steering.h share.
 */
#ifndef VIPD_STEERING_INTERNAL_H
#define VIPD_STEERING_INTERNAL_H

#include "ctl/steering/layout.h"
#include "ctl/steering/steering.h"

struct steering {
	struct maps *maps;
	struct layout *layout; /* in force */
	sd_event_source *tick;
	uint64_t stepped_over; /* traffic_entry.stepped_over at the last tick */
};

/** steering_tick() - end what is over by @now, CLOCK_MONOTONIC ns; once a second. */
void steering_tick(struct steering *steering, uint64_t now);

#endif
