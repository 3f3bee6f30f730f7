/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the wrapper is told of the packet that it makes anew.
 */
#ifndef VIPD_TOOLS_BENCH_PACKET_H
#define VIPD_TOOLS_BENCH_PACKET_H

#define BENCH_FLOWS (1U << 20)

/* Bytes that are restored: of every frame (ARP), and of those that are long enough (ND). */
#define BENCH_HEADERS_MIN 42
#define BENCH_HEADERS_MAX 86

struct packet {
	__u8 bytes[BENCH_HEADERS_MAX];
	__u8 padding[2];
	__u32 length;
	__u32 first_client; /* IPv4, host order */
	__u32 next;         /* counts the flows */
	__u32 advert;       /* by advert_index(): whose replay mark is to be forgotten */
};

#endif
