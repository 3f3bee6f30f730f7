/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Wire formats that the kernel has no fixed struct for, and the numbers in them.
 */
#ifndef VIPD_BPF_WIRE_H
#define VIPD_BPF_WIRE_H

#include "vmlinux.h"
#include <bpf/bpf_endian.h>

#define ETHERTYPE_IPV4 bpf_htons(0x0800)
#define ETHERTYPE_ARP  bpf_htons(0x0806)
#define ETHERTYPE_VLAN bpf_htons(0x8100) /* 802.1Q; 802.1ad is not ours */
#define ETHERTYPE_IPV6 bpf_htons(0x86dd)

#define VLAN_ID_MASK 0x0fff

#define PROTOCOL_HOP_BY_HOP  0
#define PROTOCOL_ICMP        1
#define PROTOCOL_TCP         6
#define PROTOCOL_UDP         17
#define PROTOCOL_ROUTING     43
#define PROTOCOL_FRAGMENT    44
#define PROTOCOL_AH          51
#define PROTOCOL_ICMPV6      58
#define PROTOCOL_DESTINATION 60
#define PROTOCOL_VRRP        112

/* MF and the offset: everything in the field but DF and the reserved bit. */
#define IPV4_FRAGMENT_MASK bpf_htons(0x3fff)

#define IPV4_MORE_FRAGMENTS bpf_htons(0x2000)
#define IPV4_OFFSET_MASK    bpf_htons(0x1fff)

#define TCP_FIN 0x01
#define TCP_SYN 0x02
#define TCP_RST 0x04
#define TCP_ACK 0x10

/* RFC 8200 section 4.5. */
struct ipv6_fragment {
	__u8 next_header;
	__u8 reserved;
	__be16 offset; /* thirteen bits, two reserved, and the more flag */
	__be32 identification;
};

#define IPV6_MORE_FRAGMENTS bpf_htons(0x0001)
#define IPV6_OFFSET_MASK    bpf_htons(0xfff8)

/* RFC 792 and RFC 4443: what stands before the packet that an error is about. */
struct icmp_error {
	__u8 type;
	__u8 code;
	__sum16 checksum;
	__be32 rest;
};

#define ICMP_UNREACHABLE       3
#define ICMP_TIME_EXCEEDED     11
#define ICMP_PARAMETER_PROBLEM 12
#define ICMPV6_LAST_ERROR      4 /* types 1 to 4 are the errors; RFC 4443 section 2.1 */

/* The first eight bytes of TCP and UDP, all that an ICMP error must quote, begin like this. */
struct ports {
	__be16 source;
	__be16 destination;
};

/* VRRP and ND never cross a router: the only value a sender on the link can produce. */
#define ON_LINK_TTL 255

/* RFC 826 for Ethernet and IPv4. */
struct arp_ipv4 {
	__be16 hardware_type;
	__be16 protocol_type;
	__u8 hardware_length;
	__u8 protocol_length;
	__be16 operation;
	__u8 sender_mac[6];
	__be32 sender_address;
	__u8 target_mac[6];
	__be32 target_address;
} __attribute__((packed));

#define ARP_ETHERNET bpf_htons(1)
#define ARP_REQUEST  bpf_htons(1)
#define ARP_REPLY    bpf_htons(2)

/* RFC 4861 sections 4.3 and 4.4: solicitation and advertisement begin alike. */
struct nd_message {
	__u8 type;
	__u8 code;
	__sum16 checksum;
	__be32 flags;
	struct in6_addr target;
};

#define ND_SOLICITATION  135
#define ND_ADVERTISEMENT 136

/* RFC 4861 section 4: all messages of neighbour discovery, from router solicitation to redirect. */
#define ND_FIRST 133
#define ND_LAST  137

#define NA_ROUTER    bpf_htonl(0x80000000)
#define NA_SOLICITED bpf_htonl(0x40000000)
#define NA_OVERRIDE  bpf_htonl(0x20000000)

struct nd_option {
	__u8 type;
	__u8 length; /* in units of 8 bytes, this header included */
	__u8 mac[6];
};

#define ND_SOURCE_LINK_ADDRESS 1
#define ND_TARGET_LINK_ADDRESS 2

/* RFC 9568 section 5.1, and RFC 3768 section 5.1 for version 2. */
struct vrrp_header {
	__u8 version_type;
	__u8 vrid;
	__u8 priority;
	__u8 address_count;
	union {
		__be16 max_advert_interval; /* centiseconds; the upper four bits are reserved */
		struct {
			__u8 authentication_type; /* enum vrrp2_authentication */
			__u8 advert_interval;     /* seconds */
		} version2;
	};
	__sum16 checksum;
};

#define VRRP_ADVERTISEMENT        1
#define VRRP_ADVERT_INTERVAL_MASK 0x0fff

/* Behind the addresses of version 2. */
#define VRRP2_AUTHENTICATION_LENGTH 8

/* draft-cassen-vrrp-auth-hmac: behind the message. */
struct vrrp_trailer {
	__u8 type;
	__u8 key_id;
	__be16 reserved;
	__be32 seconds;   /* since the epoch. From here on it reads as one 64-bit sequence */
	__be16 fraction;  /* of the second, binary */
	__be16 counter;   /* of trailers within one time stamp */
	__be32 digest[4]; /* the first half of an HMAC-SHA-256 */
};

#define VRRP_TRAILER_HMAC_SHA256 1

_Static_assert(sizeof(struct arp_ipv4) == 28, "ARP for IPv4 over Ethernet is 28 bytes");
_Static_assert(sizeof(struct nd_message) == 24, "ND messages are 24 bytes before their options");
_Static_assert(sizeof(struct vrrp_header) == 8, "a VRRP header is 8 bytes");
_Static_assert(sizeof(struct vrrp_trailer) == 28, "a trailer is 28 bytes");

#endif
