/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One shape for an IPv4 or IPv6 address, as the tables use it for keys: sixteen bytes in network
 * order, IPv4 mapped as ::ffff:a.b.c.d (RFC 4291 section 2.5.5.2). And one shape for a MAC.
 */
#ifndef VIPD_MAPS_ADDRESS_H
#define VIPD_MAPS_ADDRESS_H

#ifdef __bpf__
#include "vmlinux.h"
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#else
#include <linux/types.h>
#endif

/* Bytes, so that bpftool prints an address as people read it; aligned, to be compared by words. */
struct ip_address {
	__u8 bytes[16];
} __attribute__((aligned(4)));

_Static_assert(sizeof(struct ip_address) == 16, "an address is a key: no padding");

/*
 * A MAC that may change while the dataplane reads it: one aligned word, stored and loaded at once,
 * so that nobody ever sees half of one MAC and half of the next.
 */
struct mac_address {
	__u8 bytes[6];
	__u8 padding[2];
} __attribute__((aligned(8)));

_Static_assert(sizeof(struct mac_address) == 8, "a MAC is one word");

/* BPF has no atomic load, and needs none: each of its loads is one. */
#ifdef __bpf__
#define LOAD_WORD(word) (*(const volatile __u64 *)(word))
#else
#define LOAD_WORD(word) __atomic_load_n((const __u64 *)(word), __ATOMIC_RELAXED)
#endif

/* @word: a struct mac_address, or another word that begins with a MAC. */
static inline __attribute__((always_inline)) struct mac_address mac_load(const void *word)
{
	__u64 loaded = LOAD_WORD(word);
	struct mac_address mac;

	__builtin_memcpy(&mac, &loaded, sizeof(mac));
	return mac;
}

/* The families, named by the version number in the IP header. */
enum {
	FAMILY_IPV4 = 4,
	FAMILY_IPV6 = 6,
};

#endif
