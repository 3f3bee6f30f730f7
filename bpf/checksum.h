/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The Internet checksum (RFC 1071) and the pseudo headers it may include.
 */
#ifndef VIPD_BPF_CHECKSUM_H
#define VIPD_BPF_CHECKSUM_H

#include "maps/inbox.h"
#include "wire.h"

/*
 * Offsets of messages in a frame are 58 at the most. Masking says so in a way that the verifier
 * follows through clang's zero extensions, as a comparison does not.
 */
#define OFFSET_MASK 0x7f

/* The same for offsets in a message, of ADVERT_MESSAGE_MAX at the most. */
#define MESSAGE_MASK 0x7ff

/* A one's complement sum of 16-bit words, still to be folded; byte order does not matter to it. */
static __always_inline __u16 fold(__u32 sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (__u16)sum;
}

static __always_inline __u32 sum_words(const void *start, __u32 words)
{
	const __u16 *word = start;
	__u32 sum = 0;

#pragma unroll
	for (__u32 i = 0; i < words; i++)
		sum += word[i];
	return sum;
}

/* RFC 8200 section 8.1. */
static __always_inline __u32 sum_pseudo_header6(const struct ipv6hdr *ip6, __u32 length,
						__u8 next_header)
{
	return sum_words(&ip6->saddr, 16) + bpf_htons((__u16)length) + bpf_htons(next_header);
}

/* RFC 5798 section 5.2.8 as many implementations read it for IPv4; RFC 9568 leaves it out. */
static __always_inline __u32 sum_pseudo_header4(const struct iphdr *ip, __u32 length)
{
	return sum_words(&ip->saddr, 4) + bpf_htons((__u16)length) + bpf_htons(ip->protocol);
}

/*
 * sum_packet() - sum `length` bytes of the frame from `offset` on
 *
 * A global function, so that the verifier walks the loop once, for any offset and length, instead
 * of once for each way that leads here. Returns -1 when the bytes are not all there.
 */
__noinline int sum_packet(struct xdp_md *ctx, __u32 offset, __u32 length)
{
	void *end = (void *)(long)ctx->data_end;
	__u32 sum = 0;

	if (length > ADVERT_MESSAGE_MAX || length & 1)
		return -1;

	const __u16 *word = (void *)(long)ctx->data + (offset & OFFSET_MASK);

	for (__u32 i = 0; i < ADVERT_MESSAGE_MAX / 2; i++) {
		if (2 * i >= length)
			break;
		if ((void *)(word + 1) > end)
			return -1;
		sum += *word++;
	}
	return fold(sum);
}

#endif
