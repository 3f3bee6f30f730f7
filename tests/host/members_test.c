// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reloads as the dataplane sees them: who keeps which index, what is forgotten, and what is never
 * missing. In real tables. Needs root.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/base/address.h"
#include "ctl/base/cleanup.h"
#include "ctl/config/load.h"
#include "ctl/config/lookup.h"
#include "ctl/tables/members.h"
#include "tests/host/tables_dump.h"

#define HEAD "node: n1\ninterface: eth0\nvlan: 4000\n"
#define N1   "{name: n1, address: 10.77.0.11, address6: 'fd77::11'}"
#define N2   "{name: n2, address: 10.77.0.12, address6: 'fd77::12'}"
#define N3   "{name: n3, address: 10.77.0.13}"

#define PEERS(list) "peers: [" list "]\n"
#define BLUE(more)  "{name: blue, vrid: 51, priority: {n1: 150}, vips: [" more "]}"
#define GREEN(more) "{name: green, vrid: 52, priority: {n1: 50}, vips: [" more "]}"

#define INSTANCES(list) "instances: [" list "]\n"

#define GATEWAYS "gateway: [10.77.0.1, 'fd77::1']\n"

#define USUAL                                                                                      \
	HEAD GATEWAYS PEERS(N1 ", " N2 ", " N3)                                                    \
		INSTANCES(BLUE("10.77.0.101, 'fd77::101'") ", " GREEN("10.77.0.102"))

static struct maps maps;
static struct members *members;

static const struct config *parsed(const char *text)
{
	const struct config *config = NULL;

	assert_int_equal(config_parse("test.yaml", text, strlen(text), "n1", stderr, &config), 0);
	return config;
}

static struct ip_address address(const char *text)
{
	struct ip_address result;

	assert_int_equal(address_parse(text, &result), 0);
	return result;
}

static void start(const char *text)
{
	const struct config *config CLEANUP(config_unrefp) = parsed(text);
	struct members_plan *plan = NULL;

	assert_int_equal(members_new(&maps, &members), 0);
	assert_int_equal(members_prepare(members, config, &plan), 0);
	members_commit(members, plan);
}

static void crash(void)
{
	members_free(members);
	members = NULL;
}

static void reload(const char *text)
{
	const struct config *config CLEANUP(config_unrefp) = parsed(text);
	struct members_plan *plan = NULL;

	assert_int_equal(members_prepare(members, config, &plan), 0);
	members_commit(members, plan);
}

static struct peer_entry peer_at(const char *text)
{
	struct ip_address key = address(text);
	struct peer_entry entry;

	if (maps_get_peer(&maps, &key, &entry))
		fail_msg("the dataplane knows no peer at %s", text);
	return entry;
}

static struct vip_entry vip_at(const char *text)
{
	struct ip_address key = address(text);
	struct vip_entry entry;

	if (maps_get_vip(&maps, &key, &entry))
		fail_msg("the dataplane does not know the VIP %s", text);
	return entry;
}

static bool knows_peer(const struct ip_address *key)
{
	struct peer_entry entry;

	return maps_get_peer(&maps, key, &entry) == 0;
}

static bool knows_vip(const struct ip_address *key)
{
	struct vip_entry entry;

	return maps_get_vip(&maps, key, &entry) == 0;
}

static size_t count_peers(void)
{
	struct ip_address key, last;
	size_t count = 0;

	for (; maps_next_peer(&maps, count ? &last : NULL, &key) == 0; last = key)
		count++;
	return count;
}

static size_t count_vips(void)
{
	struct ip_address key, last;
	size_t count = 0;

	for (; maps_next_vip(&maps, count ? &last : NULL, &key) == 0; last = key)
		count++;
	return count;
}

/* The tables say what the configuration says, and no more. */

static void expect_peers(const struct config *config)
{
	bool taken[MAX_PEERS] = {};
	size_t addresses = 0;

	for (size_t i = 0; i < config->peer_count; i++) {
		uint32_t index = MAX_PEERS;

		for (size_t which = 0; which < CONFIG_PEER_ADDRESSES; which++) {
			const struct ip_address *key =
				config_peer_address(&config->peers[i], which);
			struct peer_entry entry;

			if (address_is_zero(key))
				continue;
			addresses++;
			assert_int_equal(maps_get_peer(&maps, key, &entry), 0);
			assert_int_equal(entry.self, i == config->self);
			assert_int_equal(entry.mac_pinned, config->peers[i].mac_pinned);
			assert_true(index == MAX_PEERS || index == entry.index);
			index = entry.index;
		}
		assert_true(index < MAX_PEERS);
		assert_false(taken[index]);
		taken[index] = true;
	}
	assert_int_equal(count_peers(), addresses);
}

static void expect_vips(const struct config *config)
{
	bool taken[MAX_VIPS] = {};

	CONFIG_FOR_EACH_VIP (config, vip) {
		struct vip_entry entry;

		assert_int_equal(maps_get_vip(&maps, vip.address, &entry), 0);
		assert_int_equal(entry.vrid, vip.instance->vrid);
		assert_true(entry.index < MAX_VIPS);
		assert_false(taken[entry.index]);
		taken[entry.index] = true;
	}
	assert_int_equal(count_vips(), config_vip_count(config));
}

static void expect_tables(const char *text)
{
	const struct config *config CLEANUP(config_unrefp) = parsed(text);

	expect_peers(config);
	expect_vips(config);
	assert_int_equal(maps.settings->vlan, config->vlan);
	assert_memory_equal(&maps.settings->gateway4, &config->gateway4, 16);
	assert_memory_equal(&maps.settings->gateway6, &config->gateway6, 16);
}

/* A table of reloads, each from the usual configuration and back. */

static const struct {
	const char *name, *text;
} reloads[] = {
	{"nothing", USUAL},
	{"a node goes",
	 HEAD GATEWAYS PEERS(N1 ", " N3) INSTANCES(BLUE("10.77.0.101, 'fd77::101'"))},
	{"a node comes", HEAD GATEWAYS PEERS(N1 ", " N2 ", " N3 ", {name: n4, address: 10.77.0.14}")
				 INSTANCES(BLUE("10.77.0.101"))},
	{"a node is replaced", HEAD GATEWAYS PEERS(N1 ", " N2 ", {name: n4, address: 10.77.0.14}")
				       INSTANCES(BLUE("10.77.0.101"))},
	{"a node gets another address",
	 HEAD GATEWAYS PEERS(N1 ", {name: n2, address: 10.77.0.22, address6: 'fd77::12'}, " N3)
		 INSTANCES(BLUE("10.77.0.101"))},
	{"a node gets other addresses",
	 HEAD GATEWAYS PEERS(N1 ", {name: n2, address: 10.77.0.22, address6: 'fd77::22'}, " N3)
		 INSTANCES(BLUE("10.77.0.101"))},
	{"a node loses a family", HEAD GATEWAYS PEERS(N1 ", {name: n2, address: 10.77.0.12}, " N3)
					  INSTANCES(BLUE("10.77.0.101"))},
	{"two nodes exchange an address",
	 HEAD GATEWAYS PEERS("{name: n1, address: 10.77.0.12, address6: 'fd77::11'}, "
			     "{name: n2, address: 10.77.0.11, address6: 'fd77::12'}, " N3)
		 INSTANCES(BLUE("10.77.0.101"))},
	{"two nodes exchange all addresses",
	 HEAD GATEWAYS PEERS("{name: n1, address: 10.77.0.12, address6: 'fd77::12'}, "
			     "{name: n2, address: 10.77.0.11, address6: 'fd77::11'}, " N3)
		 INSTANCES(BLUE("10.77.0.101"))},
	{"a MAC is pinned",
	 HEAD GATEWAYS PEERS(N1 ", " N2
				", {name: n3, address: 10.77.0.13, mac: '02:00:00:00:00:13'}")
		 INSTANCES(BLUE("10.77.0.101"))},
	{"VIPs change instances", HEAD GATEWAYS PEERS(N1 ", " N2 ", " N3) INSTANCES(BLUE(
					  "10.77.0.102") ", " GREEN("'fd77::101', 10.77.0.101"))},
	{"VIPs are replaced", HEAD GATEWAYS PEERS(N1 ", " N2 ", " N3)
				      INSTANCES(BLUE("10.77.0.201, 'fd77::201', 10.77.0.202"))},
	{"a gateway is another", HEAD "gateway: [10.77.0.2, 'fd77::1']\n" PEERS(N1 ", " N2 ", " N3)
					 INSTANCES(BLUE("10.77.0.101"))},
	{"gateways go", HEAD PEERS(N1 ", " N2 ", " N3) INSTANCES(BLUE("10.77.0.101"))},
};

#define RELOADS (sizeof(reloads) / sizeof(reloads[0]))

static void tables_follow_a_reload(void **state)
{
	(void)state;
	start(USUAL);
	expect_tables(USUAL);
	for (size_t i = 0; i < RELOADS; i++) {
		print_message("           %s\n", reloads[i].name);
		reload(reloads[i].text);
		expect_tables(reloads[i].text);
		reload(USUAL);
		expect_tables(USUAL);
	}
}

static void an_aborted_reload_leaves_no_trace(void **state)
{
	const uint8_t mac[6] = {2, 0, 0, 0, 0, 0x12};
	struct ip_address gateway = address("10.77.0.1");
	struct tables_dump before;

	(void)state;
	start(USUAL);
	members_set_peer_mac(members, "n2", mac);
	members_set_gateway_mac(members, &gateway, mac);
	before = tables_take(&maps);
	for (size_t i = 0; i < RELOADS; i++) {
		const struct config *config CLEANUP(config_unrefp) = parsed(reloads[i].text);
		struct members_plan *plan = NULL;
		struct tables_dump after;

		print_message("           %s\n", reloads[i].name);
		assert_int_equal(members_prepare(members, config, &plan), 0);
		members_abort(members, plan);
		after = tables_take(&maps);
		assert_true(tables_same(&before, &after));
		tables_release(&after);
	}
	members_abort(members, NULL);
	tables_release(&before);
}

/* Who stays keeps the index, and what was seen. */

static void see_advert(uint32_t peer)
{
	maps.adverts[advert_index(51, peer)] = (struct advert_entry){.seen_at = 1, .sequence = 7};
}

static bool has_seen(uint32_t peer)
{
	struct advert_entry seen;

	return maps_read_advert(&maps, 51, peer, &seen) == 0;
}

static void a_node_that_stays_keeps_its_index(void **state)
{
	uint32_t n2, n3;

	(void)state;
	start(USUAL);
	n2 = peer_at("10.77.0.12").index;
	n3 = peer_at("10.77.0.13").index;
	see_advert(n2);
	see_advert(n3);
	reload(reloads[1].text); /* n2 goes */
	assert_int_equal(peer_at("10.77.0.13").index, n3);
	assert_true(has_seen(n3));
	reload(reloads[2].text); /* n2 and n4 come */
	assert_int_equal(peer_at("10.77.0.13").index, n3);
	assert_int_not_equal(peer_at("10.77.0.14").index, peer_at("10.77.0.12").index);
	assert_false(has_seen(peer_at("10.77.0.12").index));
	assert_false(has_seen(peer_at("10.77.0.14").index));
	crash();
	start(reloads[2].text);
	assert_int_equal(peer_at("10.77.0.13").index, n3);
	assert_true(has_seen(n3));
}

static void an_address_that_moves_takes_nothing_along(void **state)
{
	uint32_t n1, n2;

	(void)state;
	start(USUAL);
	n1 = peer_at("fd77::11").index;
	n2 = peer_at("fd77::12").index;
	reload(reloads[7].text);
	assert_int_equal(peer_at("fd77::11").index, n1);
	assert_int_equal(peer_at("10.77.0.12").index, n1);
	assert_int_equal(peer_at("fd77::12").index, n2);
	assert_int_equal(peer_at("10.77.0.11").index, n2);
}

/* Flows may still be sent to who has gone, by the index. */
static void an_index_rests_before_it_is_given_again(void **state)
{
	const uint8_t mac[6] = {2, 0, 0, 0, 0, 0x12};
	uint32_t n2, n3;

	(void)state;
	start(USUAL);
	n2 = peer_at("10.77.0.12").index;
	n3 = peer_at("10.77.0.13").index;
	maps_set_backend(&maps, n2, mac);
	reload(reloads[3].text); /* n4 for n3 */
	assert_int_not_equal(peer_at("10.77.0.14").index, n3);
	reload(reloads[1].text); /* n3 alone */
	reload(reloads[2].text);
	assert_int_not_equal(peer_at("10.77.0.12").index, n2);
	assert_int_not_equal(peer_at("10.77.0.14").index, n2);
}

static void a_vip_that_stays_keeps_its_index(void **state)
{
	uint32_t index;

	(void)state;
	start(USUAL);
	index = vip_at("10.77.0.101").index;
	for (size_t i = 0; i < MAX_VIPS; i++)
		maps.sightings[i].conflicts = 1;
	reload(reloads[10].text); /* in another instance */
	assert_int_equal(vip_at("10.77.0.101").index, index);
	assert_int_equal(vip_at("10.77.0.101").vrid, 52);
	assert_int_equal(maps.sightings[index].conflicts, 1);
	reload(reloads[11].text);
	assert_int_equal(maps.sightings[vip_at("10.77.0.201").index].conflicts, 0);
	assert_int_equal(maps.sightings[vip_at("fd77::201").index].conflicts, 0);
}

static void a_learned_mac_outlives_a_reload(void **state)
{
	const uint8_t mac[6] = {2, 0, 0, 0, 0, 0x99}, pinned[6] = {2, 0, 0, 0, 0, 0x13};

	(void)state;
	start(USUAL);
	members_set_peer_mac(members, "n2", mac);
	members_set_peer_mac(members, "n3", mac);
	members_set_peer_mac(members, "unknown", mac);
	reload(reloads[2].text);
	assert_int_equal(peer_at("fd77::12").mac_known, 1);
	assert_memory_equal(peer_at("fd77::12").mac, mac, 6);
	reload(reloads[9].text); /* n3's is pinned */
	assert_int_equal(peer_at("10.77.0.13").mac_known, 0);
	assert_memory_equal(peer_at("10.77.0.13").mac, pinned, 6);
	members_set_peer_mac(members, "n3", mac);
	assert_memory_equal(peer_at("10.77.0.13").mac, pinned, 6);
	members_set_peer_mac(members, "n2", NULL);
	assert_int_equal(peer_at("10.77.0.12").mac_known, 0);
}

static void a_gateways_mac_goes_with_it(void **state)
{
	const uint8_t mac[6] = {2, 0, 0, 0, 0, 1}, unknown[6] = {};
	struct ip_address gateway4 = address("10.77.0.1"), gateway6 = address("fd77::1");

	(void)state;
	start(USUAL);
	members_set_gateway_mac(members, &gateway4, mac);
	members_set_gateway_mac(members, &gateway6, mac);
	reload(USUAL);
	assert_memory_equal(maps.settings->gateway_mac4.bytes, mac, 6);
	reload(reloads[12].text); /* another one for IPv4 */
	assert_memory_equal(maps.settings->gateway_mac4.bytes, unknown, 6);
	assert_memory_equal(maps.settings->gateway_mac6.bytes, mac, 6);
	members_set_gateway_mac(members, &gateway4, mac);
	assert_memory_equal(maps.settings->gateway_mac4.bytes, unknown, 6);
	reload(reloads[13].text); /* none */
	assert_memory_equal(maps.settings->gateway_mac6.bytes, unknown, 6);
}

static void leases_of_a_run_before_end_where_nobody_renews_them(void **state)
{
	(void)state;
	start(USUAL);
	maps.instances[51] = (struct instance_entry){.configured = 1, .lease_until = UINT64_MAX};
	maps.instances[99] = (struct instance_entry){.configured = 1, .lease_until = UINT64_MAX};
	reload(reloads[1].text); /* a reload ends nothing: that is for who resigns first */
	assert_true(maps.instances[99].lease_until != 0);
	crash();
	start(USUAL);
	assert_true(maps.instances[51].lease_until != 0);
	assert_true(maps.instances[99].lease_until == 0);
	assert_int_equal(maps.instances[99].configured, 0);
}

/* Full tables: all of it is replaced but for one node and one VIP, which are never missing. */

static char *full_configuration(unsigned int third_byte)
{
	char *text = NULL;
	size_t length;
	FILE *stream = open_memstream(&text, &length);

	assert_non_null(stream);
	fprintf(stream, HEAD "peers:\n- " N1 "\n");
	for (unsigned int i = 1; i < MAX_PEERS; i++)
		fprintf(stream,
			"- {name: m%u, address: 10.77.%u.%u, address6: 'fd77::%u:%u', "
			"link_local6: 'fe80::%u:%u'}\n",
			third_byte * 1000 + i, third_byte, i, third_byte, i, third_byte, i);
	fprintf(stream, "instances:\n");
	for (unsigned int i = 0; i < MAX_VIPS; i++) {
		if (i % 128 == 0)
			fprintf(stream, "%s- {name: i%u, vrid: %u, priority: {n1: 1}, vips: [",
				i ? "]}\n" : "", i, 1 + i / 128);
		if (i == 0)
			fprintf(stream, "10.78.0.1");
		else
			fprintf(stream, "%s10.78.%u.%u", i % 128 ? ", " : "",
				third_byte * 4 + i / 128, i % 128 + 1);
	}
	fprintf(stream, "]}\n");
	fclose(stream);
	return text;
}

static bool watching;
static unsigned int missing;

static void *watch(void *context)
{
	struct ip_address peer = address("10.77.0.11"), vip = address("10.78.0.1");

	(void)context;
	while (__atomic_load_n(&watching, __ATOMIC_ACQUIRE))
		missing += !knows_peer(&peer) || !knows_vip(&vip);
	return NULL;
}

static void full_tables_can_be_replaced(void **state)
{
	char *texts[] = {full_configuration(1), full_configuration(2)};
	pthread_t watcher;

	(void)state;
	start(texts[0]);
	expect_tables(texts[0]);
	assert_int_equal(count_vips(), MAX_VIPS);
	__atomic_store_n(&watching, true, __ATOMIC_RELEASE);
	assert_int_equal(pthread_create(&watcher, NULL, watch, NULL), 0);
	for (size_t i = 1; i <= 10; i++) {
		reload(texts[i % 2]);
		expect_tables(texts[i % 2]);
	}
	__atomic_store_n(&watching, false, __ATOMIC_RELEASE);
	pthread_join(watcher, NULL);
	assert_int_equal(missing, 0);
	free(texts[0]);
	free(texts[1]);
}

static int enter(void **state)
{
	(void)state;
	return geteuid() == 0 && !tables_load(&maps) ? -1 : 0;
}

static int leave(void **state)
{
	(void)state;
	crash();
	if (geteuid() == 0)
		tables_unload(&maps);
	return 0;
}

#define in_new_tables(function) cmocka_unit_test_setup_teardown(function, enter, leave)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_new_tables(tables_follow_a_reload),
		in_new_tables(an_aborted_reload_leaves_no_trace),
		in_new_tables(a_node_that_stays_keeps_its_index),
		in_new_tables(an_address_that_moves_takes_nothing_along),
		in_new_tables(an_index_rests_before_it_is_given_again),
		in_new_tables(a_vip_that_stays_keeps_its_index),
		in_new_tables(a_learned_mac_outlives_a_reload),
		in_new_tables(a_gateways_mac_goes_with_it),
		in_new_tables(leases_of_a_run_before_end_where_nobody_renews_them),
		in_new_tables(full_tables_can_be_replaced),
	};

	if (geteuid() != 0)
		return 0;
	return cmocka_run_group_tests_name("members", tests, NULL, NULL);
}
