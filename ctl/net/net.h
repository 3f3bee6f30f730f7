/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The host's side of a VIP: addresses on lo, replies through the VIP subnet's gateway, a kernel
 * that never speaks ARP for a VIP, a NIC that leaves the VLAN tag in the frame. All of it is
 * written to a journal before it is done, so that exactly what we made is undone, also after a
 * crash.
 */
#ifndef VIPD_NET_NET_H
#define VIPD_NET_NET_H

#include "ctl/config/config.h"
#include "ctl/net/link.h"
#include "ctl/net/monitor.h"

struct net;
struct net_plan;

/*
 * net_link_changed - the device, its carrier, MAC or own addresses changed
 *
 * Called in the event loop. All that the configuration wants of the host has been made on a device
 * that is new, as far as the kernel lets it, before anybody hears of it: so whatever is attracted
 * then can be served.
 *
 * Return: 0, or a negative errno when the link as it is now could not be put to use: the call is
 * made again a second later, and at each change.
 */
typedef int (*net_link_changed)(const struct net_link *link, void *context);

/**
 * net_open() - find the device and watch it
 * @config: interface, vlan, own addresses.
 * @journal: path of the journal file, in the run directory; a journal that a crashed run left there
 *           is read, and what it lists counts as ours again.
 * @monitor: must outlive the result.
 * @changed: may be NULL, as may @monitor then: no watching.
 * @net: the result, for net_close().
 *
 * Return: 0, or a negative errno after one logged message that says what to do.
 */
int net_open(const struct config *config, const char *journal, struct monitor *monitor,
	     net_link_changed changed, void *context, struct net **net);

/** net_link() - the device; valid until the next turn of the loop. */
const struct net_link *net_link(const struct net *net);

/**
 * net_prepare() - add what another configuration wants: addresses, rules, routes, sysctls, offload
 * settings, multicast groups
 * @next: the interface and the VLAN are those of net_open().
 * @plan: the result, for net_commit() or net_abort().
 *
 * Nothing that is there is changed or removed, so everything works on as it did, and with the new
 * addresses too. What was there before us is never changed or removed at all.
 *
 * Return: 0, or a negative errno after one logged message; nothing is left of it then.
 */
int net_prepare(struct net *net, const struct config *next, struct net_plan **plan);

/**
 * net_commit() - follow that configuration: remove what is ours and no longer wanted
 * @plan: freed.
 *
 * It cannot fail: what cannot be removed is logged and tried again later.
 */
void net_commit(struct net *net, struct net_plan *plan);

/**
 * net_abort() - remove what net_prepare() added, and nothing else
 * @plan: freed; NULL is fine.
 */
void net_abort(struct net *net, struct net_plan *plan);

/**
 * net_undo() - take back all the journal lists, newest first, and remove the journal.
 *
 * What could not be taken back stays listed, for the next run.
 *
 * Return: 0, or the first negative errno after logging each failure; it goes on to the end.
 */
int net_undo(struct net *net);

/** net_close() - stop watching and free; undoes nothing. NULL is fine. */
void net_close(struct net *net);

#endif
