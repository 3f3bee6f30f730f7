/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The network device that carries the VIPs, as the kernel has it at one moment.
 */
#ifndef VIPD_NET_LINK_H
#define VIPD_NET_LINK_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

struct net_link {
	char parent[IF_NAMESIZE]; /* where XDP is attached */
	unsigned int parent_index;
	char device[IF_NAMESIZE]; /* the VLAN device on it, or the parent again when untagged */
	unsigned int index;       /* 0 while it is gone */
	uint8_t mac[6];           /* of device */
	uint32_t mtu;             /* of device */
	bool up;                  /* administratively, device: it can have routes */
	bool running;             /* administratively up, with carrier, parent and device */
	bool has_address4;        /* this node's own address of that family is on device */
	bool has_address6;        /* and not tentative */
};

#endif
