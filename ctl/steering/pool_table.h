/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The table of a pool in the dataplane, and how long flows that may live elsewhere than the table
 * says get a second chance.
 *
 * A change is written into the idle copy, a few slots at a time, and put in force when it is whole.
 * If the next change comes before that, the copy is begun anew.
 */
#ifndef VIPD_STEERING_POOL_TABLE_H
#define VIPD_STEERING_POOL_TABLE_H

#include "ctl/steering/slots.h"
#include "maps/maps.h"

struct pool_table {
	uint16_t index;       /* in vipd_pools */
	uint64_t settle;      /* ns: how long a change of the table counts as recent */
	bool filled;          /* the table has somebody in it, or will have when it is whole */
	uint64_t settled_at;  /* CLOCK_MONOTONIC ns; 0: not settling; NEVER: while one drains */
	uint64_t disarmed_at; /* CLOCK_MONOTONIC ns; 0: not armed */
	struct slots_filling filling;
	uint64_t begun_at;       /* CLOCK_MONOTONIC ns */
	uint64_t build_duration; /* ns from the last change to the table that has it */
};

/**
 * pool_table_open() - take a place among the dataplane's pools
 * @table: with index and settle.
 * @members: how many there are.
 * @predecessor: index of the pool whose table it begins with, and settles from; it may be its own.
 *               NO_POOL: none, all is left to the local stack until somebody is up.
 */
void pool_table_open(struct pool_table *table, struct maps *maps, size_t members,
		     uint16_t predecessor);

/**
 * pool_table_change() - begin to fill the table anew
 * @ranking, @roles: as for slots_begin().
 */
void pool_table_change(struct pool_table *table, struct ranking *ranking,
		       const struct member_role *roles);

/** pool_table_changing() - whether a change is not in force yet. */
bool pool_table_changing(const struct pool_table *table);

/**
 * pool_table_work() - go on with a change; put it in force when the table is whole
 *
 * Return: how much of @price was spent.
 */
uint64_t pool_table_work(struct pool_table *table, struct maps *maps, uint64_t price);

/**
 * pool_table_settle() - flows may live elsewhere than the table says, or will say
 * @until_drained: a backend drains; it may do so for longer than any configured time.
 */
void pool_table_settle(struct pool_table *table, struct maps *maps, bool until_drained);

/** pool_table_set_settle() - another settle time, which also holds for what settles already. */
void pool_table_set_settle(struct pool_table *table, uint64_t settle);

/** pool_table_settled() - the opposite. */
void pool_table_settled(struct pool_table *table, struct maps *maps);

/**
 * pool_table_watch_arming() - disarm the pool when nothing was stepped over for its settle time
 * @now: CLOCK_MONOTONIC ns.
 * @stepped_over: the dataplane stepped over this node lately, in some pool.
 */
void pool_table_watch_arming(struct pool_table *table, struct maps *maps, uint64_t now,
			     bool stepped_over);

/** pool_table_close() - the dataplane uses the pool no longer. */
void pool_table_close(const struct pool_table *table, struct maps *maps);

/** pool_table_free() - give up a change that is under way. */
void pool_table_free(struct pool_table *table);

#endif
