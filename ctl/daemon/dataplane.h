/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From the configuration to the dataplane's tables.
 */
#ifndef VIPD_DAEMON_DATAPLANE_H
#define VIPD_DAEMON_DATAPLANE_H

#include "ctl/config/config.h"
#include "ctl/net/net.h"
#include "maps/maps.h"

/**
 * dataplane_apply() - make settings, peers and VIPs what the configuration says
 *
 * Entries that stay keep their place, so that what was seen of a peer or a VIP outlives a reload
 * and a restart. Leases are not touched.
 *
 * Return: 0, or a negative errno after one logged message.
 */
int dataplane_apply(struct maps *maps, const struct config *config, const struct net_link *link);

/**
 * dataplane_end_old_instances() - what the run before owned, and this one has no instance for
 *
 * While vipd runs that is for the VRRP engine to end, for others have to hear of it.
 */
void dataplane_end_old_instances(struct maps *maps, const struct config *config);

/**
 * dataplane_set_peer_mac() - a peer's MAC, as the kernel's neighbour table has it
 * @mac: NULL: not known any more.
 *
 * Its advertisements must come from there, by all its addresses. A pinned MAC stays.
 */
void dataplane_set_peer_mac(struct maps *maps, const struct config_peer *peer, const uint8_t *mac);

#endif
