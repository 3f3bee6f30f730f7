// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <netinet/in.h>
#include <stdlib.h>

#include "ctl/base/address.h"
#include "ctl/listeners/listeners.h"

#define VIP4   "10.77.0.101"
#define OTHER4 "10.77.0.102"
#define VIP6   "fd77::101"

static struct ip_address vips[3];
static struct config_instance instance = {.name = "blue", .vips = vips, .vip_count = 3};
static struct config_backend backends[] = {{.node = "n2", .peer = 1}, {.node = "n1", .peer = 0}};
static struct config_service service;
static struct config config = {
	.self = 0,
	.instances = &instance,
	.instance_count = 1,
	.services = &service,
	.service_count = 1,
};

static struct listeners listeners;
static struct listener_port *ports;
static size_t count;

static int set_up(void **state)
{
	static const char *const texts[] = {VIP4, OTHER4, VIP6};

	(void)state;
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(address_parse(texts[i], &vips[i]), 0);
	service = (struct config_service){
		.name = "web",
		.all_vips = true,
		.ports = {{80, IPPROTO_TCP}, {443, IPPROTO_UDP}},
		.port_count = 2,
		.backends = backends,
		.backend_count = 2,
		.listener_check = true,
	};
	listeners = (struct listeners){};
	return 0;
}

static int clean_up(void **state)
{
	(void)state;
	listeners_free(&listeners);
	free(ports);
	ports = NULL;
	return 0;
}

static void listen_on(const char *text, uint16_t port, uint8_t protocol)
{
	struct listener listener = {.port = port, .protocol = protocol};

	assert_int_equal(address_parse(text, &listener.address), 0);
	listeners_add(&listeners, &listener);
}

static void find(void)
{
	listeners_sort(&listeners);
	assert_int_equal(listeners_find_missing(&listeners, &config, &ports, &count), 0);
}

static void assert_missing(size_t place, size_t missing, const char *first)
{
	char text[ADDRESS_TEXT_MAX];

	assert_int_equal(ports[place].missing, missing);
	if (first)
		assert_string_equal(address_format(&ports[place].first, text), first);
}

static void nothing_listens(void **state)
{
	(void)state;
	find();
	assert_int_equal(count, 2);
	assert_string_equal(ports[0].service, "web");
	assert_int_equal(ports[0].vips, 3);
	assert_missing(0, 3, VIP4);
	assert_missing(1, 3, VIP4);
}

static void any_address_serves_its_family(void **state)
{
	(void)state;
	listen_on("0.0.0.0", 80, IPPROTO_TCP);
	listen_on("::", 443, IPPROTO_UDP);
	find();
	assert_missing(0, 1, VIP6);
	assert_missing(1, 2, VIP4);
}

static void a_vip_serves_itself(void **state)
{
	(void)state;
	listen_on(VIP6, 80, IPPROTO_TCP);
	listen_on(VIP4, 80, IPPROTO_TCP);
	find();
	assert_missing(0, 1, OTHER4);
}

static void others_do_not_count(void **state)
{
	(void)state;
	listen_on("10.77.0.11", 80, IPPROTO_TCP); /* the node's own address */
	listen_on("0.0.0.0", 80, IPPROTO_UDP);
	listen_on("::", 8080, IPPROTO_TCP);
	listen_on("0.0.0.0", 443, IPPROTO_TCP);
	find();
	assert_missing(0, 3, VIP4);
	assert_missing(1, 3, VIP4);
}

static void what_is_not_told_is_not_missing(void **state)
{
	(void)state;
	listeners.without_udp = true;
	find();
	assert_true(ports[0].known);
	assert_false(ports[1].known);
	assert_missing(1, 0, NULL);
}

static void only_vips_of_the_service_count(void **state)
{
	(void)state;
	service.all_vips = false;
	service.vips = vips + 1;
	service.vip_count = 1;
	find();
	assert_int_equal(ports[0].vips, 1);
	assert_missing(0, 1, OTHER4);
}

static void only_services_of_this_node_count(void **state)
{
	(void)state;
	service.backend_count = 1;
	find();
	assert_int_equal(count, 0);
}

static void what_cannot_be_seen_is_left_out(void **state)
{
	(void)state;
	service.listener_check = false;
	find();
	assert_int_equal(count, 0);
}

#define LISTENERS_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, clean_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		LISTENERS_TEST(nothing_listens),
		LISTENERS_TEST(any_address_serves_its_family),
		LISTENERS_TEST(a_vip_serves_itself),
		LISTENERS_TEST(others_do_not_count),
		LISTENERS_TEST(what_is_not_told_is_not_missing),
		LISTENERS_TEST(only_vips_of_the_service_count),
		LISTENERS_TEST(only_services_of_this_node_count),
		LISTENERS_TEST(what_cannot_be_seen_is_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
