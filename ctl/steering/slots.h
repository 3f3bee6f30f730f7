/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Builds the slot table that the dataplane reads from a ranking and what each member is good for.
 */
#ifndef VIPD_STEERING_SLOTS_H
#define VIPD_STEERING_SLOTS_H

#include "ctl/steering/ranking.h"
#include "maps/pools.h"

enum role {
	ROLE_NONE,  /* no backend any longer, and without flows */
	ROLE_KEEPS, /* takes no new flows, but may have some */
	ROLE_TAKES, /* takes new flows */
};

/* What a member of a ranking is good for. */
struct member_role {
	uint8_t node; /* index as in vipd_peers */
	uint8_t role; /* enum role */
};

/**
 * slots_fill() - the table of a complete ranking
 * @roles: by place in the ranking; at least one member takes new flows.
 * @table: all of it is written.
 *
 * The primary of a slot is the first in its order that takes new flows. The ranks are the first
 * three of the order that have any role, whoever of them is up: so all nodes ask the same ranks,
 * even while they differ about who is up, and a failed check ends no connection that nginx still
 * serves.
 */
void slots_fill(const struct ranking *ranking, const struct member_role *roles,
		struct slot_table *table);

/** slots_clear() - a table that leaves all flows to the local stack. */
void slots_clear(struct slot_table *table);

#endif
