/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tables as user space sees them: to be read as they are, and stored into by small typed
 * functions, each atomic as far as the dataplane needs it. Nobody else in user space touches a map.
 */
#ifndef VIPD_MAPS_MAPS_H
#define VIPD_MAPS_MAPS_H

#include <stdbool.h>
#include <stdint.h>

#include "authentication.h"
#include "backends.h"
#include "drops.h"
#include "inbox.h"
#include "instances.h"
#include "list.h"
#include "peers.h"
#include "pools.h"
#include "senders.h"
#include "services.h"
#include "settings.h"
#include "standings.h"
#include "steering.h"
#include "traffic.h"
#include "vips.h"

struct bpf_object;

/* How a map is called in the kernel, by its name in the list. */
#define MAP_NAME(name) "vipd_" #name

/* File descriptors of the loaded maps; owned by whoever loaded them. */
struct map_fds {
#define FD(name, ...) int name;
	MAPPED_MAPS(FD)
	POOLED_MAPS(FD)
	CALLED_MAPS(FD)
#undef FD
};

/* The tables of one dataplane. Whoever stores into them does so by the functions below. */
struct maps;

/**
 * maps_find() - the maps of a loaded object
 *
 * Return: 0, or a negative errno when one is missing.
 */
int maps_find(const struct bpf_object *object, struct map_fds *fds);

/**
 * maps_open() - map what can be mapped, and mark it as of our layout
 * @fds: must stay open as long as @maps is used.
 * @maps: for maps_close().
 *
 * Return: 0, or a negative errno; nothing is mapped then.
 */
int maps_open(const struct map_fds *fds, struct maps **maps);

/** maps_close() - unmap and free. NULL is fine. */
void maps_close(struct maps *maps);

/** maps_fds() - for those who read from the rings. */
const struct map_fds *maps_fds(const struct maps *maps);

/* vipd_settings */

/** maps_settings() - as they are; what has a setter here changes by it alone. */
const struct settings_entry *maps_settings(const struct maps *maps);

/** maps_set_mac() - our own MAC, that of the VLAN device. */
void maps_set_mac(struct maps *maps, const uint8_t mac[static 6]);

/** maps_set_gateway() - where the gateway is, all zero: there is none. A new one has no MAC yet. */
void maps_set_gateway(struct maps *maps, int family, const struct ip_address *gateway);

/** maps_set_gateway_mac() - the gateway's MAC. @mac: NULL: not known. */
void maps_set_gateway_mac(struct maps *maps, int family, const uint8_t *mac);

/** maps_set_vlan() - where the virtual IPs live: 1-4094, or VLAN_UNTAGGED. */
void maps_set_vlan(struct maps *maps, uint16_t vlan);

/** maps_set_virtual_mac() - whether peers may send from a virtual router's MAC. */
void maps_set_virtual_mac(struct maps *maps, bool accepted);

/** maps_set_vip_flags() - the flags that any VIP has. */
void maps_set_vip_flags(struct maps *maps, uint32_t flags);

/** maps_set_self() - which node this is, as peer_entry.index. */
void maps_set_self(struct maps *maps, uint32_t node);

/** maps_set_draining() - whether this node takes no new connections. */
void maps_set_draining(struct maps *maps, bool draining);

/* vipd_instances */

const struct instance_entry *maps_instance(const struct maps *maps, uint8_t vrid);

/**
 * maps_configure_instance() - let the dataplane take part in an election
 * @wanted: all but the lease and what is counted, which stay. When anything but the priority is
 *          another, the dataplane knows no such instance for the moment in which it is stored.
 */
void maps_configure_instance(struct maps *maps, uint8_t vrid, const struct instance_entry *wanted);

/** maps_set_priority() - what our advertisements say from now on; 1-255. */
void maps_set_priority(struct maps *maps, uint8_t vrid, uint8_t priority);

/** maps_end_instance() - drop the lease and forget the instance. */
void maps_end_instance(struct maps *maps, uint8_t vrid);

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
 * maps_carry_leases() - go on with the leases that another version has stored in a table of its own
 * @other: descriptor of its vipd_instances.
 * @carried: by VRID: which of them were alive, for maps_settle_leases().
 *
 * No program may use @maps yet: that of the other version answers, by its own table.
 */
void maps_carry_leases(struct maps *maps, int other, bool carried[static MAX_INSTANCES]);

/**
 * maps_settle_leases() - drop what that version has dropped since
 *
 * To be called when its program has just been replaced: it may have given way in the meantime.
 */
void maps_settle_leases(struct maps *maps, int other, const bool carried[static MAX_INSTANCES]);

/**
 * maps_read_advert() - what the dataplane saw last of an instance from a peer
 *
 * Return: 0, or -ENOENT when it never saw anything.
 */
int maps_read_advert(const struct maps *maps, uint8_t vrid, uint32_t peer,
		     struct advert_entry *advert);

/* vipd_senders */

/** maps_sender() - what came of what a node sent. */
struct sender_entry maps_sender(const struct maps *maps, uint32_t peer);

/** maps_forget_sender() - clear that. */
void maps_forget_sender(struct maps *maps, uint32_t peer);

/* vipd_standings */

/**
 * maps_read_standing() - a page of what a peer says that it is good for, as it was heard last
 *
 * Return: 0; -ENOENT: nothing was heard; -EAGAIN: the dataplane is storing another one.
 */
int maps_read_standing(const struct maps *maps, uint32_t peer, uint32_t page,
		       struct standing_entry *standing);

/** maps_forget_standing() - clear what a peer has said. */
void maps_forget_standing(struct maps *maps, uint32_t peer);

/* vipd_vips and vipd_sightings */

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

/** maps_confirmed_at() - when the gateway last confirmed a VIP, CLOCK_MONOTONIC ns; 0: never. */
uint64_t maps_confirmed_at(const struct maps *maps, uint32_t vip);

/** maps_forget_sighting() - clear what was seen of a VIP, for another one gets its index. */
void maps_forget_sighting(struct maps *maps, uint32_t vip);

/* vipd_peers, vipd_neighbours and vipd_backends: the nodes */

int maps_set_peer(struct maps *maps, const struct ip_address *address,
		  const struct peer_entry *peer);
int maps_get_peer(const struct maps *maps, const struct ip_address *address,
		  struct peer_entry *peer);
int maps_delete_peer(struct maps *maps, const struct ip_address *address);
int maps_next_peer(const struct maps *maps, const struct ip_address *previous,
		   struct ip_address *next);

/** maps_forget_peer() - clear what was seen of a peer, for its index is given to another node. */
void maps_forget_peer(struct maps *maps, uint32_t peer);

/** maps_set_neighbour() - who a source MAC is. @node: as peer_entry.index. */
int maps_set_neighbour(struct maps *maps, const uint8_t mac[static 6], uint32_t node);
int maps_delete_neighbour(struct maps *maps, const uint8_t mac[static 6]);

/** maps_backend() - how a node is reached. */
const struct backend_entry *maps_backend(const struct maps *maps, uint32_t node);

/**
 * maps_set_backend() - where frames for a node go
 * @mac: NULL: it cannot be reached.
 *
 * Whether it is silent stays as it is.
 */
void maps_set_backend(struct maps *maps, uint32_t node, const uint8_t *mac);

/** maps_set_silent() - whether a node is not heard, and gets no new flows. From any thread. */
void maps_set_silent(struct maps *maps, uint32_t node, bool silent);

/* vipd_services */

/** maps_services() - the table in force. */
const struct service_table *maps_services(const struct maps *maps);

/**
 * maps_replace_services() - put another table in force, from one packet to the next
 * @hash_key: that @table was built with.
 */
void maps_replace_services(struct maps *maps, const struct service_table *table, uint64_t hash_key);

/* vipd_pools and vipd_slots */

const struct pool_entry *maps_pool(const struct maps *maps, uint32_t pool);

/**
 * maps_open_pool() - map the tables of a pool; nothing if they are mapped already
 *
 * A pool has half a megabyte of them, so they are mapped, and with that locked, when they are used.
 *
 * Return: 0 or a negative errno.
 */
int maps_open_pool(struct maps *maps, uint32_t pool);

/** maps_close_pool() - unmap the tables of a pool; they stay. Fine if they are not mapped. */
void maps_close_pool(struct maps *maps, uint32_t pool);

/** maps_slots() - the table of an open pool that is in force. */
const struct slot_table *maps_slots(const struct maps *maps, uint32_t pool);

/** maps_idle_slots() - the other table, to be filled: nobody reads it before maps_flip_slots(). */
struct slot_table *maps_idle_slots(struct maps *maps, uint32_t pool);

/** maps_flip_slots() - the idle table is in force from now on, and the other one idle. */
void maps_flip_slots(struct maps *maps, uint32_t pool);

/** maps_set_pool_backends() - how many nodes the pool has; 0: it is not used. */
void maps_set_pool_backends(struct maps *maps, uint32_t pool, uint32_t backends);

/** maps_set_settling() - whether older flows may live on a lower rank. */
void maps_set_settling(struct maps *maps, uint32_t pool, bool settling);

/** maps_armed() - whether the dataplane has stepped over this node; maps_set_armed() ends it. */
bool maps_armed(const struct maps *maps, uint32_t pool);
void maps_set_armed(struct maps *maps, uint32_t pool, bool armed);

/* vipd_authentication and vipd_keys */

const struct authentication_entry *maps_authentication(const struct maps *maps);

/** maps_set_authentication() - what is required of advertisements. @window: ns. */
void maps_set_authentication(struct maps *maps, enum authentication_mode mode, bool monotonic,
			     uint64_t window);

/** maps_set_wall_offset() - CLOCK_REALTIME less CLOCK_MONOTONIC, ns. */
void maps_set_wall_offset(struct maps *maps, uint64_t offset);

bool maps_has_key(const struct maps *maps, uint8_t id);

/** maps_set_key() - add or change a key; one that stays as it is is valid throughout. */
void maps_set_key(struct maps *maps, uint8_t id, const struct key_entry *key);

/** maps_forget_key() - nothing can be verified by it any more, and its states are wiped. */
void maps_forget_key(struct maps *maps, uint8_t id);

/* Counters */

/** maps_read_steered() - what went to a node for a service, of all CPUs. */
int maps_read_steered(const struct maps *maps, uint32_t service, uint32_t node,
		      struct steered_entry *steered);

/** maps_read_drops() - the counters of all CPUs, added up. Return: 0 or a negative errno. */
int maps_read_drops(const struct maps *maps, struct drops_entry *drops);
int maps_read_traffic(const struct maps *maps, struct traffic_entry *traffic);

/** maps_drop_name() - a reason's name and its explanation. */
const char *maps_drop_name(enum drop_reason reason);
const char *maps_drop_text(enum drop_reason reason);

#endif
