/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files behind steering.h share.
 */
#ifndef VIPD_STEERING_STEERING_INTERNAL_H
#define VIPD_STEERING_STEERING_INTERNAL_H

#include "ctl/steering/layout.h"
#include "ctl/steering/steering.h"

struct steering {
	struct maps *maps;
	struct layout *layout; /* in force; NULL: nothing was committed yet */
	struct nodes_leaving
		leaving; /* nodes that are to be withdrawn when the tables are filled */
	struct ranking_build *builds; /* a queue: rankings that pools wait for */
	size_t turn;                  /* of the pools: where filling goes on */
	sd_event_source *tick, *work;
	uint64_t stepped_over; /* traffic_entry.stepped_over at the last tick */
};

/** steering_tick() - end what is over by @now, CLOCK_MONOTONIC ns; once a second. */
void steering_tick(struct steering *steering, uint64_t now);

/**
 * steering_work() - go on with tables and rankings
 * @price: about how long it may take on an ordinary machine, ns.
 *
 * Return: whether something is left.
 */
bool steering_work(struct steering *steering, uint64_t price);

#endif
