// SPDX-License-Identifier: GPL-2.0-only
/*
 * SHA-256 as the dataplane computes it, by the examples of FIPS 180-4 and of RFC 4231, and by one
 * signed advertisement.
 */
#include "bpf/guard/sha256.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define WORDS_MAX 512

static const __u32 initial[SHA256_STATE_WORDS] = {
	0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
	0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
};

static __u32 word_at(const uint8_t *bytes)
{
	return (__u32)bytes[0] << 24 | (__u32)bytes[1] << 16 | (__u32)bytes[2] << 8 | bytes[3];
}

static void digest(struct sha256 *sha256, __u32 *message, __u32 words, __u32 before)
{
	sha256_pad(message, words, before);
	for (__u32 at = 0; at <= sha256_last_word(words); at += SHA256_BLOCK_WORDS) {
		memcpy(sha256->block, message + at, sizeof(sha256->block));
		sha256_compress(sha256);
	}
}

/* @length is a multiple of 4, as in all that is signed. */
static void hash(const void *bytes, size_t length, struct sha256 *sha256)
{
	__u32 message[WORDS_MAX + SHA256_PADDING_MAX];

	for (size_t i = 0; i < length; i += 4)
		message[i / 4] = word_at((const uint8_t *)bytes + i);
	memcpy(sha256->state, initial, sizeof(initial));
	digest(sha256, message, (__u32)(length / 4), 0);
}

static void expect(const struct sha256 *sha256, size_t words, const char *hex)
{
	char text[2 * 32 + 1] = "";

	for (size_t i = 0; i < words; i++)
		snprintf(text + 8 * i, 9, "%08x", sha256->state[i]);
	assert_string_equal(text, hex);
}

/* FIPS 180-4, of whole words only. "abc" is not, so its padding is put here by hand. */
static void examples_of_the_standard(void **state)
{
	struct sha256 sha256 = {.block = {0x61626380, [15] = 24}};

	(void)state;
	memcpy(sha256.state, initial, sizeof(initial));
	sha256_compress(&sha256);
	expect(&sha256, 8, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	hash("", 0, &sha256);
	expect(&sha256, 8, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	hash("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56, &sha256);
	expect(&sha256, 8, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

/* Wherever a block ends. */
static void any_length(void **state)
{
	uint8_t bytes[4 * WORDS_MAX], expected[crypto_hash_sha256_BYTES];
	struct sha256 sha256;

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 7 + i / 256);
	for (size_t length = 0; length <= sizeof(bytes); length += 4) {
		hash(bytes, length, &sha256);
		crypto_hash_sha256(expected, bytes, length);
		for (size_t i = 0; i < SHA256_STATE_WORDS; i++)
			assert_int_equal(sha256.state[i], word_at(expected + 4 * i));
	}
}

/* The state after a padded key, from which the dataplane begins. */
static void begin(struct sha256 *sha256, const uint8_t *key, size_t length, uint8_t pad)
{
	memcpy(sha256->state, initial, sizeof(initial));
	for (size_t i = 0; i < 64; i += 4) {
		uint8_t padded[4];

		for (size_t j = 0; j < 4; j++)
			padded[j] = (uint8_t)((i + j < length ? key[i + j] : 0) ^ pad);
		sha256->block[i / 4] = word_at(padded);
	}
	sha256_compress(sha256);
}

static void hmac(const uint8_t *key, size_t key_length, const void *bytes, size_t length,
		 struct sha256 *sha256)
{
	__u32 message[WORDS_MAX + SHA256_PADDING_MAX];

	for (size_t i = 0; i < length; i += 4)
		message[i / 4] = word_at((const uint8_t *)bytes + i);
	begin(sha256, key, key_length, 0x36);
	digest(sha256, message, (__u32)(length / 4), 64);
	memcpy(message, sha256->state, sizeof(sha256->state));
	begin(sha256, key, key_length, 0x5c);
	digest(sha256, message, SHA256_STATE_WORDS, 64);
}

/* RFC 4231 section 4: those whose data are whole words. */
static void examples_of_hmac(void **state)
{
	uint8_t key[20];
	struct sha256 sha256;

	(void)state;
	memset(key, 0x0b, sizeof(key));
	hmac(key, sizeof(key), "Hi There", 8, &sha256);
	expect(&sha256, 8, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
	hmac((const uint8_t *)"Jefe", 4, "what do ya want for nothing?", 28, &sha256);
	expect(&sha256, 8, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	memset(key, 0x0c, sizeof(key));
	hmac(key, sizeof(key), "Test With Truncation", 20, &sha256);
	expect(&sha256, 4, "a3b6167473100ee06e0c796c2955552b");
}

/* draft-cassen-vrrp-auth-hmac: VRRPv3, VRID 51, from 198.51.100.10, under the key 00 01 ... 1f. */
static void a_signed_advert(void **state)
{
	static const uint8_t signed_bytes[] = {
		/* pseudo header */
		4, 3, 51, 0, 198, 51, 100, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
		/* message, checksum zero */
		0x31, 0x33, 0xc8, 0x01, 0x00, 0x64, 0x00, 0x00, 0xc0, 0x00, 0x02, 0x64,
		/* trailer, HMAC zero */
		1, 1, 0, 0, 0x68, 0, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
		0, 0};
	struct sha256 sha256;
	uint8_t key[32];

	(void)state;
	for (size_t i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)i;
	hmac(key, sizeof(key), signed_bytes, sizeof(signed_bytes), &sha256);
	expect(&sha256, 4, "1b84bc4e8e43892dc6d98448f8ee2265");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(examples_of_the_standard),
		cmocka_unit_test(any_length),
		cmocka_unit_test(examples_of_hmac),
		cmocka_unit_test(a_signed_advert),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
