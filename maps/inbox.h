/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vipd_inbox: valid advertisements, on their way to the controller's VRRP thread.
 * vipd_notices: what an operator should hear of (refused VRRP, claims to our VIPs), rate-limited
 * where it happens, on its way to the log. Two rings, so that noise cannot delay an election.
 * vipd_limits: when the last notice of each kind was given, so that a flood fills neither a ring
 * nor the log. Besides the counters this is all that a refused frame changes.
 */
#ifndef VIPD_MAPS_INBOX_H
#define VIPD_MAPS_INBOX_H

#include "address.h"
#include "drops.h"
#include "instances.h"
#include "vips.h"

/* 255 IPv4 addresses, or 84 of IPv6 at the MTU of 1400, with room for a 28-byte trailer. */
#define ADVERT_MESSAGE_MAX 1380

struct inbox_record {
	__u64 seen_at; /* CLOCK_MONOTONIC ns */
	struct ip_address source;
	__u32 peer;   /* index of the node */
	__u16 length; /* of message, bytes */
	__u8 family;
	__u8 vrid;
	__u8 message[ADVERT_MESSAGE_MAX]; /* from the VRRP header on, as received; no trailer */
	__u8 padding[4];
};

_Static_assert(sizeof(struct inbox_record) == 1416, "vipd_inbox: record has holes");

enum notice_kind {
	NOTICE_DROP = 1,     /* reason: an enum drop_reason */
	NOTICE_CONFLICT = 2, /* address: the VIP that another host claims */
};

struct notice_record {
	__u64 seen_at;             /* CLOCK_MONOTONIC ns */
	struct ip_address address; /* drop: the sender's. conflict: the VIP */
	__u32 kind;
	__u32 reason;
	__u32 expected; /* drop: what the configuration asks for, where that is a number */
	__u32 received;
	__u16 vlan;
	__u8 mac[6]; /* the sender's */
	__u8 vrid;   /* 0: not known */
	__u8 ours;   /* vrid is one of this node's */
	__u8 first;  /* of a burst: the one before was valid */
	__u8 padding;
	__u32 ifindex; /* where it came in */
};

_Static_assert(sizeof(struct notice_record) == 56, "vipd_notices: record has holes");

/*
 * Limits: of conflicts over each VIP, and of refusals for each instance and reason. What is for no
 * instance of ours shares the row of VRID 0. An instance is heard when an advertisement of it was
 * valid; the next refusal is then the first of a burst, and noticed sooner.
 */
#define NOTICE_INTERVAL 100000000ULL  /* ns, at least, between any two */
#define NOTICE_REPEAT   1000000000ULL /* ns, between two refusals of one burst */

#define LIMITS_PER_INSTANCE (DROP_REASON_COUNT + 1)

static inline __u32 conflict_limit(__u32 vip)
{
	return vip;
}

static inline __u32 refusal_limit(__u32 vrid, enum drop_reason reason)
{
	return MAX_VIPS + vrid * LIMITS_PER_INSTANCE + drop_index(reason);
}

static inline __u32 heard_limit(__u32 vrid)
{
	return MAX_VIPS + vrid * LIMITS_PER_INSTANCE + DROP_REASON_COUNT;
}

#ifdef __bpf__
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, MAX_VIPS + MAX_INSTANCES * LIMITS_PER_INSTANCE);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, __u64);
} vipd_limits SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} vipd_inbox SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 16);
} vipd_notices SEC(".maps");
#endif

#endif
