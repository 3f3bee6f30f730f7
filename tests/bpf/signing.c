/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/bpf/signing.h"

#include <sodium.h>
#include <string.h>
#include <time.h>

#define WINDOW (5 * NS_PER_S)

const struct secret first_secret = {
	.id = 1,
	.bytes = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
		  16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31},
	.length = 32,
};

const struct secret second_secret = {
	.id = 255,
	.bytes = "sixty-four bytes are as long as a key may be, and so is this one",
	.length = 64,
};

/* The state of SHA-256 after the padded key. */
static void digest_padded(const struct secret *secret, uint8_t pad, __u32 state[8])
{
	crypto_hash_sha256_state sha256;
	uint8_t block[64];

	for (size_t i = 0; i < sizeof(block); i++)
		block[i] = (uint8_t)((i < secret->length ? secret->bytes[i] : 0) ^ pad);
	crypto_hash_sha256_init(&sha256);
	crypto_hash_sha256_update(&sha256, block, sizeof(block));
	memcpy(state, sha256.state, sizeof(sha256.state));
}

void set_secret(const struct secret *secret)
{
	struct key_entry key = {.configured = 1};

	digest_padded(secret, 0x36, key.inner);
	digest_padded(secret, 0x5c, key.outer);
	set_key(secret->id, &key);
}

static uint64_t wall_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

void ask_for_hmac(enum authentication_mode mode, bool monotonic)
{
	set_authentication(&(struct authentication_entry){
		.mode = mode,
		.monotonic = monotonic,
		.window = WINDOW,
		.wall_offset = wall_clock() - clock_now(),
	});
	set_secret(&first_secret);
}

uint64_t sequence_in(int64_t milliseconds)
{
	uint64_t time = wall_clock() + (uint64_t)(milliseconds * (int64_t)NS_PER_MS);
	uint64_t fraction = (time % NS_PER_S << 16) / NS_PER_S;

	return time / NS_PER_S << 32 | fraction << 16;
}

uint8_t *frame_trailer(struct frame *frame)
{
	return frame->bytes + frame_payload_end(frame) - TRAILER_LENGTH;
}

static size_t pseudo_header(const struct frame *frame, uint8_t bytes[static 20])
{
	const uint8_t *ip = frame->bytes + frame->network;
	const uint8_t *message = frame->bytes + frame->transport;
	bool ipv6 = frame_is_ipv6(frame);

	memset(bytes, 0, 20);
	bytes[0] = ipv6 ? 6 : 4;
	bytes[1] = message[VRRP_VERSION_TYPE] >> 4;
	bytes[2] = message[VRRP_VRID];
	memcpy(bytes + 4, ip + (ipv6 ? 8 : 12), ipv6 ? 16 : 4);
	return 20;
}

void frame_sign_again(struct frame *frame, const struct secret *secret)
{
	uint8_t signed_bytes[FRAME_MAX], hmac[crypto_auth_hmacsha256_BYTES];
	uint8_t *message = signed_bytes + pseudo_header(frame, signed_bytes);
	size_t length = frame_payload_end(frame) - frame->transport;
	crypto_auth_hmacsha256_state state;

	memcpy(message, frame->bytes + frame->transport, length);
	put_be16(message + VRRP_CHECKSUM, 0);
	memset(message + length - sizeof(hmac) / 2, 0, sizeof(hmac) / 2);
	crypto_auth_hmacsha256_init(&state, secret->bytes, secret->length);
	crypto_auth_hmacsha256_update(&state, signed_bytes, 20 + length);
	crypto_auth_hmacsha256_final(&state, hmac);
	memcpy(frame_trailer(frame) + TRAILER_HMAC, hmac, sizeof(hmac) / 2);
}

void frame_sign(struct frame *frame, const struct secret *secret, uint64_t sequence)
{
	uint8_t *trailer = frame_append(frame, TRAILER_LENGTH);

	frame->trailer = TRAILER_LENGTH;
	trailer[TRAILER_TYPE] = 1;
	trailer[TRAILER_KEY_ID] = secret->id;
	for (size_t i = 0; i < sizeof(sequence); i++)
		trailer[TRAILER_SEQUENCE + i] = (uint8_t)(sequence >> (56 - 8 * i));
	frame_fit(frame);
	frame_sign_again(frame, secret);
	frame_checksum(frame);
}
