/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From the order in which slots prefer the members of a pool, and what each member is good for at
 * the moment, to the table that the dataplane reads.
 */
#ifndef VIPD_STEERING_FILL_H
#define VIPD_STEERING_FILL_H

#include "ctl/steering/ranking.h"
#include "maps/pools.h"

enum standing {
	STANDING_NONE,  /* no backend any longer, and without flows */
	STANDING_KEEPS, /* takes no new flows, but may have some */
	STANDING_TAKES, /* takes new flows */
};

/* A member of the ranking, by its place there. */
struct candidate {
	uint8_t node;     /* index, as in vipd_peers */
	uint8_t standing; /* enum standing */
};

/**
 * fill_slots() - the table for a ranking
 * @candidates: as many as the ranking has members; one at least takes new flows.
 * @slots: all of it is written.
 *
 * The primary of a slot is the first in its order that takes new flows. The ranks are the first
 * three of all, whatever is known of them: so they are the same on all nodes, also while these
 * differ about who is up, and a check that fails ends no connection that nginx still serves.
 */
void fill_slots(const struct ranking *ranking, const struct candidate *candidates,
		struct slot_table *slots);

/** fill_nobody() - a table that leaves all flows to the local stack. */
void fill_nobody(struct slot_table *slots);

#endif
