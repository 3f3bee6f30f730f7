// SPDX-License-Identifier: GPL-2.0-only
/*
 * A MAC that is read while it is stored is the one of before or the one of after, never half of
 * each. The dataplane reads by the same function.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "maps/maps_internal.h"

#define LOADS 20000000
#define NODE  5

static struct settings_entry settings;
static struct backend_entry backends[MAX_PEERS];
static struct maps maps = {.settings = &settings, .backends = backends};

static const uint8_t macs[2][6] = {
	{0x02, 0x11, 0x11, 0x11, 0x11, 0x11},
	{0x06, 0x22, 0x22, 0x22, 0x22, 0x22},
};

struct storing {
	void (*store)(const uint8_t *mac);
	bool ended;
};

static void store_own(const uint8_t *mac)
{
	maps_set_mac(&maps, mac);
}

static void store_gateway4(const uint8_t *mac)
{
	maps_set_gateway_mac(&maps, FAMILY_IPV4, mac);
}

static void store_gateway6(const uint8_t *mac)
{
	maps_set_gateway_mac(&maps, FAMILY_IPV6, mac);
}

static void store_backend(const uint8_t *mac)
{
	maps_set_backend(&maps, NODE, mac);
}

static void *store(void *context)
{
	struct storing *storing = context;

	for (unsigned int i = 0; !__atomic_load_n(&storing->ended, __ATOMIC_ACQUIRE); i++)
		storing->store(macs[i & 1]);
	return NULL;
}

static bool is_whole(const struct mac_address *mac)
{
	return memcmp(mac->bytes, macs[0], 6) == 0 || memcmp(mac->bytes, macs[1], 6) == 0;
}

static void load_while_storing(void (*change)(const uint8_t *mac), const void *word)
{
	struct storing storing = {.store = change};
	pthread_t thread;
	int torn = 0;

	change(macs[0]);
	assert_int_equal(pthread_create(&thread, NULL, store, &storing), 0);
	for (int i = 0; i < LOADS; i++) {
		struct mac_address mac = mac_load(word);

		torn += !is_whole(&mac);
	}
	__atomic_store_n(&storing.ended, true, __ATOMIC_RELEASE);
	pthread_join(thread, NULL);
	assert_int_equal(torn, 0);
}

static void our_own(void **state)
{
	(void)state;
	load_while_storing(store_own, &settings.mac);
}

static void the_gateways(void **state)
{
	(void)state;
	load_while_storing(store_gateway4, &settings.gateway_mac4);
	load_while_storing(store_gateway6, &settings.gateway_mac6);
}

static void a_backends(void **state)
{
	(void)state;
	load_while_storing(store_backend, &backends[NODE]);
}

/* A gateway that was removed or replaced has left no MAC by which frames count as the world's. */
static void a_gateways_mac_goes_with_its_address(void **state)
{
	static const struct ip_address none;
	static const struct mac_address unknown;
	struct ip_address gateway = {.bytes = {[10] = 0xff, 0xff, 10, 77, 0, 1}};

	(void)state;
	maps_set_gateway(&maps, FAMILY_IPV4, &gateway);
	maps_set_gateway_mac(&maps, FAMILY_IPV4, macs[0]);
	maps_set_gateway_mac(&maps, FAMILY_IPV6, macs[1]);
	maps_set_gateway(&maps, FAMILY_IPV4, &gateway);
	assert_memory_equal(settings.gateway_mac4.bytes, macs[0], 6);
	maps_set_gateway(&maps, FAMILY_IPV4, &none);
	assert_memory_equal(&settings.gateway4, &none, sizeof(none));
	assert_memory_equal(&settings.gateway_mac4, &unknown, sizeof(unknown));
	assert_memory_equal(settings.gateway_mac6.bytes, macs[1], 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(our_own),
		cmocka_unit_test(the_gateways),
		cmocka_unit_test(a_backends),
		cmocka_unit_test(a_gateways_mac_goes_with_its_address),
	};

	return cmocka_run_group_tests_name("mac word", tests, NULL, NULL);
}
