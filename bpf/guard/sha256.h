/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SHA-256 (FIPS 180-4) over whole 32-bit words, which is all that VRRP is made of. Pure, so that it
 * is tested on the host too.
 */
#ifndef VIPD_BPF_SHA256_H
#define VIPD_BPF_SHA256_H

#ifdef __bpf__
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#define SHA256_UNROLL _Pragma("unroll")
#define SHA256_INLINE static __always_inline
#else
#include <linux/types.h>
#define SHA256_UNROLL
#define SHA256_INLINE static inline
#endif

#define SHA256_STATE_WORDS 8
#define SHA256_BLOCK_WORDS 16

/*
 * Words are held in 64 bits: the machine of -mcpu=v2 has no others. What an addition carries into
 * the upper half never comes down again, so it is cut off only where it would be rotated.
 */

/* Its right rotations by less than 32 are plain shifts of this, if the upper half is ignored. */
SHA256_INLINE __u64 sha256_twice(__u32 word)
{
	return (__u64)word << 32 | word;
}

/* FIPS 180-4 section 4.1.2. */

SHA256_INLINE __u64 sha256_sum0(__u32 word)
{
	__u64 twice = sha256_twice(word);

	return twice >> 2 ^ twice >> 13 ^ twice >> 22;
}

SHA256_INLINE __u64 sha256_sum1(__u32 word)
{
	__u64 twice = sha256_twice(word);

	return twice >> 6 ^ twice >> 11 ^ twice >> 25;
}

SHA256_INLINE __u64 sha256_sigma0(__u32 word)
{
	__u64 twice = sha256_twice(word);

	return twice >> 7 ^ twice >> 18 ^ word >> 3;
}

SHA256_INLINE __u64 sha256_sigma1(__u32 word)
{
	__u64 twice = sha256_twice(word);

	return twice >> 17 ^ twice >> 19 ^ word >> 10;
}

SHA256_INLINE __u64 sha256_choose(__u64 x, __u64 y, __u64 z)
{
	return z ^ (x & (y ^ z));
}

SHA256_INLINE __u64 sha256_majority(__u64 x, __u64 y, __u64 z)
{
	return (x & y) | (z & (x | y));
}

/*
 * Words in host order. The working variables, a to h of the standard, are here and not on the
 * stack, of which there are 512 bytes in all. Instead of moving from one to the next they stay
 * where they are, and what is called `a` moves.
 */
struct sha256 {
	__u32 state[SHA256_STATE_WORDS];
	__u32 block[SHA256_BLOCK_WORDS]; /* the next to be digested; becomes the schedule */
	__u32 working[SHA256_STATE_WORDS];
};

/* Section 6.2.2, step 1: word `round` of the schedule takes the place of the one 16 before it. */
SHA256_INLINE __u32 sha256_schedule(__u32 words[SHA256_BLOCK_WORDS], unsigned int round)
{
	unsigned int at = round % SHA256_BLOCK_WORDS;

	if (round >= SHA256_BLOCK_WORDS)
		words[at] = (__u32)(words[at] + sha256_sigma0(words[(at + 1) % 16]) +
				    words[(at + 9) % 16] + sha256_sigma1(words[(at + 14) % 16]));
	return words[at];
}

/* Step 3, for one round. */
SHA256_INLINE void sha256_round(__u32 working[SHA256_STATE_WORDS], unsigned int round,
				__u32 constant_and_word)
{
	unsigned int a = 64 - round;
	__u64 first =
		(__u64)working[(a + 7) % 8] + sha256_sum1(working[(a + 4) % 8]) +
		sha256_choose(working[(a + 4) % 8], working[(a + 5) % 8], working[(a + 6) % 8]) +
		constant_and_word;

	working[(a + 3) % 8] = (__u32)(working[(a + 3) % 8] + first);
	working[(a + 7) % 8] = (__u32)(first + sha256_sum0(working[a % 8]) +
				       sha256_majority(working[a % 8], working[(a + 1) % 8],
						       working[(a + 2) % 8]));
}

/* Digest the block, which is overwritten. */
SHA256_INLINE void sha256_compress(struct sha256 *sha256)
{
	static const __u32 constants[] = {
		0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4,
		0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe,
		0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f,
		0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
		0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc,
		0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
		0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116,
		0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
		0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
		0xc67178f2,
	};

	SHA256_UNROLL
	for (unsigned int i = 0; i < SHA256_STATE_WORDS; i++)
		sha256->working[i] = sha256->state[i];
	SHA256_UNROLL
	for (unsigned int round = 0; round < 64; round++) {
		sha256_round(sha256->working, round,
			     constants[round] + sha256_schedule(sha256->block, round));
		asm volatile("" ::: "memory"); /* or all would be wanted in registers at once */
	}
	SHA256_UNROLL
	for (unsigned int i = 0; i < SHA256_STATE_WORDS; i++)
		sha256->state[i] += sha256->working[i];
}

/* Section 5.1.1: of so many words, and their padding, the last one's index: a block's end. */
SHA256_INLINE __u32 sha256_last_word(__u32 words)
{
	return (words + 2) | (SHA256_BLOCK_WORDS - 1);
}

/*
 * Appends the padding. There must be room for SHA256_PADDING_MAX words; `before` counts the bytes
 * that were digested before these.
 */
#define SHA256_PADDING_MAX (SHA256_BLOCK_WORDS + 2)

SHA256_INLINE void sha256_pad(__u32 *message, __u32 words, __u32 before)
{
	message[words] = 0x80000000;
	SHA256_UNROLL
	for (unsigned int i = 1; i < SHA256_PADDING_MAX; i++)
		message[words + i] = 0;
	message[sha256_last_word(words)] = (before + words * 4) * 8;
}

#endif
