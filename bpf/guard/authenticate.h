/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The HMAC behind an advertisement (draft-cassen-vrrp-auth-hmac): was it signed with a key of ours,
 * just now, and not seen before? What is cheap to tell is told first, so that a flood of captures
 * costs no digest.
 *
 * What is digested is put together in memory of the CPU's own, by global functions that take
 * numbers only: the verifier walks each of them once, and none of it is on the stack.
 */
#ifndef VIPD_BPF_GUARD_AUTHENTICATE_H
#define VIPD_BPF_GUARD_AUTHENTICATE_H

#include "message.h"
#include "sha256.h"

#define HMAC_BLOCK 64 /* bytes; the padded key, which the key's states have digested already */

/* draft-cassen-vrrp-auth-hmac: what is signed besides the packet's bytes. */
struct hmac_pseudo_header {
	__u8 family;
	__u8 version;
	__u8 vrid;
	__u8 zero;
	__be32 source[4]; /* IPv4: in the first, then zeros */
};

#define PSEUDO_HEADER_WORDS (sizeof(struct hmac_pseudo_header) / 4)
#define CHECKSUM_WORD       (PSEUDO_HEADER_WORDS + 1) /* of what is signed */
#define DIGEST_WORDS        4

/*
 * Of message and trailer, rounded up to a power of two; and as much again for the padding, because
 * the verifier knows where that ends by its bits only.
 */
#define SIGNED_WORDS_MAX 512
#define BLOCKS_MAX       (2 * SIGNED_WORDS_MAX / SHA256_BLOCK_WORDS)

/* Words in host order. */
struct hmac_work {
	struct sha256 sha256;
	__u32 signed_words[BLOCKS_MAX * SHA256_BLOCK_WORDS];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct hmac_work);
} vipd_hmac SEC(".maps");

static __always_inline struct hmac_work *hmac_work(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&vipd_hmac, &zero);
}

/*
 * read_signed() - the packet's part of what is signed: message and trailer
 *
 * `length` is of both together, and a multiple of 4. The checksum and the HMAC itself count as
 * zero. Returns 0, or -1 when the bytes are not all there.
 */
__noinline int read_signed(struct xdp_md *ctx, __u32 offset, __u32 length)
{
	const __be32 *word = (void *)(long)ctx->data + (offset & OFFSET_MASK);
	void *end = (void *)(long)ctx->data_end;
	struct hmac_work *work = hmac_work();

	if (!work || length > ADVERT_MESSAGE_MAX || length < DIGEST_WORDS * 4)
		return -1;
	for (__u32 i = 0; i < ADVERT_MESSAGE_MAX / 4; i++) {
		if (i * 4 >= length)
			break;
		if ((void *)(word + 1) > end)
			return -1;
		work->signed_words[PSEUDO_HEADER_WORDS + i] = bpf_ntohl(*word++);
	}
	work->signed_words[CHECKSUM_WORD] &= 0xffff0000;
	for (__u32 i = 1; i <= DIGEST_WORDS; i++)
		work->signed_words[(PSEUDO_HEADER_WORDS + length / 4 - i) &
				   (SIGNED_WORDS_MAX - 1)] = 0;
	return 0;
}

/* digest_block() - one block of what is signed into the state */
__noinline int digest_block(__u32 index)
{
	struct hmac_work *work = hmac_work();

	if (!work)
		return -1;
	index &= BLOCKS_MAX - 1;
	for (__u32 i = 0; i < SHA256_BLOCK_WORDS; i++)
		work->sha256.block[i] = work->signed_words[index * SHA256_BLOCK_WORDS + i];
	sha256_compress(&work->sha256);
	return 0;
}

static __always_inline void set_state(struct hmac_work *work, const __u32 *state)
{
	for (__u32 i = 0; i < SHA256_STATE_WORDS; i++)
		work->sha256.state[i] = state[i];
}

/* sign() - RFC 2104 over so many of the signed words; the state becomes the HMAC */
__noinline int sign(__u32 words, __u32 key_id)
{
	struct hmac_work *work = hmac_work();
	struct key_entry *key = bpf_map_lookup_elem(&vipd_keys, &key_id);

	__u32 last_word;

	if (!work || !key)
		return -1;
	words &= SIGNED_WORDS_MAX - 1;
	last_word = sha256_last_word(words);
	asm volatile(""
		     : "+r"(last_word)); /* or the loop loses the bound that the verifier needs */
	set_state(work, key->inner);
	sha256_pad(work->signed_words, words, HMAC_BLOCK);
	for (__u32 i = 0; i < BLOCKS_MAX; i++) {
		if (i * SHA256_BLOCK_WORDS > last_word)
			break;
		digest_block(i);
	}
	for (__u32 i = 0; i < SHA256_STATE_WORDS; i++)
		work->signed_words[i] = work->sha256.state[i];
	set_state(work, key->outer);
	sha256_pad(work->signed_words, SHA256_STATE_WORDS, HMAC_BLOCK);
	return digest_block(0);
}

static __always_inline void set_pseudo_header(struct hmac_work *work,
					      const struct vrrp_packet *packet, __u8 version)
{
	const __be32 *source = (const void *)&packet->source;
	__u32 *words = work->signed_words;
	bool ipv4 = packet->family == FAMILY_IPV4;

	words[0] = (__u32)packet->family << 24 | (__u32)version << 16 | (__u32)packet->vrid << 8;
	words[1] = bpf_ntohl(ipv4 ? source[3] : source[0]);
	words[2] = ipv4 ? 0 : bpf_ntohl(source[1]);
	words[3] = ipv4 ? 0 : bpf_ntohl(source[2]);
	words[4] = ipv4 ? 0 : bpf_ntohl(source[3]);
}

/* The time that this takes tells nothing of where the two differ. */
static __always_inline bool hmac_holds(const struct frame *frame, const struct vrrp_packet *packet,
				       const struct vrrp_trailer *trailer, __u8 version)
{
	struct hmac_work *work = hmac_work();
	__u32 difference = 0;

	if (!work)
		return false;
	set_pseudo_header(work, packet, version);
	if (read_signed(frame->ctx, packet->offset, packet->length) ||
	    sign(PSEUDO_HEADER_WORDS + packet->length / 4, trailer->key_id))
		return false;
	for (__u32 i = 0; i < DIGEST_WORDS; i++)
		difference |= bpf_ntohl(trailer->digest[i]) ^ work->sha256.state[i];
	return difference == 0;
}

/* Time as sequences have it: seconds in the upper half, their binary fraction in the lower. */
static __always_inline __u64 sequence_of(__u64 ns)
{
	const __u64 second = 1000000000;

	return ns / second << 32 | (ns % second << 32) / second;
}

/* RFC 1982, of 64 bits. */
static __always_inline bool is_newer(__u64 sequence, __u64 than)
{
	return (__s64)(sequence - than) > 0;
}

static __always_inline bool in_window(__u64 sequence, __u64 clock,
				      const struct authentication_entry *authentication)
{
	__u64 distance = is_newer(sequence, clock) ? sequence - clock : clock - sequence;

	return distance <= sequence_of(authentication->window);
}

/*
 * A mark that the clock has left behind, or that was never near it, tells nothing: its sender's
 * clock was corrected. Whatever it protects from is stale.
 */
static __always_inline bool is_replay(const struct vrrp_packet *packet, __u64 sequence, __u64 clock,
				      const struct authentication_entry *authentication)
{
	__u32 index = advert_index(packet->vrid, packet->peer);
	struct advert_entry *seen = bpf_map_lookup_elem(&vipd_adverts, &index);

	if (!seen || sequence == 0) /* which stands for never */
		return true;
	if (seen->sequence == 0)
		return false;
	if (!authentication->monotonic && !in_window(seen->sequence, clock, authentication))
		return false;
	return !is_newer(sequence, seen->sequence);
}

static __always_inline bool have_key(__u32 id)
{
	struct key_entry *key = bpf_map_lookup_elem(&vipd_keys, &id);

	return key && *(volatile __u32 *)&key->configured;
}

static __always_inline enum judgement
judge_trailer(const struct frame *frame, struct vrrp_packet *packet,
	      const struct vrrp_trailer *trailer, __u8 version,
	      const struct authentication_entry *authentication)
{
	__u64 clock = sequence_of(bpf_ktime_get_ns() + authentication->wall_offset);
	__u32 seconds = bpf_ntohl(trailer->seconds);
	__u64 sequence = (__u64)seconds << 32 | (__u32)bpf_ntohs(trailer->fraction) << 16 |
			 bpf_ntohs(trailer->counter);

	if (trailer->type != VRRP_TRAILER_HMAC_SHA256 || trailer->reserved)
		return refuse_number(packet, DROP_vrrp_trailer_malformed, VRRP_TRAILER_HMAC_SHA256,
				     trailer->type);
	if (!authentication->monotonic && !in_window(sequence, clock, authentication))
		return refuse_number(packet, DROP_vrrp_trailer_stale, (__u32)(clock >> 32),
				     seconds);
	if (!have_key(trailer->key_id))
		return refuse_number(packet, DROP_vrrp_unknown_key, 0, trailer->key_id);
	if (!hmac_holds(frame, packet, trailer, version))
		return refuse(packet, DROP_vrrp_hmac);
	if (is_replay(packet, sequence, clock, authentication))
		return refuse(packet, DROP_vrrp_replay);
	packet->sequence = sequence;
	return ACCEPTED;
}

/* After judge_message(), which has seen to the lengths. */
static __always_inline enum judgement authenticate(const struct frame *frame,
						   struct vrrp_packet *packet, __u8 version)
{
	struct authentication_entry *authentication = authentication_settings();
	const struct vrrp_trailer *trailer =
		message_of(frame, packet) + (packet->message_length & MESSAGE_MASK);

	if (!authentication)
		return refuse(packet, DROP_vrrp_unsigned);
	if (packet->length == packet->message_length)
		return authentication->mode == AUTHENTICATION_ENFORCE
			       ? refuse(packet, DROP_vrrp_unsigned)
			       : ACCEPTED;
	if ((void *)(trailer + 1) > frame->end)
		return refuse(packet, DROP_vrrp_truncated);
	return judge_trailer(frame, packet, trailer, version, authentication);
}

#endif
