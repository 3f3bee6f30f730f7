/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Packets of flows to a VIP as clients send them, and as routers complain about them. Built on
 * packets.h, so from the RFCs alone.
 */
#ifndef VIPD_TESTS_BPF_FLOWS_H
#define VIPD_TESTS_BPF_FLOWS_H

#include "maps/steering.h"
#include "tests/bpf/packets.h"

/* Where fields are, from the start of their header. */
#define IPV4_IDENTIFICATION 4
#define TCP_SEQUENCE        4
#define TCP_ACKNOWLEDGMENT  8
#define TCP_FLAGS           13

#define TCP_LENGTH           20 /* without options */
#define UDP_LENGTH           8
#define IPV6_FRAGMENT_LENGTH 8

/** flow_of() - ports in host order. */
struct flow flow_of(uint8_t protocol, const char *client, uint16_t client_port, const char *vip,
		    uint16_t vip_port);

/**
 * flow_tcp() - a segment from the client, by way of the gateway; with payload if it is no SYN
 * @flags: TH_SYN and the like.
 */
void flow_tcp(struct frame *frame, const struct flow *flow, uint8_t flags);
void flow_udp(struct frame *frame, const struct flow *flow);

/** flow_data() - what the flow's protocol is made of: an ACK with payload, or a datagram. */
void flow_data(struct frame *frame, const struct flow *flow);

/** flow_reply() - data from the VIP to the client: what an ICMP error quotes. */
void flow_reply(struct frame *frame, const struct flow *flow);

/**
 * flow_error() - an ICMP or ICMPv6 error message, from a router to whoever sent @quoted
 * @length: how many bytes of @quoted's IP packet it quotes.
 */
void flow_error(struct frame *frame, uint8_t type, const struct frame *quoted, size_t length);

/** flow_minimal() - how much of @quoted RFC 792 promises: its IP headers and eight bytes. */
size_t flow_minimal(const struct frame *quoted);

/** flow_finish() - lengths and all checksums of a packet without extension headers. */
void flow_finish(struct frame *frame);

/** frame_set_source() - say that @mac sent it; frame_set_ttl() - TTL or hop limit. */
void frame_set_source(struct frame *frame, const char *mac);
void frame_set_ttl(struct frame *frame, uint8_t ttl);

/** frame_add_options() - eight bytes of IPv4 options, which mean nothing. */
void frame_add_options(struct frame *frame);

/**
 * frame_fragment() - make it a fragment (RFC 791; RFC 8200 section 4.5)
 * @offset: in units of eight bytes; if it is not 0, the transport header becomes payload.
 */
void frame_fragment(struct frame *frame, uint16_t identification, uint16_t offset, bool more);

/** frame_judged() - up to where its bytes say which flow it is of; the length if none do. */
size_t frame_judged(const struct frame *frame);

#endif
