/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who and what the dataplane knows by address: the nodes (vipd_peers), the virtual IPs (vipd_vips),
 * and the network they live in (vipd_settings).
 *
 * Other tables know a node and a VIP by an index. Whoever stays keeps the index, so that what was
 * seen of a node or a VIP outlives a reload, and a restart.
 */
#ifndef VIPD_TABLES_MEMBERS_H
#define VIPD_TABLES_MEMBERS_H

#include "ctl/config/config.h"
#include "maps/maps.h"

struct members;
struct members_plan;

/**
 * members_new() - with what a run before may have left in the tables
 * @maps: must outlive the result.
 *
 * Instances of ours are not touched, except those that @config does not know: a crashed run may
 * still own their VIPs, and its leases end here.
 *
 * Return: 0, or -ENOMEM after one logged message.
 */
int members_new(struct maps *maps, struct members **members);

/**
 * members_prepare() - compute the entries that another configuration has
 * @plan: for members_commit() or members_abort().
 *
 * Return: 0, or a negative errno after one logged message. The tables are not touched.
 */
int members_prepare(struct members *members, const struct config *next, struct members_plan **plan);

/**
 * members_commit() - store them
 *
 * An entry that stays is never missing. From here on maps_get_peer() and maps_get_vip() find the
 * indices of what is new.
 */
void members_commit(struct members *members, struct members_plan *plan);

/** members_abort() - free the plan. NULL is fine. */
void members_abort(struct members *members, struct members_plan *plan);

/**
 * members_set_peer_mac() - a node's MAC, as the kernel's neighbour table has it
 * @name: of a node in the configuration that was committed.
 * @mac: NULL: not known any more.
 *
 * Its advertisements must come from there, by all its addresses. A pinned MAC stays.
 */
void members_set_peer_mac(struct members *members, const char *name, const uint8_t *mac);

/** members_set_gateway_mac() - the same for a gateway; @address: any other is ignored. */
void members_set_gateway_mac(struct members *members, const struct ip_address *address,
			     const uint8_t *mac);

/** members_free() - the tables stay as they are. NULL is fine. */
void members_free(struct members *members);

#endif
