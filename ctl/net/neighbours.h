/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The MACs of the peers and of the gateways, from the kernel's neighbour table. The kernel is made
 * to query addresses that it does not know, and to confirm now and then those that it knows.
 */
#ifndef VIPD_NET_NEIGHBOURS_H
#define VIPD_NET_NEIGHBOURS_H

#include <stdint.h>

#include "ctl/config/config.h"
#include "ctl/net/link.h"
#include "ctl/net/monitor.h"

struct neighbours;
struct neighbours_plan;

/*
 * neighbour_changed - a MAC of a peer or a gateway became known or changed
 * @mac: NULL: it is not known any more.
 *
 * Called in the event loop, and from within neighbours_set_link() and neighbours_commit(). It must
 * call no function of this module but neighbours_peer_mac().
 */
typedef void (*neighbour_changed)(const struct ip_address *address, const uint8_t *mac,
				  void *context);

/**
 * neighbours_new() - begin with no neighbours; neighbours_commit() names them
 * @link: copied.
 * @monitor: must outlive the result.
 * @changed: with @context.
 * @neighbours: the result, for neighbours_free().
 *
 * Return: 0, or a negative errno after one logged message.
 */
int neighbours_new(const struct net_link *link, struct monitor *monitor, neighbour_changed changed,
		   void *context, struct neighbours **neighbours);

/**
 * neighbours_set_link() - the device changed, went down, or came back: query everybody at once
 *
 * While the device does not run, what was known stays, for it is this node that is cut off. When it
 * runs again, the neighbours count as known until they fail to answer.
 */
void neighbours_set_link(struct neighbours *neighbours, const struct net_link *link);

/**
 * neighbours_prepare() - get ready for the peers and gateways of a configuration
 * @next: needed in the call only. A peer with a pinned MAC has that one, whatever the kernel
 *        knows, and is not queried.
 * @plan: the result, for neighbours_commit() or neighbours_abort().
 *
 * Return: 0, or a negative errno after one logged message.
 */
int neighbours_prepare(struct neighbours *neighbours, const struct config *next,
		       struct neighbours_plan **plan);

/**
 * neighbours_commit() - watch those from now on
 * @plan: freed.
 *
 * All that is known of them is reported, even if it was before; nothing of those that are gone.
 */
void neighbours_commit(struct neighbours *neighbours, struct neighbours_plan *plan);

/** neighbours_abort() - watch on as before. @plan: freed; NULL is fine. */
void neighbours_abort(struct neighbours *neighbours, struct neighbours_plan *plan);

/**
 * neighbours_peer_mac() - by which MAC a node is reached
 * @peer: of the configuration.
 *
 * Return: the MAC of its IPv4 address if that is known, else of its IPv6 address, else NULL; valid
 * in the turn of the loop.
 */
const uint8_t *neighbours_peer_mac(const struct neighbours *neighbours,
				   const struct config_peer *peer);

/** neighbours_free() - NULL is fine. */
void neighbours_free(struct neighbours *neighbours);

#endif
