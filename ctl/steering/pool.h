/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A pool while it runs: its members, what is known of each, and which ranking its table is filled
 * from.
 *
 * A new pool waits for its ranking. Until that is complete it serves with the ranking of the pool
 * whose flows it carries on, so that a health change reaches the dataplane meanwhile, too.
 */
#ifndef VIPD_STEERING_POOL_H
#define VIPD_STEERING_POOL_H

#include "ctl/steering/nodes.h"
#include "ctl/steering/pool_sharing.h"
#include "ctl/steering/pool_table.h"
#include "ctl/steering/ranking.h"
#include "ctl/steering/steering.h"

struct pool_member {
	char name[CONFIG_NAME_MAX];
	unsigned int weight;
	size_t peer; /* index into config->peers; config->peer_count: the node has left */
	enum backend_state state;
	bool told;     /* by a check; until then it is down, but may have flows */
	size_t teller; /* the service whose check is believed: index into config->services */
	bool retired;  /* no longer configured, but may have flows */
	enum backend_standing standing;
};

struct pool {
	char service[CONFIG_NAME_MAX]; /* one that it serves, for the log */
	unsigned int panic_threshold;
	bool panic; /* the checks are not believed, for too many backends seem to be dead */
	bool deaf;  /* what backends say is not believed, for none that works says that it serves */
	size_t count;
	struct pool_member members[MAX_PEERS]; /* sorted by name */
	struct ranking *ranking;               /* complete; NULL: the table stays as it is */
	struct ranking *next_ranking;          /* that it waits for; NULL: none */
	struct member_role roles[MAX_PEERS];   /* that the table is filled for, by place */
	struct pool_table table;
};

/**
 * pool_new() - a pool as the configuration has it, all members down
 *
 * Return: 0 or -ENOMEM.
 */
int pool_new(const struct config *config, const struct pool_plan *plan, struct pool **pool);

/** pool_free() - NULL is fine. */
void pool_free(struct pool *pool);

/**
 * pool_inherit() - take over what another pool knows of members that both have
 *
 * Members missing here that may still carry flows are kept as retired, if @config still lists the
 * node; otherwise nobody keeps its MAC.
 */
void pool_inherit(struct pool *pool, const struct pool *other, const struct config *config);

/** pool_list() - the members as a ranking has them. Return: how many there are. */
size_t pool_list(const struct pool *pool, struct ranking_member members[static MAX_PEERS]);

/** pool_follow() - the same pool in another configuration. */
void pool_follow(struct pool *pool, const struct config *config, const struct pool_plan *plan);

/**
 * pool_open() - take a place among the dataplane's pools, and begin with a predecessor's table
 * @before: the predecessor, whose ranking serves until the pool's own is complete. NULL: there is
 *          none, or it was of a run that crashed.
 */
void pool_open(struct pool *pool, struct maps *maps, uint16_t predecessor,
	       const struct pool *before);

/** pool_take_ranking() - go over to the ranking that it waits for, if that is complete now. */
void pool_take_ranking(struct pool *pool);

/**
 * pool_refill() - begin with a new table, if the members require one
 *
 * pool_table_work() completes it.
 */
void pool_refill(struct pool *pool, const struct nodes *nodes, struct maps *maps);

/** pool_doubt() - settle anew: flows may be elsewhere than the table says. */
void pool_doubt(struct pool *pool, const struct nodes *nodes, struct maps *maps);

/**
 * pool_tick() - end what is over at a time
 * @now: CLOCK_MONOTONIC ns.
 * @stepped_over: the dataplane stepped over this node lately, in some pool.
 */
void pool_tick(struct pool *pool, const struct nodes *nodes, struct maps *maps, uint64_t now,
	       bool stepped_over);

/** pool_find() - the member that a peer is, or NULL. @peer: index into config->peers. */
struct pool_member *pool_find(struct pool *pool, size_t peer);

/**
 * pool_tell() - what the check of one of its services says of a member
 * @service: index into config->services. See steering_set_state().
 *
 * Return: whether that is news.
 */
bool pool_tell(struct pool *pool, size_t service, size_t peer, enum backend_state state);

/** pool_set_standing() - what a member says of itself. Return: whether that is news. */
bool pool_set_standing(struct pool *pool, size_t peer, enum backend_standing standing);

/** pool_member_state() - as an operator sees it: what checks and the node itself say, and drains.
 */
enum backend_state pool_member_state(const struct pool_member *member, const struct nodes *nodes);

/** pool_judged() - whether a check has said anything of a member. */
bool pool_judged(const struct pool *pool);

/** pool_all_down() - whether no member is left that is up, even drained, and can be reached. */
bool pool_all_down(const struct pool *pool, const struct nodes *nodes);

#endif
