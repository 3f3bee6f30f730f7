/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The node at one moment: all that the status and the metrics show, copied from the parts of the
 * node in one go. The functions that show it are pure, and need none of the parts.
 */
#ifndef VIPD_API_SNAPSHOT_H
#define VIPD_API_SNAPSHOT_H

#include "ctl/checks/verdict.h"
#include "ctl/config/config.h"
#include "ctl/drain/drain.h"
#include "ctl/net/link.h"
#include "ctl/part/alarm.h"
#include "ctl/part/node.h"
#include "ctl/steering/steering.h"
#include "ctl/trackers/weights.h"
#include "ctl/vrrp/engine.h"
#include "loader/loader.h"
#include "maps/maps.h"

struct snapshot_instance {
	struct engine_status status;
	const struct config_instance *config;
	uint64_t advert_seen_at[MAX_PEERS]; /* by index into config->peers, CLOCK_MONOTONIC ns;
					       0: never */
	bool advert_signed[MAX_PEERS];      /* whether one of them was signed, and verified */
	struct peer_entry peers[MAX_PEERS]; /* as the dataplane knows them, by the same index */
};

struct snapshot_service {
	const struct config_service *config;
	struct service_view view;
	struct health_status checks[MAX_PEERS]; /* by index into config->peers */
};

struct snapshot {
	uint64_t now;                /* CLOCK_MONOTONIC ns */
	uint64_t wall;               /* the same moment, ns since the epoch */
	uint64_t started_at;         /* CLOCK_MONOTONIC ns */
	const struct config *config; /* a reference */
	struct net_link link;
	struct attachment attachment;
	struct snapshot_instance *instances;
	size_t instance_count;
	struct quorum_status quorum;
	struct snapshot_service *services;
	size_t service_count;
	struct tracker_status *trackers; /* by index into config->trackers */
	struct drain drains[MAX_PEERS];  /* by index into config->peers; without a name: none */
	struct alarms alarms;            /* of parts; snapshot_alarms() has all */
	struct drops_entry drops;
	struct traffic_entry traffic;
};

/**
 * snapshot_take() - look at the node
 *
 * The snapshot stays as it is, whatever the node does then.
 *
 * Return: 0, or a negative errno after one logged message.
 */
int snapshot_take(const struct node *node, struct snapshot **snapshot);

/** snapshot_free() - NULL is fine. */
void snapshot_free(struct snapshot *snapshot);
void snapshot_freep(struct snapshot **snapshot);

/**
 * snapshot_wall_of() - what the wall clock would have shown, had it been as right as it is now
 * @moment: CLOCK_MONOTONIC ns; 0: never.
 *
 * A clock that was set since then changes no age that is shown.
 *
 * Return: ns since the epoch; 0: never.
 */
uint64_t snapshot_wall_of(const struct snapshot *snapshot, uint64_t moment);

/** snapshot_owns() - whether our dataplane answers for the VIPs of an instance. */
bool snapshot_owns(const struct snapshot *snapshot, const struct snapshot_instance *instance);

/** snapshot_active() - the address of the instance's Active, ours included; NULL: not known. */
const struct ip_address *snapshot_active(const struct snapshot *snapshot,
					 const struct snapshot_instance *instance);

/**
 * snapshot_rival() - another node that has gone on advertising beside this one, which is Active
 *
 * Whoever gives way does so within an interval: one or two advertisements are no rival.
 *
 * Return: NULL: there is none.
 */
const struct vrrp_rival *snapshot_rival(const struct snapshot *snapshot,
					const struct snapshot_instance *instance);

/** snapshot_gateway_silence() - for how long the gateway owes us an answer for a VIP, ns; 0: not.
 */
uint64_t snapshot_gateway_silence(const struct snapshot *snapshot,
				  const struct snapshot_instance *instance);

/** snapshot_is_backend() - whether this node is among a service's backends. */
bool snapshot_is_backend(const struct snapshot *snapshot, const struct config_service *service);

/** snapshot_drain() - why a node is drained, by its index in the configuration; NULL: it is not. */
const struct drain *snapshot_drain(const struct snapshot *snapshot, size_t peer);

/**
 * snapshot_alarms() - what is wrong with this node
 *
 * link_down: the device of the VIPs does not run; quorum_lost: no majority is heard where one is
 * required; instance_out: an instance takes no part in its election; other_owner: another node
 * advertises beside this one; gateway_silent: the gateway does not answer for a VIP; service_panic:
 * too few backends are up for the checks to be believed; backend_down: this node's server does not
 * pass its check; and what parts of the node say besides.
 */
void snapshot_alarms(const struct snapshot *snapshot, struct alarms *alarms);

/** snapshot_healthy() - whether nothing is. */
bool snapshot_healthy(const struct snapshot *snapshot);

/** snapshot_drops_total() - all reasons together. */
uint64_t snapshot_drops_total(const struct snapshot *snapshot);

/** snapshot_drops() - for one reason. */
uint64_t snapshot_drops(const struct snapshot *snapshot, enum drop_reason reason);

/** node_peer_name() - the name of the node with an address, or NULL. */
const char *node_peer_name(const struct config *config, const struct ip_address *address);

/** node_peer_address() - a node's address of a family; all zero when it has none. */
const struct ip_address *node_peer_address(const struct config_peer *peer, int family);

/**
 * node_instances() - the state of all instances, for free()
 *
 * Return: their number; 0 and @status NULL when there are none, or no memory.
 */
size_t node_instances(const struct node *node, struct engine_status **status);

#endif
