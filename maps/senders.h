/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vipd_senders: what came of the VRRP that each node of the cluster sent, whatever instance it was
 * for. A node whose every word is refused is told from one that is silent.
 */
#ifndef VIPD_MAPS_SENDERS_H
#define VIPD_MAPS_SENDERS_H

#include "peers.h"

/* Written by the dataplane alone. A reader may see a refusal and the numbers of the one before. */
struct sender_entry {
	__u64 heard_at;   /* CLOCK_MONOTONIC ns, when something valid came; 0: never */
	__u64 refused_at; /* when something was refused; 0: never */
	__u64 refused;    /* how often */
	__u32 reason;     /* enum drop_reason, of the last refusal */
	__u32 expected;   /* as in a notice */
	__u32 received;
	__u32 padding;
};

_Static_assert(sizeof(struct sender_entry) == 40, "vipd_senders: value has holes");

#ifdef __bpf__
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, MAX_PEERS);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct sender_entry);
} vipd_senders SEC(".maps");
#endif

#endif
