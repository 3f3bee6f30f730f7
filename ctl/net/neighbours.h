/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The MACs of the peers and of the gateways, from the kernel's neighbour table, kept fresh: an
 * address that the kernel does not know is asked for, one that it knows is confirmed now and then.
 */
#ifndef VIPD_NET_NEIGHBOURS_H
#define VIPD_NET_NEIGHBOURS_H

#include <stdint.h>
#include <systemd/sd-event.h>

#include "ctl/config/config.h"
#include "ctl/net/net.h"

struct neighbours;

/*
 * Called in the event loop, also from within neighbours_start(), whenever the MAC of a peer's or a
 * gateway's address becomes known, changes, or (NULL) is found to be wrong: nobody answers there.
 */
typedef void (*neighbour_changed)(const struct ip_address *address, const uint8_t *mac,
				  void *context);

/**
 * neighbours_start() - begin to watch
 * @config: peers and gateways; must outlive the result, or be replaced by neighbours_reload(). A
 * peer with a pinned MAC has that one, whatever the kernel thinks.
 * @link: copied.
 *
 * Return: 0, or a negative errno after one logged message.
 */
int neighbours_start(const struct config *config, const struct net_link *link, sd_event *event,
		     neighbour_changed changed, void *context, struct neighbours **neighbours);

/** neighbours_set_link() - the device changed, or came back: ask for everybody at once. */
void neighbours_set_link(struct neighbours *neighbours, const struct net_link *link);

/** neighbours_reload() - other peers, other gateways. All that is known is reported again. */
void neighbours_reload(struct neighbours *neighbours, const struct config *config);

/** neighbours_stop() - NULL is fine. */
void neighbours_stop(struct neighbours *neighbours);

#endif
