// SPDX-License-Identifier: GPL-2.0-only
/* Signed advertisements: the trailer against known bytes, the sequence against any clock. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl/base/address.h"
#include "ctl/base/clock.h"
#include "ctl/vrrp/signer.h"
#include "ctl/vrrp/trailer.h"

#define WALL   (0x68000000ULL * NS_PER_S) /* in 2025 */
#define WINDOW (5 * NS_PER_S)

/* The draft's own vector: key 00 01 ... 1f, id 1, from 198.51.100.10. */
static const uint8_t signed_message[] = {
	0x31, 0x33, 0xc8, 0x01, 0x00, 0x64, 0x44, 0x02, 0xc0, 0x00, 0x02, 0x64, 0x01, 0x01,
	0x00, 0x00, 0x68, 0x00, 0x00, 0x00, 0x80, 0x00, 0x00, 0x00, 0x1b, 0x84, 0xbc, 0x4e,
	0x8e, 0x43, 0x89, 0x2d, 0xc6, 0xd9, 0x84, 0x48, 0xf8, 0xee, 0x22, 0x65,
};

#define MESSAGE_LENGTH (sizeof(signed_message) - TRAILER_LENGTH)
#define SEQUENCE       0x6800000080000000ULL

static uint8_t secret[CONFIG_KEY_LENGTH_MAX];

static struct ip_address address(const char *text)
{
	struct ip_address parsed;

	assert_int_equal(address_parse(text, &parsed), 0);
	return parsed;
}

static crypto_auth_hmacsha256_state key_of(size_t length)
{
	crypto_auth_hmacsha256_state key;

	crypto_auth_hmacsha256_init(&key, secret, length);
	return key;
}

static void signs_the_vector(void **state)
{
	struct ip_address source = address("198.51.100.10");
	crypto_auth_hmacsha256_state key = key_of(32), before = key;
	uint8_t bytes[sizeof(signed_message)];

	(void)state;
	memcpy(bytes, signed_message, MESSAGE_LENGTH);
	trailer_append(bytes, MESSAGE_LENGTH, &source, 1, &key, SEQUENCE);
	assert_memory_equal(bytes, signed_message, sizeof(bytes));
	assert_memory_equal(&key, &before, sizeof(key));
}

static void the_checksum_is_not_signed(void **state)
{
	struct ip_address source = address("198.51.100.10");
	crypto_auth_hmacsha256_state key = key_of(32);
	uint8_t bytes[sizeof(signed_message)];

	(void)state;
	memcpy(bytes, signed_message, MESSAGE_LENGTH);
	bytes[6] = bytes[7] = 0xff;
	trailer_append(bytes, MESSAGE_LENGTH, &source, 1, &key, SEQUENCE);
	assert_memory_equal(bytes + MESSAGE_LENGTH, signed_message + MESSAGE_LENGTH,
			    TRAILER_LENGTH);
}

/* Every bit of the source, of the message but its checksum, and of the trailer's fields counts. */
static void all_else_is_signed(void **state)
{
	struct ip_address source = address("198.51.100.10");
	crypto_auth_hmacsha256_state key = key_of(32);
	const uint8_t *hmac = signed_message + sizeof(signed_message) - 16;
	uint8_t bytes[sizeof(signed_message)];

	(void)state;
	for (size_t bit = 0; bit < 8 * (MESSAGE_LENGTH + 4); bit++) {
		struct ip_address changed = source;
		size_t byte = bit / 8;
		uint8_t mask = (uint8_t)(1 << bit % 8);

		if (byte == 6 || byte == 7)
			continue;
		memcpy(bytes, signed_message, MESSAGE_LENGTH);
		if (byte < MESSAGE_LENGTH)
			bytes[byte] ^= mask;
		else
			changed.bytes[12 + byte - MESSAGE_LENGTH] ^= mask;
		trailer_append(bytes, MESSAGE_LENGTH, &changed, 1, &key, SEQUENCE);
		assert_memory_not_equal(bytes + sizeof(bytes) - 16, hmac, 16);
	}
	for (int bit = 0; bit < 64; bit++) {
		memcpy(bytes, signed_message, MESSAGE_LENGTH);
		trailer_append(bytes, MESSAGE_LENGTH, &source, 1, &key, SEQUENCE ^ 1ULL << bit);
		assert_memory_not_equal(bytes + sizeof(bytes) - 16, hmac, 16);
	}
	trailer_append(bytes, MESSAGE_LENGTH, &source, 2, &key, SEQUENCE);
	assert_memory_not_equal(bytes + sizeof(bytes) - 16, hmac, 16);
}

/* The naive way, over IPv6: lay out what is signed, and hash it in one go. */
static void signs_ipv6_with_any_key(void **state)
{
	struct ip_address source = address("fe80::1");
	uint8_t message[24 + TRAILER_LENGTH] = {0x31, 7, 100, 1, 0, 100, 0xab, 0xcd, 0xfe, 0x80};
	uint8_t whole[20 + sizeof(message)] = {6, 3, 7, 0, 0xfe, 0x80, [19] = 1};
	uint8_t hmac[crypto_auth_hmacsha256_BYTES];

	(void)state;
	for (size_t length = CONFIG_KEY_LENGTH_MIN; length <= CONFIG_KEY_LENGTH_MAX; length++) {
		crypto_auth_hmacsha256_state key = key_of(length);

		trailer_append(message, 24, &source, 255, &key, 0x0102030405060708);
		memcpy(whole + 20, message, sizeof(message));
		assert_memory_equal(message + 24,
				    ((uint8_t[]){1, 255, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8}), 12);
		memset(whole + 20 + 6, 0, 2);
		memset(whole + sizeof(whole) - 16, 0, 16);
		crypto_auth_hmacsha256_update(&key, whole, sizeof(whole));
		crypto_auth_hmacsha256_final(&key, hmac);
		assert_memory_equal(message + sizeof(message) - 16, hmac, 16);
	}
}

/* The sequence. */

static void a_sequence_is_a_time(void **state)
{
	(void)state;
	assert_int_equal(trailer_clock(WALL), 0x6800000000000000);
	assert_int_equal(trailer_clock(WALL + NS_PER_S / 2), SEQUENCE);
	assert_int_equal(trailer_clock(WALL + NS_PER_S - 1), 0x68000000ffff0000);
	assert_int_equal(trailer_clock(0xffffffffULL * NS_PER_S), 0xffffffff00000000);
}

static void the_first_is_the_clock(void **state)
{
	(void)state;
	assert_int_equal(trailer_next_sequence(0, WALL, WINDOW), trailer_clock(WALL));
	/* After 2038, too, when the clock is "before" 0 in serial-number arithmetic. */
	assert_int_equal(trailer_next_sequence(0, 0xf0000000 * NS_PER_S, WINDOW),
			 0xf000000000000000);
}

static void the_counter_breaks_ties(void **state)
{
	(void)state;
	assert_int_equal(trailer_next_sequence(trailer_clock(WALL), WALL, WINDOW),
			 trailer_clock(WALL) + 1);
	assert_int_equal(trailer_next_sequence(trailer_clock(WALL) + 0xffff, WALL, WINDOW),
			 trailer_clock(WALL) + 0x10000);
}

/* Whatever the clock does: forward, standing still, back by hours. */
static void is_strictly_increasing(void **state)
{
	uint64_t wall = WALL, last = 0;

	(void)state;
	srandom(1);
	for (int i = 0; i < 1000000; i++) {
		uint64_t next = trailer_next_sequence(last, wall, NEVER);

		if (last && (int64_t)(next - last) <= 0)
			fail_msg("%d: %llx after %llx", i, (unsigned long long)next,
				 (unsigned long long)last);
		assert_true((int64_t)(next - trailer_clock(wall)) >= 0);
		last = next;
		if (random() % 1000 == 0)
			wall += (uint64_t)(random() % 7200 - 3600) * NS_PER_S;
		wall += (uint64_t)(random() % 3) * 10 * NS_PER_US;
	}
}

static void runs_over(void **state)
{
	(void)state;
	assert_int_equal(trailer_next_sequence(0xffffffffffffffff, 0, NEVER), 0);
	assert_int_equal(trailer_next_sequence(0xffffffff00000005, 3 * NS_PER_S, NEVER),
			 3ULL << 32);
}

/* No receiver would take a sequence that is further ahead, so nothing is lost by going back. */
static void follows_a_clock_that_was_far_ahead(void **state)
{
	uint64_t last = trailer_clock(WALL);

	(void)state;
	assert_int_equal(trailer_next_sequence(last, WALL - WINDOW, WINDOW), last + 1);
	assert_int_equal(trailer_next_sequence(last, WALL - WINDOW - NS_PER_S, WINDOW),
			 trailer_clock(WALL - WINDOW - NS_PER_S));
	assert_int_equal(trailer_next_sequence(last, WALL - 3600 * NS_PER_S, NEVER), last + 1);
}

/* The signer. */

static int set_key(struct signer *signer, const struct config_authentication *authentication)
{
	struct signing_key key;
	int error = signer_prepare(signer, authentication, &key);

	if (error)
		return error;
	signer_exchange(signer, &key);
	signing_key_free(&key);
	return 0;
}

static char path[] = "/tmp/vipd-sequence-XXXXXX";

static struct config_authentication configured(struct config_key keys[static 2])
{
	keys[0] = (struct config_key){.id = 1, .secret = secret, .secret_length = 32};
	keys[1] = (struct config_key){.id = 2, .secret = secret, .secret_length = 64};
	return (struct config_authentication){
		.mode = AUTHENTICATION_ENFORCE,
		.window = WINDOW,
		.active_key = 1,
		.keys = keys,
		.key_count = 2,
	};
}

static void signs_when_it_is_to(void **state)
{
	struct ip_address source = address("198.51.100.10");
	struct config_key keys[2];
	struct config_authentication authentication = configured(keys);
	struct signer signer = {};
	uint8_t bytes[sizeof(signed_message)];

	(void)state;
	unlink(path);
	signer_init(&signer, path);
	memcpy(bytes, signed_message, MESSAGE_LENGTH);
	assert_int_equal(signer_sign(&signer, bytes, MESSAGE_LENGTH, &source, WALL), 0);
	assert_int_equal(access(path, F_OK), -1); /* nothing to keep */

	assert_int_equal(set_key(&signer, &authentication), 0);
	assert_int_equal(signer_sign(&signer, bytes, MESSAGE_LENGTH, &source, WALL + NS_PER_S / 2),
			 TRAILER_LENGTH);
	assert_memory_equal(bytes, signed_message, sizeof(bytes));

	authentication.active_key = 2;
	authentication.mode = AUTHENTICATION_PERMISSIVE;
	assert_int_equal(set_key(&signer, &authentication), 0);
	assert_int_equal(signer_sign(&signer, bytes, MESSAGE_LENGTH, &source, WALL),
			 TRAILER_LENGTH);
	assert_int_equal(bytes[MESSAGE_LENGTH + 1], 2);
	assert_int_equal(bytes[MESSAGE_LENGTH + 11], 1); /* the last sequence, plus 1 */

	authentication.mode = AUTHENTICATION_RECEIVE_ONLY;
	assert_int_equal(set_key(&signer, &authentication), 0);
	assert_int_equal(signer_sign(&signer, bytes, MESSAGE_LENGTH, &source, WALL), 0);
	signer_close(&signer);
	signer_close(&signer);
}

static uint64_t sign_once(uint64_t wall)
{
	struct ip_address source = address("198.51.100.10");
	struct config_key keys[2];
	struct config_authentication authentication = configured(keys);
	struct signer signer = {};
	uint8_t bytes[sizeof(signed_message)];
	uint64_t sequence;

	authentication.monotonic = true;
	signer_init(&signer, path);
	assert_int_equal(set_key(&signer, &authentication), 0);
	memcpy(bytes, signed_message, MESSAGE_LENGTH);
	signer_sign(&signer, bytes, MESSAGE_LENGTH, &source, wall);
	memcpy(&sequence, bytes + MESSAGE_LENGTH + 4, sizeof(sequence));
	signer_close(&signer);
	return be64toh(sequence);
}

/* Each is a run of its own, and the clock is set back between them. */
static void does_not_go_back_over_a_restart(void **state)
{
	(void)state;
	unlink(path);
	assert_int_equal(sign_once(WALL), trailer_clock(WALL));
	assert_int_equal(sign_once(WALL - 7200 * NS_PER_S), trailer_clock(WALL) + 1);
	assert_int_equal(sign_once(WALL + NS_PER_S), trailer_clock(WALL + NS_PER_S));
}

static void a_file_that_cannot_be_made(void **state)
{
	struct config_key keys[2];
	struct config_authentication authentication = configured(keys);
	struct signer signer;

	(void)state;
	signer_init(&signer, "/nonexistent/sequence");
	assert_int_equal(set_key(&signer, &authentication), -ENOENT);
	assert_null(signer.key.state);
	signer_close(&signer);
}

static int make_secret(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(secret); i++)
		secret[i] = (uint8_t)i;
	return sodium_init() < 0 || mkstemp(path) < 0;
}

static int remove_file(void **state)
{
	(void)state;
	return unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signs_the_vector),
		cmocka_unit_test(the_checksum_is_not_signed),
		cmocka_unit_test(all_else_is_signed),
		cmocka_unit_test(signs_ipv6_with_any_key),
		cmocka_unit_test(a_sequence_is_a_time),
		cmocka_unit_test(the_first_is_the_clock),
		cmocka_unit_test(the_counter_breaks_ties),
		cmocka_unit_test(is_strictly_increasing),
		cmocka_unit_test(runs_over),
		cmocka_unit_test(follows_a_clock_that_was_far_ahead),
		cmocka_unit_test(signs_when_it_is_to),
		cmocka_unit_test(does_not_go_back_over_a_restart),
		cmocka_unit_test(a_file_that_cannot_be_made),
	};

	return cmocka_run_group_tests_name("trailer", tests, make_secret, remove_file);
}
