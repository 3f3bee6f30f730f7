/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The host's side of a VIP: addresses on lo, replies through the VIP subnet's gateway, a kernel
 * that never speaks ARP for a VIP, a NIC that leaves the VLAN tag in the frame.
 *
 * How it works. The configuration says what the host should have, as a set of items (item.h): an
 * address, a rule, a route, a sysctl, an offload setting. A survey finds out which of them the host
 * has, and converge.c makes the missing ones, in the order of enum item_kind: all that replies need
 * is there before an address is. An item is written to the journal before it is made, and struck
 * out after it was removed. Only what the journal lists is ever removed, so what an operator made
 * stays, and after a crash the next run finds exactly what the last one made.
 *
 * When it happens. net_prepare() only adds, and net_abort() takes exactly that back. net_commit()
 * removes what is no longer wanted. From then on repair.c converges again whenever the kernel tells
 * of a change, and every ten seconds in any case, because it does not tell of all changes.
 *
 * Who is told. The monitor (monitor.h) is the only one who listens to the kernel. It tells its
 * subscribers, in the order in which they came, that something of a kind may have changed; each
 * reads anew what it wants to know. The host is the first of them. When the link has changed, it is
 * repaired before anybody else hears of it: addresses first, then the program that attracts frames
 * for them, then VRRP.
 *
 *   monitor.c     who listens to the kernel, and looks where it tells nothing
 *   net.c         prepare, commit, abort
 *   converge.c    from what is there to what should be
 *   repair.c      the same again when something has changed; reports the link
 *   item.c        one thing that is made, and its line of text
 *   journal.c     the file of those lines
 *   addresses.c, rules.c, routes.c, sysctls.c, offloads.c
 *                 one kind of item each: what is wanted, what is there, make one, remove one
 *   membership.c  multicast groups; they go with their sockets, so they are in no journal
 *   link.c        the device that carries the VIPs, as a value
 *   neighbours.c  by which MACs the peers and the gateways are reached
 *   interfaces.c  whether interfaces are up that something else depends on
 *   connections.c how many TCP connections this node terminates
 *   sock_diag.c   the kernel's tables of sockets
 *   netlink.c     one request to the kernel and its answer
 *   prefix.c      CIDR prefixes
 *   part.c, neighbours_part.c
 *                 all of that as parts of the node
 *
 * Everything runs in the main loop, in the network namespace of the process.
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
 * net_open() - find the device and watch it; one that is not there yet is waited for
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
