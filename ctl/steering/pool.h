/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A pool while it runs: its members and what is known of each, its table, and how long flows that
 * may live elsewhere than the table says get a second chance.
 */
#ifndef VIPD_STEERING_POOL_H
#define VIPD_STEERING_POOL_H

#include "ctl/steering/key.h"
#include "ctl/steering/nodes.h"
#include "ctl/steering/pools.h"
#include "ctl/steering/ranking_build.h"
#include "ctl/steering/slots.h"
#include "ctl/steering/steering.h"

struct pool_member {
	char name[CONFIG_NAME_MAX];
	unsigned int weight;
	size_t peer; /* index into config->peers */
	enum backend_state state;
	bool told;     /* by a check; until then it is down, but may have flows */
	size_t teller; /* the service whose check is believed: index into config->services */
	bool retired;  /* no longer configured, but may have flows */
};

struct pool {
	uint16_t index;                /* in vipd_pools */
	char service[CONFIG_NAME_MAX]; /* one that it serves, for the log */
	uint64_t settle;               /* ns */
	unsigned int panic_threshold;
	size_t count;
	struct pool_member members[MAX_PEERS]; /* sorted by name, as the ranking has them */
	struct ranking *ranking;               /* a reference */
	struct member_role roles[MAX_PEERS];   /* that the table in force was filled from */
	bool filled;                           /* the table in force has somebody in it */
	bool panic;              /* ... against the checks, for too many seem to be dead */
	uint64_t settled_at;     /* CLOCK_MONOTONIC ns; 0: not settling; NEVER: while one drains */
	uint64_t disarmed_at;    /* CLOCK_MONOTONIC ns; 0: not armed */
	uint64_t build_duration; /* ns */
};

/* NULL is fine. */
void pool_free(struct pool *pool);

/**
 * pool_new() - a pool as the configuration has it, all members down
 *
 * Return: 0 or -ENOMEM.
 */
int pool_new(const struct config *config, const struct pool_plan *plan, struct pool **pool);

/**
 * pool_inherit() - take over what another pool knows of members that both have
 *
 * Members that only the other one has and that may have flows are added as retired, where they are
 * nodes of @config still: for others nobody keeps a MAC.
 */
void pool_inherit(struct pool *pool, const struct pool *other, const struct config *config);

/** pool_rank() - get the ranking of a pool that has all its members. Return: 0 or -ENOMEM. */
int pool_rank(struct pool *pool, struct ranking_build *build);

/** pool_follow() - the same pool in another configuration. */
void pool_follow(struct pool *pool, const struct config *config, const struct pool_plan *plan);

/**
 * pool_open() - take a place among the dataplane's pools
 * @predecessor: index of the pool whose table it begins with, and settles from; it may be its own.
 *               NO_POOL: none, all is left to the local stack until somebody is up.
 */
void pool_open(struct pool *pool, struct maps *maps, uint16_t predecessor);

/** pool_refill() - a new table, if what is known of the members asks for one. */
void pool_refill(struct pool *pool, const struct nodes *nodes, struct maps *maps);

/** pool_doubt() - flows may be elsewhere than the table says: settle anew. */
void pool_doubt(struct pool *pool, const struct nodes *nodes, struct maps *maps);

/** pool_close() - nothing uses it any more. */
void pool_close(const struct pool *pool, struct maps *maps);

/**
 * pool_tick() - end what is over
 * @stepped_over: the dataplane did so lately, in some pool.
 */
void pool_tick(struct pool *pool, const struct nodes *nodes, struct maps *maps, uint64_t now,
	       bool stepped_over);

/**
 * pool_tell() - what the check of one of its services says of a member
 * @service: index into config->services. See steering_set_state().
 */
void pool_tell(struct pool *pool, size_t service, size_t peer, enum backend_state state);

/** pool_find() - the member that a peer is, or NULL. @peer: index into config->peers. */
struct pool_member *pool_find(struct pool *pool, size_t peer);

/** pool_member_state() - as an operator sees it: what checks say, and drains. */
enum backend_state pool_member_state(const struct pool_member *member, const struct nodes *nodes);

/** pool_judged() - whether anything was ever said of a member. */
bool pool_judged(const struct pool *pool);

/** pool_all_down() - whether no member is left that is up, be it drained, and within reach. */
bool pool_all_down(const struct pool *pool, const struct nodes *nodes);

#endif
