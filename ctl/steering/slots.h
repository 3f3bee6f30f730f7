/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Builds the slot table that the dataplane reads from a ranking and what each member is good for, a
 * few slots at a time.
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

/* A member of a ranking, and what it is good for. */
struct member_role {
	uint8_t node; /* index into vipd_peers */
	uint8_t role; /* enum role */
};

/* Some of the members, by place. */
struct slots_places {
	size_t count;
	uint8_t places[RANKING_MEMBERS_MAX];
};

/* A table that is being filled. All zero: none is. */
struct slots_filling {
	struct ranking *ranking; /* a reference; NULL: no table is being filled */
	size_t next;             /* slot */
	struct member_role roles[RANKING_MEMBERS_MAX]; /* by place in the ranking */
	struct slots_places takers, holders;           /* that take flows; that may have some */
};

/**
 * slots_begin() - start to fill a table; one that was being filled is given up
 * @ranking: complete.
 * @roles: by place in the ranking; at least one member takes new flows.
 *
 * The primary of a slot is the first in its order that takes new flows. The ranks are the first
 * three of the order that have any role, up or not. So all nodes ask the same ranks even while
 * they differ about which of them are up, and a failed check ends no connection that nginx still
 * serves.
 */
void slots_begin(struct slots_filling *filling, struct ranking *ranking,
		 const struct member_role *roles);

/**
 * slots_continue() - fill as many slots as take about so long
 * @table: the same in all calls; all of it is written when filling->ranking is NULL.
 * @price: ns on an ordinary machine.
 *
 * Return: how much of @price was spent.
 */
uint64_t slots_continue(struct slots_filling *filling, struct slot_table *table, uint64_t price);

/** slots_cancel() - give up, whether or not a table is being filled. */
void slots_cancel(struct slots_filling *filling);

/** slots_clear() - a table that leaves all flows to the local stack. */
void slots_clear(struct slot_table *table);

#endif
