/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The steering half's tables, written by hand: one service or slot after the other, as simply as
 * can be, for tests must not take the controller's word for what belongs there.
 */
#ifndef VIPD_TESTS_BPF_STEERING_TABLES_H
#define VIPD_TESTS_BPF_STEERING_TABLES_H

#include <bpf/libbpf.h>

#include "maps/maps_internal.h"

/* One service of everything on the VIPs, and its pool. */
#define WEB      5
#define WEB_POOL 3

#define HTTP_PORT  80
#define HTTPS_PORT 443 /* also UDP */
#define PROXY_PORT 8080
#define SSH_PORT   22 /* no service */

#define FLOW_KEY 0x0123456789abcdefULL

/**
 * tables_open() - map the tables of a loaded dataplane
 *
 * Return: 0 or a negative errno.
 */
int tables_open(const struct bpf_object *object, struct maps *maps);

/**
 * tables_reset() - the cluster of harness.h, and a service on all its VIPs
 * @vlan: as settings_entry.vlan.
 * @flags: of the service, as service_entry.flags.
 */
void tables_reset(struct maps *maps, __u16 vlan, __u8 flags);

/** tables_add_service() - one key of a service; fails the program when both its places are taken.
 */
void tables_add_service(struct maps *maps, const struct service_entry *service);

/** tables_fill() - let all slots of the pool's table in force rank the same nodes. */
void tables_fill(struct maps *maps, const __u8 ranks[static RANKS]);

/** tables_fill_led_by() - the same, where the primary is not the first in rank. */
void tables_fill_led_by(struct maps *maps, __u8 primary, const __u8 ranks[static RANKS]);

/**
 * tables_fill_random() - each slot another order of BIG_POOL nodes, of which this is none
 *
 * The last byte of a node's MAC is its index.
 */
void tables_fill_random(struct maps *maps);

#define BIG_POOL 16

/** tables_set_backend() - a node that can be reached; its MAC is also known as a sender's. */
void tables_set_backend(struct maps *maps, __u32 node, const char *mac);

/** tables_slot() - where a flow belongs, by maps/steering.h; NULL: it is of no service. */
const struct slot *tables_slot(const struct maps *maps, const struct flow *flow);

/** random_flow() - of one of the services. */
struct flow random_flow(void);

/** random_number() - the next of a sequence that is the same in every run. */
__u64 random_number(void);

#endif
