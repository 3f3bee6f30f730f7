/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The host's network as parts of the node: the watcher of the kernel, and the host's side of
 * the VIPs.
 */
#ifndef VIPD_NET_PART_H
#define VIPD_NET_PART_H

#include "ctl/net/link.h"
#include "ctl/net/monitor.h"
#include "ctl/part/node.h"

extern const struct part kernel_part;
extern const struct part host_part;

/** kernel_monitor() - tells of changes in the kernel; kernel_part has started. */
struct monitor *kernel_monitor(const struct node *node);

/** host_link() - the device that carries the VIPs, as the kernel has it; host_part has started. */
const struct net_link *host_link(const struct node *node);

/** host_link_fault() - why nothing can be sent or heard on it; static text, or NULL when it can. */
const char *host_link_fault(const struct node *node);

#endif
