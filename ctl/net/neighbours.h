/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The MACs of the peers and of the gateways, from the kernel's neighbour table, kept fresh: an
 * address that the kernel does not know is asked for, one that it knows is confirmed now and then.
 */
#ifndef VIPD_NET_NEIGHBOURS_H
#define VIPD_NET_NEIGHBOURS_H

#include <stdint.h>

#include "ctl/config/config.h"
#include "ctl/net/monitor.h"
#include "ctl/net/net.h"

struct neighbours;

/*
 * Called in the event loop, and from within all functions here that take the neighbours to change
 * them, whenever the MAC of a peer's or a gateway's address becomes known, changes, or (NULL) is
 * not known any more. It must call none of these functions but neighbours_peer_mac().
 */
typedef void (*neighbour_changed)(const struct ip_address *address, const uint8_t *mac,
				  void *context);

/**
 * neighbours_start() - begin to watch
 * @config: peers and gateways; needed in the call only. A peer with a pinned MAC has that one,
 *          whatever the kernel thinks, and is not asked for.
 * @link: copied.
 * @monitor: must outlive the result.
 * @neighbours: the result, for neighbours_stop().
 *
 * Return: 0, or a negative errno after one logged message.
 */
int neighbours_start(const struct config *config, const struct net_link *link,
		     struct monitor *monitor, neighbour_changed changed, void *context,
		     struct neighbours **neighbours);

/**
 * neighbours_set_link() - the device changed, went down, or came back: ask for everybody at once
 *
 * While it does not run, what was known stays: it is us who are cut off. When it runs again, the
 * neighbours are where they were until they fail to answer.
 */
void neighbours_set_link(struct neighbours *neighbours, const struct net_link *link);

/**
 * neighbours_reload() - other peers, other gateways
 *
 * All that is known of them is reported, once more if need be; nothing of those that are gone.
 */
void neighbours_reload(struct neighbours *neighbours, const struct config *config);

/**
 * neighbours_peer_mac() - by which MAC a node is reached
 * @peer: of the configuration.
 *
 * Return: the MAC of its IPv4 address if that is known, else of its IPv6 address, else NULL; valid
 * in the turn of the loop.
 */
const uint8_t *neighbours_peer_mac(const struct neighbours *neighbours,
				   const struct config_peer *peer);

/** neighbours_stop() - NULL is fine. */
void neighbours_stop(struct neighbours *neighbours);

#endif
