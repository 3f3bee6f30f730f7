/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The steering half on the bench: frames of flows, the state they meet, and what must come of them.
 * Every row of a table runs on every network of harness.h, over both families and with both
 * affinities, and once more cut at each length.
 */
#ifndef VIPD_TESTS_BPF_STEERING_HARNESS_H
#define VIPD_TESTS_BPF_STEERING_HARNESS_H

#include "tests/bpf/flows.h"
#include "tests/bpf/harness.h"
#include "tests/bpf/steering_tables.h"

/* What else is so while a frame comes in; or-ed. */
enum {
	SETTLING = 1 << 0,
	ARMED = 1 << 1,
	DRAINING = 1 << 2,
	UNCHECKED = 1 << 3,   /* the service has no listener check */
	UNREACHABLE = 1 << 4, /* no peer's MAC is known */
	N2_SILENT = 1 << 5,
	N3_SILENT = 1 << 6,
};

/* Where a flow comes from; its port says what sockets there are for it, if any. */
struct client {
	const char *address4;
	const char *address6;
	uint16_t port; /* host order */
};

extern const struct client stranger; /* there is no socket for it */

struct steering_case {
	const char *name;
	/* The frame. */
	void (*build)(struct frame *frame, const struct flow *flow);
	__u8 family;                 /* 0: both */
	const struct client *client; /* NULL: &stranger */
	uint16_t port;               /* of the VIP, host order; 0: HTTP_PORT */
	const char *from;            /* source MAC; NULL: the gateway's */
	uint8_t ttl;                 /* 0: 64 */
	size_t options;              /* of TCP, in bytes, where they count: not sent on without */
	/* The state it meets. */
	__u8 ranks[RANKS]; /* of every slot */
	unsigned int state;
	/* What comes of it. */
	__u32 verdict; /* enum xdp_action */
	__u8 to;       /* XDP_TX: the node */
	bool hop;      /* XDP_TX: from node to node, which costs a TTL */
	bool in_doubt; /* XDP_TX: to the primary, which learns of the doubt by the TTL */
	bool counted;  /* in vipd_steered, for the first rank */
	bool arms;     /* the pool */
	struct traffic_entry traffic;
};

/* What can become of a frame of a service from outside ... */
#define SENT_TO(node)          .verdict = XDP_TX, .to = (node), .counted = true
#define SENT_IN_DOUBT_TO(node) .verdict = XDP_TX, .to = (node), .in_doubt = true, .counted = true
#define KEPT                   .verdict = XDP_PASS, .counted = true
#define HOPPED_TO(node)        .verdict = XDP_TX, .to = (node), .hop = true, .counted = true
/* ... of one from a peer, and of one that is no service's business. */
#define PEER_KEPT            .verdict = XDP_PASS
#define PEER_HOPPED_TO(node) .verdict = XDP_TX, .to = (node), .hop = true
#define NOT_OURS             .verdict = XDP_PASS

/** steering_open() - load the dataplane, for a cmocka group; steering_close() unloads it. */
int steering_open(void **state);
int steering_close(void **state);

/** check_steering() - run a table; names every row that went wrong, then fails. */
void check_steering(const struct steering_case *cases, size_t count);

#define CHECK_STEERING(cases) check_steering(cases, sizeof(cases) / sizeof((cases)[0]))

/* For what does not fit into a table. */

/** steering_reset() - set all tables to the cluster's, and all counters to 0. Return: the tables.
 */
struct maps *steering_reset(const struct network *network, __u8 service_flags);

/** steering_run() - send @frame through the dataplane as it is. */
void steering_run(const struct frame *frame, struct outcome *outcome);

struct traffic_entry steering_traffic(void);

/** steering_fragments() - how many fragments' decisions are remembered. */
size_t steering_fragments(void);

/** age_fragments() - let what is remembered of fragments be @age ns older than it is. */
void age_fragments(__u64 age);
void forget_fragments(void);

/** assert_sent() - @outcome is @frame on its way to @mac, else unaltered. */
void assert_sent(const struct outcome *outcome, const struct frame *frame, const char *mac);

/** assert_passed() - @outcome is @frame, unaltered, for the local stack. */
void assert_passed(const struct outcome *outcome, const struct frame *frame);

const char *vip_of(__u8 family);
const char *node_mac(__u8 node);

/* What is left of a TTL when a node sends the frame on, to the primary or, one less, from there. */
static inline uint8_t ttl_in_doubt(uint8_t ttl)
{
	return ttl > RANKS + 1 ? RANKS + 1 : (uint8_t)(ttl - 1);
}

static inline uint8_t ttl_passed_on(uint8_t ttl)
{
	return ttl > RANKS ? RANKS : (uint8_t)(ttl - 1);
}

#endif
