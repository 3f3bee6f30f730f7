/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vipd_drops: what the dataplane dropped, one named counter a reason. One list makes the enum for
 * the dataplane, the struct that bpftool prints, and the names that vipctl shows.
 */
#ifndef VIPD_MAPS_DROPS_H
#define VIPD_MAPS_DROPS_H

#ifndef __bpf__
#include <stdbool.h>
#endif

#include "address.h"

/* DROP(name, what an operator should understand by it) */
#define DROP_REASONS(DROP)                                                                         \
	DROP(arp_not_owner, "ARP request for a VIP that another node owns")                        \
	DROP(arp_claim, "another host's ARP announcement of a VIP")                                \
	DROP(ns_not_owner, "neighbour solicitation for a VIP that another node owns")              \
	DROP(ns_malformed, "neighbour solicitation for a VIP that breaks RFC 4861 section 7.1.1")  \
	DROP(answer_no_room, "neighbour advertisement that did not fit into the driver's buffer")  \
	DROP(vip_not_accepted, "packet for a VIP that is of no service: accept is false")          \
	DROP(vip_not_owner, "packet for a VIP that we do not own: accept_as_backup is false")      \
	DROP(vip_other_mac, "packet for a VIP in a frame that is not addressed to this node")      \
	DROP(vrrp_other_vlan, "VRRP on a network that carries no instance of ours")                \
	DROP(vrrp_other_interface, "VRRP on an interface that carries no instance of ours")        \
	DROP(vrrp_fragment, "VRRP in an IP fragment")                                              \
	DROP(vrrp_ip_header, "VRRP behind IP options, extension headers or a broken IP header")    \
	DROP(vrrp_truncated, "VRRP shorter than its own length fields say")                        \
	DROP(vrrp_ttl, "VRRP whose TTL or hop limit is not 255: it came from another network")     \
	DROP(vrrp_own_address, "VRRP from our own address that we did not send")                   \
	DROP(vrrp_source, "VRRP from no host's address, or to a group but not from a link-local")  \
	DROP(vrrp_unknown_source, "VRRP from an address that is no peer's")                        \
	DROP(vrrp_destination, "VRRP that is neither for the VRRP group nor for this node")        \
	DROP(vrrp_wrong_mac, "VRRP from a peer's address, but not from its MAC")                   \
	DROP(vrrp_version, "VRRP of another version than the instance's")                          \
	DROP(vrrp_type, "VRRP that is no advertisement")                                           \
	DROP(vrrp_unknown_vrid, "VRRP for a virtual router that this node does not run")           \
	DROP(vrrp_family, "VRRP over the IP family that does not carry the instance's election")   \
	DROP(vrrp_no_address, "VRRP advertisement that lists no address")                          \
	DROP(vrrp_no_interval, "VRRP advertisement with an interval of 0")                         \
	DROP(vrrp_length, "VRRP longer than its address count says")                               \
	DROP(vrrp_checksum, "VRRP with a wrong checksum")                                          \
	DROP(vrrp_authentication_type, "VRRPv2 with another authentication type than configured")  \
	DROP(vrrp_password, "VRRPv2 with a wrong password")                                        \
	DROP(vrrp_interval, "VRRPv2 with another advertisement interval than ours")                \
	DROP(vrrp_unsigned, "VRRP without an HMAC, which is asked for")                            \
	DROP(vrrp_trailer_malformed, "VRRP with something behind the message that is no HMAC")     \
	DROP(vrrp_trailer_stale, "VRRP signed at a time that is too far from this node's clock")   \
	DROP(vrrp_unknown_key, "VRRP signed with a key that this node does not have")              \
	DROP(vrrp_hmac, "VRRP with a wrong HMAC")                                                  \
	DROP(vrrp_replay, "VRRP that is not newer than the last of its sender")

/*
 * Neither 0 nor any other number that the dataplane returns for something else is a reason: see
 * bpf/guard/vrrp_packet.h.
 */
enum drop_reason {
	DROP_REASON_BEFORE = 63,
#define DROP(name, text) DROP_##name,
	DROP_REASONS(DROP)
#undef DROP
		DROP_REASON_END,
};

#define DROP_REASON_FIRST ((enum drop_reason)(DROP_REASON_BEFORE + 1))
#define DROP_REASON_COUNT (DROP_REASON_END - DROP_REASON_FIRST)

/**
 * drop_index() - which of the counters is that of a reason
 *
 * Return: less than DROP_REASON_COUNT for a reason, and not less for any other number.
 */
static inline __u32 drop_index(__u32 reason)
{
	return reason - DROP_REASON_FIRST;
}

/** drop_is_reason() - whether a number is an enum drop_reason. */
static inline bool drop_is_reason(__u32 reason)
{
	return drop_index(reason) < DROP_REASON_COUNT;
}

struct drops_entry {
#define DROP(name, text) __u64 name;
	DROP_REASONS(DROP)
#undef DROP
};

_Static_assert(sizeof(struct drops_entry) == DROP_REASON_COUNT * sizeof(__u64),
	       "every reason has its counter");

#ifdef __bpf__
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct drops_entry);
} vipd_drops SEC(".maps");
#endif

#endif
