/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The dataplane on the bench: loaded once a test program, its tables set to one small cluster, and
 * frames sent through it by BPF_PROG_TEST_RUN.
 */
#ifndef VIPD_TESTS_BPF_HARNESS_H
#define VIPD_TESTS_BPF_HARNESS_H

/* cmocka.h wants these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <linux/bpf.h>
#include <stdbool.h>

#include "ctl/base/clock.h"
#include "maps/authentication.h"
#include "maps/backends.h"
#include "maps/drops.h"
#include "maps/inbox.h"
#include "maps/instances.h"
#include "maps/peers.h"
#include "maps/senders.h"
#include "maps/settings.h"
#include "maps/standings.h"
#include "maps/traffic.h"
#include "maps/vips.h"
#include "tests/bpf/packets.h"

/* The cluster: this node, two peers (the MAC of n2 is pinned), the gateway, and another host. */
#define OUR_MAC     "02:00:00:00:00:11"
#define N2_MAC      "02:00:00:00:00:12"
#define N3_MAC      "02:00:00:00:00:13"
#define GATEWAY_MAC "02:00:00:00:00:01"
#define HOST_MAC    "02:00:00:00:00:99"
#define BROADCAST   "ff:ff:ff:ff:ff:ff"
#define NO_MAC      "00:00:00:00:00:00"

#define OUR_ADDRESS4    "10.77.0.11"
#define N2_ADDRESS4     "10.77.0.12"
#define N3_ADDRESS4     "10.77.0.13"
#define GATEWAY4        "10.77.0.1"
#define HOST_ADDRESS4   "10.77.0.99"
#define OUR_ADDRESS6    "fd77::11"
#define OUR_LINK_LOCAL  "fe80::11"
#define N2_ADDRESS6     "fd77::12"
#define N2_LINK_LOCAL   "fe80::12"
#define N3_LINK_LOCAL   "fe80::13"
#define GATEWAY6        "fd77::1"
#define HOST_ADDRESS6   "fd77::99"
#define HOST_LINK_LOCAL "fe80::99"
#define ALL_NODES       "ff02::1"
#define ALL_NODES_MAC   "33:33:00:00:00:01"
#define VRRP_GROUP4     "224.0.0.18"
#define VRRP_GROUP4_MAC "01:00:5e:00:00:12"
#define VRRP_GROUP6     "ff02::12"
#define VRRP_GROUP6_MAC "33:33:00:00:00:12"

#define N1_INDEX 0 /* this node */
#define N2_INDEX 1
#define N3_INDEX 2

/* Instance BLUE elects over IPv4, GREEN over IPv6; each has a VIP of both families. */
#define BLUE       51
#define GREEN      52
#define PRIORITY   150 /* ours, in both */
#define INTERVAL   100 /* ours, in both, centiseconds */
#define BLUE_VIP4  "10.77.0.101"
#define BLUE_VIP6  "fd77::101"
#define GREEN_VIP4 "10.77.0.102"
#define GREEN_VIP6 "fd77::102"

enum {
	BLUE_VIP4_INDEX = 3,
	BLUE_VIP6_INDEX,
	GREEN_VIP4_INDEX,
	GREEN_VIP6_INDEX,
};

/* How our network reaches the NIC. */
struct network {
	const char *name;
	__u16 vlan;    /* the setting */
	bool tagged;   /* whether frames carry an 802.1Q tag */
	__u16 control; /* of that tag, with PCP and DEI */
};

extern const struct network networks[];
extern const size_t network_count;

/** harness_open() - load the dataplane, for a cmocka group; harness_close() unloads it. */
int harness_open(void **state);
int harness_close(void **state);

/**
 * harness_reset() - set all tables to the cluster above and all counters to 0
 *
 * This node owns BLUE's VIPs for the next minute, and not GREEN's.
 */
void harness_reset(const struct network *network);

/* Changes of the tables, until the next reset. */
void set_lease(__u32 vrid, __u64 lease_until);
void set_instance(__u32 vrid, const struct instance_entry *instance);
void set_peer(const char *address, const struct peer_entry *peer);
void set_advert(__u32 vrid, __u32 peer, const struct advert_entry *advert);
void set_authentication(const struct authentication_entry *authentication);
void set_key(__u32 id, const struct key_entry *key);
void set_router_flag(void);
void accept_virtual_mac(void);
void set_silent(__u32 node, bool silent);

/** lease_in() - the time @milliseconds from now, as leases are counted. */
__u64 lease_in(unsigned int milliseconds);

/** Give up BLUE's VIPs: what most tests of a non-owner begin with. */
void disown_blue(void);

/* What became of a frame. */
struct outcome {
	__u32 verdict;      /* enum xdp_action */
	struct frame frame; /* as the program left it */
};

/** run_frame() - send @frame through the dataplane as it is. */
void run_frame(const struct frame *frame, struct outcome *outcome);

/** run_elsewhere() - send it through the program for other interfaces. */
void run_elsewhere(const struct frame *frame, struct outcome *outcome);

/** run_on() - send an untagged @frame as it looks on @network. */
void run_on(const struct network *network, const struct frame *frame, struct outcome *outcome);

bool same_bytes(const struct frame *a, const struct frame *b);
const char *verdict_name(__u32 verdict);

struct drops_entry read_drops(void);
/* Where a reason is expected: nothing is dropped. */
#define NO_DROP ((enum drop_reason)0)

__u64 read_drop(enum drop_reason reason);
__u64 read_all_drops(void);
const char *drop_name(enum drop_reason reason);

struct traffic_entry read_traffic(void);
struct instance_entry read_instance(__u32 vrid);
struct sighting_entry read_sighting(__u32 index);

/** read_advert() - of a virtual router and a peer; no_adverts() - that none was ever stored. */
struct advert_entry read_advert(__u32 vrid, __u32 peer);
bool no_adverts(void);

/** read_sender() - what came of what a peer sent. */
struct sender_entry read_sender(__u32 peer);

/** read_standing() - a page of what a peer said. */
struct standing_entry read_standing(__u32 peer, __u32 page);

/** take_inbox() - the records since the last call. Return: how many; the last is in @last. */
size_t take_inbox(struct inbox_record *last);
size_t take_notices(struct notice_record *last);

#endif
