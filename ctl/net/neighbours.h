/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The MACs of the peers and of the gateways, from the kernel's neighbour table, kept fresh: an
 * address that the kernel does not know is asked for, one that it knows is confirmed now and then.
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
 * Called in the event loop, and from within all functions here that take the neighbours to change
 * them, whenever the MAC of a peer's or a gateway's address becomes known, changes, or (NULL) is
 * not known any more. It must call none of these functions but neighbours_peer_mac().
 */
typedef void (*neighbour_changed)(const struct ip_address *address, const uint8_t *mac,
				  void *context);

/**
 * neighbours_new() - know nobody, until neighbours_commit() says who is to be known
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
 * neighbours_set_link() - the device changed, went down, or came back: ask for everybody at once
 *
 * While it does not run, what was known stays: it is us who are cut off. When it runs again, the
 * neighbours are where they were until they fail to answer.
 */
void neighbours_set_link(struct neighbours *neighbours, const struct net_link *link);

/**
 * neighbours_prepare() - get ready for the peers and gateways of a configuration
 * @next: needed in the call only. A peer with a pinned MAC has that one, whatever the kernel
 *        thinks, and is not asked for.
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
 * All that is known of them is reported, once more if need be; nothing of those that are gone.
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
