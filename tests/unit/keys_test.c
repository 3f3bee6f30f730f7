// SPDX-License-Identifier: GPL-2.0-only
/* The tables by which the dataplane verifies: what is in them, and when. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <sodium.h>
#include <string.h>

#include "ctl/base/clock.h"
#include "ctl/tables/keys.h"
#include "ctl/tables/wall_clock.h"
#include "maps/maps_internal.h"

#define ROTATIONS 500

static uint8_t secrets[3][CONFIG_KEY_LENGTH_MAX];
static struct authentication_entry authentication;
static struct key_entry keys[MAX_KEYS];
static struct maps maps = {.authentication = &authentication, .keys = keys};

static struct config_key key(uint8_t id, size_t which)
{
	return (struct config_key){.id = id, .secret = secrets[which], .secret_length = 40};
}

static struct config_authentication enforce(struct config_key *list, size_t count)
{
	return (struct config_authentication){
		.mode = AUTHENTICATION_ENFORCE,
		.window = 5 * NS_PER_S,
		.keys = list,
		.key_count = count,
	};
}

static struct keys_plan *prepared(const struct config_authentication *wanted)
{
	struct config config = {.vrrp.authentication = *wanted};
	struct keys_plan *plan = NULL;

	assert_int_equal(keys_prepare(&config, &plan), 0);
	return plan;
}

static void apply(const struct config_authentication *wanted)
{
	keys_commit(&maps, prepared(wanted));
}

static void only_configured(const char *ids)
{
	for (size_t id = 0; id < MAX_KEYS; id++)
		assert_int_equal(keys[id].configured, id && strchr(ids, (int)id) != NULL);
}

/* Goes on from a state, as the dataplane does: what follows the first block, and its length. */
static void finish(const uint32_t words[8], const uint8_t *text, size_t length, uint8_t *digest)
{
	crypto_hash_sha256_state hash;

	crypto_hash_sha256_init(&hash);
	memcpy(hash.state, words, sizeof(hash.state));
	hash.count = 64UL * 8; /* bits */
	crypto_hash_sha256_update(&hash, text, length);
	crypto_hash_sha256_final(&hash, digest);
}

static void states_are_the_key(void **state)
{
	static const uint8_t text[] = "what is signed";
	struct config_key one = key(7, 0);
	struct config_authentication config = enforce(&one, 1);
	uint8_t inner[32], outer[32], expected[32];
	crypto_auth_hmacsha256_state hmac;

	(void)state;
	apply(&config);
	only_configured("\7");
	finish(keys[7].inner, text, sizeof(text), inner);
	finish(keys[7].outer, inner, sizeof(inner), outer);

	crypto_auth_hmacsha256_init(&hmac, secrets[0], 40);
	crypto_auth_hmacsha256_update(&hmac, text, sizeof(text));
	crypto_auth_hmacsha256_final(&hmac, expected);
	assert_memory_equal(outer, expected, sizeof(expected));
}

static void what_is_asked_for(void **state)
{
	struct config_key one = key(7, 0);
	struct config_authentication config = enforce(&one, 1);

	(void)state;
	apply(&config);
	assert_int_equal(authentication.mode, AUTHENTICATION_ENFORCE);
	assert_int_equal(authentication.monotonic, 0);
	assert_int_equal(authentication.window, 5 * NS_PER_S);
	config.monotonic = true;
	config.mode = AUTHENTICATION_PERMISSIVE;
	apply(&config);
	assert_int_equal(authentication.mode, AUTHENTICATION_PERMISSIVE);
	assert_int_equal(authentication.monotonic, 1);
}

static void a_rotation_is_prepared_without_a_trace(void **state)
{
	struct config_key before[] = {key(1, 0)}, after[] = {key(2, 1)};
	struct config_authentication old = enforce(before, 1), new = enforce(after, 1);
	struct keys_plan *plan;
	struct key_entry first;

	(void)state;
	apply(&old);
	first = keys[1];
	plan = prepared(&new);
	only_configured("\1");
	assert_memory_equal(&keys[1], &first, sizeof(first));
	keys_commit(&maps, plan);
	only_configured("\2");
	for (size_t i = 0; i < 8; i++)
		assert_int_equal(keys[1].inner[i] | keys[1].outer[i], 0);
}

/* Goes on from key 1 to key 2, so whoever finds no key 1 must find key 2 after that. */
static bool looking;
static unsigned int missed;

static void *look(void *context)
{
	(void)context;
	while (__atomic_load_n(&looking, __ATOMIC_ACQUIRE))
		missed += !maps_has_key(&maps, 1) && !maps_has_key(&maps, 2);
	return NULL;
}

static void a_rotation_has_both_keys_in_between(void **state)
{
	struct config_key before[] = {key(1, 0)}, after[] = {key(2, 1)};
	struct config_authentication old = enforce(before, 1), new = enforce(after, 1);
	pthread_t thread;

	(void)state;
	for (int i = 0; i < ROTATIONS; i++) {
		apply(&old);
		__atomic_store_n(&looking, true, __ATOMIC_RELEASE);
		assert_int_equal(pthread_create(&thread, NULL, look, NULL), 0);
		apply(&new);
		__atomic_store_n(&looking, false, __ATOMIC_RELEASE);
		pthread_join(thread, NULL);
	}
	assert_int_equal(missed, 0);
}

static void an_aborted_change_is_none(void **state)
{
	struct config_key before[] = {key(1, 0)}, after[] = {key(1, 1), key(2, 1)};
	struct config_authentication old = enforce(before, 1), new = enforce(after, 2);
	struct key_entry keys_before[MAX_KEYS];
	struct authentication_entry entry_before;

	(void)state;
	apply(&old);
	memcpy(keys_before, keys, sizeof(keys));
	entry_before = authentication;
	new.mode = AUTHENTICATION_PERMISSIVE;
	keys_abort(prepared(&new));
	keys_abort(NULL);
	assert_memory_equal(keys, keys_before, sizeof(keys));
	assert_memory_equal(&authentication, &entry_before, sizeof(entry_before));
}

static void another_key_of_the_same_id(void **state)
{
	struct config_key one = key(1, 0), other = key(1, 2);
	struct config_authentication config = enforce(&one, 1);
	struct key_entry first;

	(void)state;
	apply(&config);
	first = keys[1];
	config.keys = &other;
	apply(&config);
	only_configured("\1");
	assert_memory_not_equal(&keys[1], &first, sizeof(first));
}

static void none_are_left_when_it_is_off(void **state)
{
	struct config_key one = key(255, 0);
	struct config_authentication config = enforce(&one, 1), off = {};

	(void)state;
	apply(&config);
	apply(&off);
	only_configured("");
	assert_int_equal(authentication.mode, AUTHENTICATION_OFF);
}

static void the_offset_is_that_of_the_clocks(void **state)
{
	struct wall_clock *wall_clock = NULL;
	sd_event *event = NULL;
	uint64_t before, after;

	(void)state;
	assert_true(sd_event_new(&event) >= 0);
	before = clock_wall() - clock_now();
	assert_int_equal(wall_clock_start(event, &maps, &wall_clock), 0);
	after = clock_wall() - clock_now();
	/* Each is read within a moment, and NTP may be at work. */
	assert_true(authentication.wall_offset + 10 * NS_PER_MS > before);
	assert_true(authentication.wall_offset < after + 10 * NS_PER_MS);

	authentication.wall_offset = 0; /* it is looked at again, whether or not it was set */
	while (!authentication.wall_offset)
		assert_true(sd_event_run(event, 5 * NS_PER_S / NS_PER_US) > 0);
	wall_clock_stop(wall_clock);
	wall_clock_stop(NULL);
	sd_event_unref(event);
}

static int empty_tables(void **state)
{
	(void)state;
	memset(keys, 0, sizeof(keys));
	memset(&authentication, 0, sizeof(authentication));
	for (size_t i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++)
		memset(secrets[i], (int)i + 1, sizeof(secrets[i]));
	return 0;
}

#define test(function) cmocka_unit_test_setup(function, empty_tables)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(states_are_the_key),
		test(what_is_asked_for),
		test(a_rotation_is_prepared_without_a_trace),
		test(a_rotation_has_both_keys_in_between),
		test(an_aborted_change_is_none),
		test(another_key_of_the_same_id),
		test(none_are_left_when_it_is_off),
		test(the_offset_is_that_of_the_clocks),
	};

	return cmocka_run_group_tests_name("keys", tests, NULL, NULL);
}
