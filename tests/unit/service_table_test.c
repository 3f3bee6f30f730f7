// SPDX-License-Identifier: GPL-2.0-only
/* The table of services: every key is found where the dataplane looks, and nothing else is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/base/address.h"
#include "ctl/base/clock.h"
#include "ctl/steering/service_table.h"

#define KEY 0x0123456789abcdefULL

static struct service_table *table_new(void)
{
	struct service_table *table = calloc(1, sizeof(*table));

	assert_non_null(table);
	return table;
}

static struct ip_address ipv4(uint32_t number)
{
	return address_from_ipv4((struct in_addr){htonl(number)});
}

static struct ip_address ipv6(uint32_t number)
{
	struct in6_addr in = {.s6_addr = {0xfd, 0x77}};

	number = htonl(number);
	memcpy(&in.s6_addr[12], &number, sizeof(number));
	return address_from_ipv6(&in);
}

static struct service_entry entry_of(struct ip_address vip, uint8_t protocol, uint16_t port)
{
	return (struct service_entry){
		.vip = vip,
		.port = htons(port),
		.protocol = protocol,
		.service = port % MAX_SERVICES,
		.pool = port % MAX_POOLS,
	};
}

static struct flow flow_to(const struct service_entry *entry)
{
	return (struct flow){
		.client = ipv4(0xc6336407),
		.vip = entry->vip,
		.client_port = htons(40000),
		.vip_port = entry->port,
		.protocol = entry->protocol,
	};
}

/* As many as there may be: 512 VIPs of both families, eight ports. */
static void fill_entries(struct service_entry entries[static SERVICE_KEYS])
{
	for (uint32_t i = 0; i < SERVICE_KEYS; i++) {
		uint32_t vip = i / 8, number = 0x0a4d0000 + vip / 2;

		entries[i] = entry_of(vip % 2 ? ipv6(number) : ipv4(number),
				      i % 2 ? IPPROTO_TCP : IPPROTO_UDP, (uint16_t)(80 + i % 8));
	}
}

static void every_key_is_found(void **state)
{
	struct service_entry *entries = calloc(SERVICE_KEYS, sizeof(*entries));
	struct service_table *table = table_new();

	(void)state;
	assert_non_null(entries);
	fill_entries(entries);
	for (uint64_t key = 0; key < 20; key++) {
		assert_int_equal(service_table_build(key * KEY, entries, SERVICE_KEYS, table), 0);
		assert_int_equal(table->entries, SERVICE_KEYS);
		for (size_t i = 0; i < SERVICE_KEYS; i++) {
			struct flow flow = flow_to(&entries[i]);
			const struct service_entry *found =
				service_table_find(table, key * KEY, &flow);

			assert_non_null(found);
			assert_memory_equal(found, &entries[i], sizeof(*found));
			assert_true(vip_filter_passes(table, &flow.vip));
		}
	}
	free(table);
	free(entries);
}

static void assert_not_found(const struct service_table *table, struct flow flow)
{
	assert_null(service_table_find(table, KEY, &flow));
}

static void nothing_else_is_found(void **state)
{
	struct service_entry *entries = calloc(SERVICE_KEYS, sizeof(*entries));
	struct service_table *table = table_new();

	(void)state;
	assert_non_null(entries);
	fill_entries(entries);
	assert_int_equal(service_table_build(KEY, entries, SERVICE_KEYS, table), 0);
	for (size_t i = 0; i < SERVICE_KEYS; i++) {
		struct flow flow = flow_to(&entries[i]);

		flow.vip_port = htons(22);
		assert_not_found(table, flow);
		flow = flow_to(&entries[i]);
		flow.protocol = flow.protocol == IPPROTO_TCP ? IPPROTO_UDP : IPPROTO_TCP;
		assert_not_found(table, flow);
		flow = flow_to(&entries[i]);
		flow.vip.bytes[13] ^= 1;
		assert_not_found(table, flow);
		flow = flow_to(&entries[i]);
		flow.protocol = 0;
		assert_not_found(table, flow);
	}
	free(table);
	free(entries);
}

static void filter_stops_most_of_the_rest(void **state)
{
	struct service_entry entries[4];
	struct service_table *table = table_new();
	unsigned int passed = 0;

	(void)state;
	for (uint16_t i = 0; i < 4; i++)
		entries[i] = entry_of(ipv4(0x0a4d0065 + i), IPPROTO_TCP, 80);
	assert_int_equal(service_table_build(KEY, entries, 4, table), 0);
	for (uint32_t i = 0; i < VIP_FILTER_BITS; i++) {
		struct ip_address address = ipv4(0x0a4d0000 + i);

		passed += (unsigned int)vip_filter_passes(table, &address);
	}
	assert_int_equal(passed, 4);
	/* What an earlier table had there is gone. */
	assert_int_equal(service_table_build(KEY, entries, 1, table), 0);
	assert_false(vip_filter_passes(table, &entries[1].vip));
	free(table);
}

/* Places: the bits that both of them are made of. */
static uint32_t places_of(uint32_t address, uint32_t shift)
{
	struct ip_address vip = ipv4(address);
	uint64_t hash = service_hash(KEY, &vip, htons(80), IPPROTO_TCP);

	return service_place(hash, 0) << 14 | service_place(hash, shift);
}

static int compare_words(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

	return (a > b) - (a < b);
}

/* Three addresses that have the same two places: at most two of them can stand there. */
static void find_rivals(uint32_t shift, uint32_t rivals[static 3])
{
	const size_t count = 3 << 20;
	uint64_t *words = calloc(count, sizeof(*words));
	size_t i = 2;

	assert_non_null(words);
	for (uint32_t address = 0; address < count; address++)
		words[address] = (uint64_t)places_of(address, shift) << 32 | address;
	qsort(words, count, sizeof(*words), compare_words);
	while (i < count && words[i] >> 32 != words[i - 2] >> 32)
		i++;
	assert_true(i < count);
	for (size_t j = 0; j < 3; j++)
		rivals[j] = (uint32_t)words[i - j];
	free(words);
}

static void another_shift_helps(void **state)
{
	struct service_entry entries[3];
	struct service_table *table = table_new();
	uint32_t shift, rivals[3];

	(void)state;
	entries[0] = entry_of(ipv4(1), IPPROTO_TCP, 80);
	assert_int_equal(service_table_build(KEY, entries, 1, table), 0);
	shift = table->shift;
	find_rivals(shift, rivals);
	for (size_t i = 0; i < 3; i++)
		entries[i] = entry_of(ipv4(rivals[i]), IPPROTO_TCP, 80);
	assert_int_equal(service_table_build(KEY, entries, 3, table), 0);
	assert_int_not_equal(table->shift, shift);
	for (size_t i = 0; i < 3; i++) {
		struct flow flow = flow_to(&entries[i]);

		assert_non_null(service_table_find(table, KEY, &flow));
	}
	free(table);
}

static void what_does_not_fit_is_refused(void **state)
{
	struct service_entry *entries = calloc(SERVICE_KEYS + 1, sizeof(*entries));
	struct service_table *table = table_new();

	(void)state;
	assert_non_null(entries);
	/* The same three times: no shift can help. */
	for (size_t i = 0; i < 3; i++)
		entries[i] = entry_of(ipv4(1), IPPROTO_TCP, 80);
	assert_int_equal(service_table_build(KEY, entries, 3, table), -ENOSPC);
	fill_entries(entries);
	entries[SERVICE_KEYS] = entry_of(ipv4(1), IPPROTO_TCP, 80);
	assert_int_equal(service_table_build(KEY, entries, SERVICE_KEYS + 1, table), -ENOSPC);
	free(table);
	free(entries);
}

/* From a configuration. */

static struct ip_address vips[4];
static struct config_instance instances[2] = {
	{.name = "blue", .vips = &vips[0], .vip_count = 3},
	{.name = "green", .vips = &vips[3], .vip_count = 1},
};
static struct config_service services[2] = {
	{
		.name = "web",
		.all_vips = true,
		.ports = {{443, IPPROTO_TCP}, {80, IPPROTO_TCP}, {443, IPPROTO_UDP}},
		.port_count = 3,
		.listener_check = true,
	},
	{
		.name = "dns",
		.vips = &vips[1],
		.vip_count = 1,
		.ports = {{53, IPPROTO_UDP}},
		.port_count = 1,
		.affinity = AFFINITY_CLIENT,
	},
};
static struct config config = {
	.instances = instances,
	.instance_count = 2,
	.services = services,
	.service_count = 2,
};
static const struct service_target targets[2] = {{.service = 7, .pool = 3},
						 {.service = 2, .pool = 5}};

static int set_up_config(void **state)
{
	(void)state;
	vips[0] = ipv6(0x101);
	vips[1] = ipv4(0x0a4d0065);
	vips[2] = ipv4(0x0a4d0066);
	vips[3] = ipv4(0x0a4d0067);
	return 0;
}

static void configuration_is_listed(void **state)
{
	static struct service_entry entries[SERVICE_KEYS];
	int count = service_table_list(&config, targets, entries);

	(void)state;
	assert_int_equal(count, 4 * 3 + 1);
	/* Sorted: the first IPv4 VIP, TCP before UDP, 80 before 443. */
	assert_true(address_equal(&entries[0].vip, &vips[1]));
	assert_int_equal(ntohs(entries[0].port), 80);
	assert_int_equal(entries[0].protocol, IPPROTO_TCP);
	assert_int_equal(entries[0].flags, SERVICE_LISTENER_CHECK);
	assert_int_equal(entries[0].service, 7);
	assert_int_equal(entries[0].pool, 3);
	assert_int_equal(ntohs(entries[1].port), 443);
	assert_int_equal(ntohs(entries[2].port), 53);
	assert_int_equal(entries[2].protocol, IPPROTO_UDP);
	assert_int_equal(entries[2].flags, SERVICE_BY_CLIENT);
	assert_int_equal(entries[2].service, 2);
	assert_int_equal(entries[2].pool, 5);
	assert_true(address_equal(&entries[4].vip, &vips[2]));
	assert_true(address_equal(&entries[12].vip, &vips[0]));
}

/* What is for a VIP of no service may have to be refused, so the filter must not stop it. */
static void filter_passes_vips_of_no_service(void **state)
{
	struct service_table *table = table_new();

	(void)state;
	assert_int_equal(service_table_build(KEY, NULL, 0, table), 0);
	for (size_t i = 0; i < 4; i++)
		assert_false(vip_filter_passes(table, &vips[i]));
	service_table_add_vips(&config, table);
	for (size_t i = 0; i < 4; i++)
		assert_true(vip_filter_passes(table, &vips[i]));
	free(table);
}

static void order_of_the_configuration_does_not_count(void **state)
{
	static struct service_entry entries[SERVICE_KEYS];
	struct service_table *one = table_new(), *other = table_new();
	struct ip_address vip = vips[1];
	int count = service_table_list(&config, targets, entries);

	(void)state;
	assert_int_equal(service_table_build(KEY, entries, (size_t)count, one), 0);
	vips[1] = vips[2];
	vips[2] = vip;
	services[1].vips = &vips[2];
	count = service_table_list(&config, targets, entries);
	assert_int_equal(service_table_build(KEY, entries, (size_t)count, other), 0);
	assert_memory_equal(one, other, sizeof(*one));
	services[1].vips = &vips[1];
	free(one);
	free(other);
}

static void too_many_keys_are_refused(void **state)
{
	static struct service_entry entries[SERVICE_KEYS];
	struct ip_address many[MAX_VIPS];
	struct config_instance instance = {.vips = many, .vip_count = MAX_VIPS};
	struct config_service service = {.all_vips = true, .port_count = 9};
	const struct config too_much = {
		.instances = &instance,
		.instance_count = 1,
		.services = &service,
		.service_count = 1,
	};

	(void)state;
	for (uint32_t i = 0; i < MAX_VIPS; i++)
		many[i] = ipv4(i);
	for (uint16_t i = 0; i < 9; i++)
		service.ports[i] = (struct config_port){(uint16_t)(80 + i), IPPROTO_TCP};
	assert_int_equal(service_table_list(&too_much, targets, entries), -ENOSPC);
	service.port_count = 8;
	assert_int_equal(service_table_list(&too_much, targets, entries), SERVICE_KEYS);
}

static void print_build_time(void **state)
{
	struct service_entry *entries = calloc(SERVICE_KEYS, sizeof(*entries));
	struct service_table *table = table_new();
	uint64_t began;

	(void)state;
	assert_non_null(entries);
	fill_entries(entries);
	began = clock_now();
	assert_int_equal(service_table_build(KEY, entries, SERVICE_KEYS, table), 0);
	print_message("%d keys: placed in %.2f ms\n", SERVICE_KEYS,
		      (double)(clock_now() - began) / NS_PER_MS);
	free(table);
	free(entries);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_key_is_found),
		cmocka_unit_test(nothing_else_is_found),
		cmocka_unit_test(filter_stops_most_of_the_rest),
		cmocka_unit_test(another_shift_helps),
		cmocka_unit_test(what_does_not_fit_is_refused),
		cmocka_unit_test_setup(configuration_is_listed, set_up_config),
		cmocka_unit_test_setup(filter_passes_vips_of_no_service, set_up_config),
		cmocka_unit_test_setup(order_of_the_configuration_does_not_count, set_up_config),
		cmocka_unit_test_setup(too_many_keys_are_refused, set_up_config),
		cmocka_unit_test(print_build_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
