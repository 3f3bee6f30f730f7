/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tables as user space sees them: the mapped ones as plain memory, the others behind small
 * typed functions. Nobody else in user space touches a BPF map.
 */
#ifndef VIPD_MAPS_MAPS_H
#define VIPD_MAPS_MAPS_H

#include <stdint.h>

#include "authentication.h"
#include "backends.h"
#include "drops.h"
#include "inbox.h"
#include "instances.h"
#include "peers.h"
#include "pools.h"
#include "services.h"
#include "settings.h"
#include "steering.h"
#include "traffic.h"
#include "vips.h"

/* File descriptors of the loaded maps; owned by whoever loaded them. */
struct map_fds {
	int settings, instances, vips, sightings, peers, adverts, drops, traffic, inbox, notices;
	int services, pools, slots, backends, neighbours, steered;
	int authentication, keys;
};

struct maps {
	struct map_fds fds;
	struct settings_entry *settings;             /* one */
	struct instance_entry *instances;            /* MAX_INSTANCES, by VRID */
	struct sighting_entry *sightings;            /* MAX_VIPS, by vip_entry.index */
	const struct advert_entry *adverts;          /* by advert_index() */
	struct service_table *services;              /* two copies */
	struct pool_entry *pools;                    /* MAX_POOLS */
	struct slot_table *slots;                    /* by slot_table_index() */
	struct backend_entry *backends;              /* MAX_PEERS, by peer_entry.index */
	struct authentication_entry *authentication; /* one */
	struct key_entry *keys;                      /* MAX_KEYS, by id */
};

/**
 * maps_open() - map what can be mapped
 * @fds: must stay open as long as @maps is used.
 *
 * Return: 0, or a negative errno; nothing is mapped then.
 */
int maps_open(const struct map_fds *fds, struct maps *maps);

/** maps_close() - unmap. Fine on a zeroed struct, and twice. */
void maps_close(struct maps *maps);

/** maps_lease() - until when we own the VIPs of an instance, CLOCK_MONOTONIC ns; 0: we do not. */
uint64_t maps_lease(const struct maps *maps, uint8_t vrid);

/** maps_beaten() - a mark to take before deciding to own; see maps_store_lease(). */
uint64_t maps_beaten(const struct maps *maps, uint8_t vrid);

/**
 * maps_store_lease() - begin to own the VIPs of an instance, until a time
 * @until: CLOCK_MONOTONIC ns.
 * @beaten: maps_beaten() as it was before the decision.
 *
 * Return: 0; -EBUSY when the dataplane has meanwhile heard somebody that comes before us: we do not
 * own then, and did not for an instant.
 */
int maps_store_lease(struct maps *maps, uint8_t vrid, uint64_t until, uint64_t beaten);

/**
 * maps_renew_lease() - go on owning the VIPs of an instance, until a later time
 * @until: CLOCK_MONOTONIC ns.
 * @now: read after the advertisement that the renewal rests on was sent, ns.
 *
 * Return: 0; -EBUSY when the lease has ended, by itself or by the dataplane: another node may own.
 */
int maps_renew_lease(struct maps *maps, uint8_t vrid, uint64_t until, uint64_t now);

/** maps_drop_lease() - stop owning at once. */
void maps_drop_lease(struct maps *maps, uint8_t vrid);

/**
 * maps_read_advert() - what the dataplane saw last of an instance from a peer
 *
 * Return: 0, or -ENOENT when it never saw anything.
 */
int maps_read_advert(const struct maps *maps, uint8_t vrid, uint32_t peer,
		     struct advert_entry *advert);

/** maps_set_vip() - add or change. Return: 0 or a negative errno. */
int maps_set_vip(struct maps *maps, const struct ip_address *address, const struct vip_entry *vip);
int maps_get_vip(const struct maps *maps, const struct ip_address *address, struct vip_entry *vip);
int maps_delete_vip(struct maps *maps, const struct ip_address *address);

/**
 * maps_next_vip() - walk the VIPs
 * @previous: NULL for the first.
 *
 * Return: 0, -ENOENT at the end, or another negative errno.
 */
int maps_next_vip(const struct maps *maps, const struct ip_address *previous,
		  struct ip_address *next);

int maps_set_peer(struct maps *maps, const struct ip_address *address,
		  const struct peer_entry *peer);
int maps_get_peer(const struct maps *maps, const struct ip_address *address,
		  struct peer_entry *peer);
int maps_delete_peer(struct maps *maps, const struct ip_address *address);
int maps_next_peer(const struct maps *maps, const struct ip_address *previous,
		   struct ip_address *next);

/** maps_forget_peer() - clear what was seen of a peer, for its index is given to another node. */
int maps_forget_peer(struct maps *maps, uint32_t peer);

/** maps_set_neighbour() - who a source MAC is. @node: as peer_entry.index. */
int maps_set_neighbour(struct maps *maps, const uint8_t mac[static 6], uint32_t node);
int maps_delete_neighbour(struct maps *maps, const uint8_t mac[static 6]);

/** maps_read_steered() - what went to a node for a service, of all CPUs. */
int maps_read_steered(const struct maps *maps, uint32_t service, uint32_t node,
		      struct steered_entry *steered);

/** maps_read_drops() - the counters of all CPUs, added up. Return: 0 or a negative errno. */
int maps_read_drops(const struct maps *maps, struct drops_entry *drops);
int maps_read_traffic(const struct maps *maps, struct traffic_entry *traffic);

/** maps_drop_name() - a reason's name and its explanation; @reason below DROP_REASON_COUNT. */
const char *maps_drop_name(enum drop_reason reason);
const char *maps_drop_text(enum drop_reason reason);

#endif
