/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How a flow finds its slot: pure functions, compiled for the dataplane and for user space alike,
 * so that what vipctl explain says is what the dataplane does.
 */
#ifndef VIPD_MAPS_STEERING_H
#define VIPD_MAPS_STEERING_H

#include "route.h"
#include "services.h"

#define STEERING_INLINE static inline __attribute__((always_inline))

/* Source first, as in the packet from the client. */
struct flow {
	struct ip_address client;
	struct ip_address vip;
	__be16 client_port;
	__be16 vip_port;
	__u8 protocol;
	__u8 padding[3];
};

/*
 * Keyed multiply-and-fold. Not a cryptographic hash, and it need not be one: the key is shared by
 * the nodes only, so nobody else can aim at a slot by choosing ports.
 */
STEERING_INLINE __u64 mix(__u64 hash, __u64 value)
{
	hash = (hash ^ value) * 0x9e3779b97f4a7c15ULL;
	return hash ^ hash >> 29;
}

/* An address as one word. An IPv4 one has a constant upper half, which costs nothing then. */
STEERING_INLINE __u64 fold_address(const struct ip_address *address)
{
	const __u32 *words = (const __u32 *)address;

	return ((__u64)words[0] << 32 | words[1]) * 0xbf58476d1ce4e5b9ULL ^
	       ((__u64)words[2] << 32 | words[3]);
}

STEERING_INLINE __u64 service_hash(__u64 key, const struct ip_address *vip, __be16 port,
				   __u8 protocol)
{
	return mix(mix(key, fold_address(vip)), (__u64)protocol << 16 | port);
}

/*
 * An index below a size that is a power of two. The number goes through asm so that the compiler
 * cannot mask its parts and combine them after that: older verifiers lose the bounds of such a
 * combination, Linux 5.10 those of an or, and all before 6.10 those of an exclusive or.
 */
STEERING_INLINE __u32 index_below(__u32 size, __u64 number)
{
	asm("" : "+r"(number));
	return (__u32)number & (size - 1);
}

/* The two places where an entry may stand. */
STEERING_INLINE __u32 service_place(__u64 hash, __u32 shift)
{
	return index_below(SERVICE_PLACES, hash >> (shift & 31));
}

STEERING_INLINE int service_matches(const struct service_entry *entry, const struct flow *flow)
{
	const __u32 *left = (const __u32 *)&entry->vip, *right = (const __u32 *)&flow->vip;

	return left[3] == right[3] && entry->port == flow->vip_port &&
	       entry->protocol == flow->protocol && left[2] == right[2] && left[1] == right[1] &&
	       left[0] == right[0];
}

/*
 * The slot of a flow, the same on every node. By connection the service's hash stands for VIP, port
 * and protocol; by client nothing but the client's address counts.
 */
STEERING_INLINE __u32 flow_slot(__u64 key, __u64 hash_of_service, const struct flow *flow,
				__u8 service_flags)
{
	__u64 hash = service_flags & SERVICE_BY_CLIENT
			     ? mix(key, fold_address(&flow->client))
			     : mix(hash_of_service + flow->client_port * 0x94d049bb133111ebULL,
				   fold_address(&flow->client));

	return index_below(POOL_SLOTS, hash >> 32);
}

STEERING_INLINE __u32 vip_filter_bit(const struct ip_address *address)
{
	const __u8 *bytes = (const __u8 *)address;

	return index_below(VIP_FILTER_BITS, (__u32)bytes[14] << 8 | bytes[15]);
}

STEERING_INLINE int vip_filter_passes(const struct service_table *table,
				      const struct ip_address *address)
{
	__u32 bit = vip_filter_bit(address);

	return (table->filter[bit / 64] >> (bit % 64) & 1) != 0;
}

#endif
