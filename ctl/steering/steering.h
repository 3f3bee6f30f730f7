/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Steering: which node each flow of a service goes to. The configuration says which services there
 * are and which nodes are their backends; health checks, drains and the neighbour table say what
 * each node is good for at the moment. From both this folder makes the tables that the dataplane
 * reads (maps/services.h, maps/pools.h, maps/backends.h). docs/architecture.md, "Where a flow
 * lives", has the idea.
 *
 * A *pool* is a set of backends with weights, a check and a panic threshold; services that want the
 * same share one. A pool has 65,536 *slots*, and a flow's hash chooses one. A *ranking* orders the
 * members of a pool for each slot. A *table* says for each slot which node takes new flows, and
 * which three may have older ones: it follows from the ranking and from the members' *roles*. All
 * nodes of the cluster compute the same ranking without talking to each other, so nothing in it may
 * depend on the machine, on the order of events, or on how the work was divided.
 *
 *   configuration                               news
 *     layout.c         what follows from it       steering.c    states, drains and MACs come in
 *     pool_sharing.c   who shares a pool          nodes.c       the nodes, and how to reach them
 *     service_table.c  VIP and port to service    pool.c        the members, and their roles
 *   tables                                      for people
 *     ranking.c, logarithm.c  the order           view.c        status and metrics
 *     ranking_build.c  many rankings in slices    explain.c     where a packet would go
 *     slots.c          ranking and roles to slots part.c        the part of the node
 *     pool_table.c     a pool in the dataplane
 *
 * A change of the configuration is prepared (steering_prepare()): a new *layout* is built beside
 * the one in force. Pools that stay as they are belong to both; whatever else the new one needs is
 * memory of its own, and the maps are not touched but for mapping the tables of new pools. The
 * commit enacts the layout and frees the old one; the abort frees the new one.
 *
 * Rankings and tables may take a second to build when there are many large pools, so the commit
 * only starts that. The rest is work that the main loop does in slices of ten milliseconds, a slice
 * a turn. Until the ranking of a new pool is complete, the pool serves with the ranking of the pool
 * whose flows it carries on. News about a backend changes roles at once, and the table in the next
 * turns of the loop; news that comes while a table is being filled begins it anew. The dataplane
 * reads one copy of a table while the other one is being filled, and a flip of one word exchanges
 * them.
 *
 * Everything runs in the main loop, and the thread that keeps VRRP's time has no part in it. struct
 * steering owns the layout in force, which owns its pools and holds a reference to the
 * configuration. Pools hold references to rankings, and so does a build to those that it has not
 * completed; a ranking that no pool wants any longer is not completed. The maps outlive steering,
 * and so do the tables in them: a controller that crashed leaves them in force, and the next one
 * begins with them.
 *
 * Services and nodes are named by those who call, because indices mean nothing in the next
 * configuration.
 */
#ifndef VIPD_STEERING_STEERING_H
#define VIPD_STEERING_STEERING_H

#include <systemd/sd-event.h>

#include "ctl/config/config.h"
#include "maps/maps.h"

enum backend_state {
	BACKEND_UP,
	BACKEND_DOWN,
	BACKEND_DRAIN, /* takes no new flows, keeps those it has */
};

/* What a backend says itself, whatever the checks say of its server. */
enum backend_standing {
	STANDING_TAKES,  /* new flows, too */
	STANDING_KEEPS,  /* the flows it has: it is drained or leaves */
	STANDING_ABSENT, /* nothing: it is silent, or its vipd does not take the VIPs */
};

struct steering;

struct steering_plan;

/**
 * steering_open() - steering that does not have a configuration yet
 * @maps: must outlive it.
 * @event: for the timers; referenced.
 *
 * Only steering_prepare() and steering_stop() may be called before the first steering_commit().
 *
 * Return: 0, or a negative errno after one logged message.
 */
int steering_open(struct maps *maps, sd_event *event, struct steering **steering);

/** steering_stop() - free it; the tables stay as they are. NULL is fine. */
void steering_stop(struct steering *steering);

/**
 * steering_prepare() - get ready to go over to a configuration
 * @plan: for steering_commit() or steering_abort(), in the same turn of the loop.
 *
 * The dataplane's tables do not change, not even those that are idle.
 *
 * Return: 0, or a negative errno after one logged message.
 */
int steering_prepare(struct steering *steering, const struct config *next,
		     struct steering_plan **plan);

/**
 * steering_commit() - go over to a configuration; frees the plan
 *
 * The dataplane must have been told of its nodes (vipd_peers).
 *
 * A pool that is new begins with the table of the pool that served its flows so far, and a node
 * that starts with the tables that a crashed run left. Without either, all flows stay with the
 * local stack. All backends that nothing is known of are down.
 *
 * Backends that a pool loses are kept as draining for the service's settle time, because flows may
 * live on them. States of backends that stay, or come back while they drain, are kept.
 */
void steering_commit(struct steering *steering, struct steering_plan *plan);

/** steering_abort() - free a plan; everything is as before steering_prepare(). */
void steering_abort(struct steering *steering, struct steering_plan *plan);

/**
 * steering_set_state() - what the check of a service says of one of its backends
 * @service: its name. @node: the name of the backend.
 *
 * Services of one pool ask the same question of the same nodes, so an answer holds for all of them.
 * Should their answers differ all the same, the service that the configuration lists first is
 * believed.
 *
 * When no backend is up, or fewer than the panic threshold requires, the checks are not believed
 * (panic): all that can be reached and are not drained take connections, on every node alike. A
 * node that may be dead is better than a black hole. steering_view() shows it. A backend without a
 * first check result counts as down, but is still asked for existing flows.
 */
void steering_set_state(struct steering *steering, const char *service, const char *node,
			enum backend_state state);

/**
 * steering_set_standing() - what a node says that it is good for
 * @node: its name.
 * @standing: for a service, by its name; called for each before the return, with @context.
 *
 * Until it is told, a node takes whatever its checks allow. Services that share a pool share the
 * worst of their standings. When nobody who works is left in a pool, standing is not believed; and
 * if nobody works then, the checks are not. Nobody else is taken out of the ranking for it.
 */
void steering_set_standing(struct steering *steering, const char *node,
			   enum backend_standing (*standing)(const char *node, const char *service,
							     void *context),
			   void *context);

/** steering_set_drain() - whether a node is drained; overrides up, not down. @node: its name. */
void steering_set_drain(struct steering *steering, const char *node, bool drained);

/**
 * steering_set_mac() - where frames for a node go
 * @node: its name.
 * @mac: NULL: not known. A node without a MAC is used by nobody but itself.
 */
void steering_set_mac(struct steering *steering, const char *node, const uint8_t *mac);

/**
 * steering_doubt() - this node was cut off, and does not know what changed meanwhile
 *
 * All pools settle anew, so that flows which other nodes have by now get their second chance. This
 * may be called before the first commit, too.
 */
void steering_doubt(struct steering *steering);

/**
 * steering_judged() - whether a check has said anything of a service's backends
 * @service: its name. Results from before a reload count, too.
 */
bool steering_judged(const struct steering *steering, const char *service);

/**
 * steering_all_down() - whether no backend of a service is left that can be reached and is up
 * @service: its name. A drained backend that is up counts as up.
 */
bool steering_all_down(const struct steering *steering, const char *service);

/** steering_filled() - whether the dataplane's tables have all that is known by now. */
bool steering_filled(const struct steering *steering);

/* What an operator may see of one backend of a service. */
struct backend_view {
	size_t peer; /* index into config->peers */
	enum backend_state state;
	bool reachable; /* its MAC is known, or it is this node */
	double share;   /* of the slots whose primary it is; 0-1 */
	uint64_t packets, bytes;
};

struct service_view {
	bool settling;
	bool armed;              /* flows get a second chance since a node was stepped over */
	bool panic;              /* too many seem to be down: the checks are not believed */
	uint64_t settled_in;     /* ns until settling ends; 0: not settling; NEVER: when the drain
				    of a backend has ended, and not before */
	uint64_t build_duration; /* ns that the last table took to build */
	size_t backend_count;
	struct backend_view backends[MAX_PEERS];
};

/**
 * steering_view() - a service at this moment
 * @service: its name.
 *
 * Return: 0; -ENOENT: there is no such service; or another negative errno.
 */
int steering_view(const struct steering *steering, const char *service, struct service_view *view);

/* Where a flow would go, and why. */
struct explanation {
	bool is_service; /* otherwise the packet is the local stack's */
	size_t service;  /* index into config->services */
	uint32_t pool, slot;
	uint8_t primary; /* index into config->peers, as are the ranks; NOBODY */
	uint8_t rank[RANKS];
	uint8_t node; /* index into config->peers: where it is sent; NOBODY: local stack */
	bool local;   /* node is this one */
	bool settling;
	/* Indices into config->peers: who is asked next, one after the other, for a connection that
	 * node does not have; NOBODY at the end. */
	uint8_t second_chance[RANKS];
};

/** steering_explain() - by the tables in force. @flow: all fields in network order. */
void steering_explain(const struct steering *steering, const struct flow *flow,
		      struct explanation *explanation);

#endif
