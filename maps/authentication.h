/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How advertisements prove who sent them (draft-cassen-vrrp-auth-hmac): vipd_authentication, what
 * is asked of them; vipd_keys, the shared keys by their id, as the states of SHA-256 after the
 * inner and the outer padded key, so that neither the key nor its two blocks are needed again.
 */
#ifndef VIPD_MAPS_AUTHENTICATION_H
#define VIPD_MAPS_AUTHENTICATION_H

#include "address.h"

/* Key ids are 1-255; entry 0 stays empty. */
#define MAX_KEYS 256

enum authentication_mode {
	AUTHENTICATION_OFF,          /* a trailer is refused: nobody here knows what it is */
	AUTHENTICATION_RECEIVE_ONLY, /* verified where there is one; ours have none */
	AUTHENTICATION_PERMISSIVE,   /* verified where there is one; ours have one */
	AUTHENTICATION_ENFORCE,      /* nothing is valid without one */
};

/* Mapped by the controller. The mode is stored last. */
struct authentication_entry {
	__u32 mode;
	__u32 monotonic;   /* the sequence alone tells old from new; no window */
	__u64 window;      /* ns; how far from our clock a time stamp may be */
	__u64 wall_offset; /* ns; CLOCK_REALTIME less CLOCK_MONOTONIC, as the controller last saw */
	__u64 padding[5];
};

_Static_assert(sizeof(struct authentication_entry) == 64, "vipd_authentication: value has holes");

/* Mapped by the controller: `configured` is cleared first and stored last. */
struct key_entry {
	__u32 configured;
	__u32 inner[8]; /* words of the state, host order */
	__u32 outer[8];
	__u32 padding[15];
};

_Static_assert(sizeof(struct key_entry) == 128, "vipd_keys: two cache lines");

#ifdef __bpf__
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct authentication_entry);
} vipd_authentication SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, MAX_KEYS);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct key_entry);
} vipd_keys SEC(".maps");
#endif

#endif
