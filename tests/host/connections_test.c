// SPDX-License-Identifier: GPL-2.0-only
/* Counting connections, against the real kernel in a namespace of our own. Needs root. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <netinet/tcp.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ctl/base/address.h"
#include "ctl/base/clock.h"
#include "ctl/net/connections.h"

#define PATIENCE (20 * NS_PER_S) /* for what should take milliseconds on a machine that is busy */
#define MANY     3000            /* more than fit into one message of the kernel's */

static const char *const vips_text[] = {"10.77.0.101", "10.77.0.102", "fd77::101"};
static const struct config_port ports[] = {
	{.port = 80, .protocol = IPPROTO_TCP},
	{.port = 443, .protocol = IPPROTO_TCP},
	{.port = 8080, .protocol = IPPROTO_UDP},
};

static struct ip_address vips[3];

/* A connection, both of its ends. */
struct pair {
	int client, server;
};

static struct ip_address address(const char *text)
{
	struct ip_address parsed;

	assert_int_equal(address_parse(text, &parsed), 0);
	return parsed;
}

static int set_up(void **state)
{
	static bool entered;

	*state = NULL;
	if (geteuid() != 0 || unshare(CLONE_NEWNET) < 0)
		return 0;
	if (system("ip link set lo up && ip addr add 10.77.0.101/32 dev lo &&"
		   "ip addr add 10.77.0.102/32 dev lo && ip addr add 10.77.0.9/32 dev lo &&"
		   "ip addr add fd77::101/128 dev lo nodad") != 0)
		return -1;
	for (size_t i = 0; i < 3; i++)
		vips[i] = address(vips_text[i]);
	*state = &entered;
	return 0;
}

static void need_namespace(void **state)
{
	if (!*state)
		skip();
}

/* On all addresses of the families that it serves: IPv4, or both by one socket. */
static int listen_on(const char *any, uint16_t port)
{
	struct ip_address where = address(any);
	struct sockaddr_storage storage;
	socklen_t length = address_to_sockaddr(&where, port, &storage);
	int fd = socket(storage.ss_family, SOCK_STREAM, 0), off = 0, on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	assert_int_equal(bind(fd, (struct sockaddr *)&storage, length), 0);
	assert_int_equal(listen(fd, 128), 0);
	return fd;
}

static int connect_to(const char *text, uint16_t port)
{
	struct ip_address where = address(text);
	struct sockaddr_storage storage;
	socklen_t length = address_to_sockaddr(&where, port, &storage);
	int fd = socket(storage.ss_family, SOCK_STREAM, 0);

	assert_int_equal(connect(fd, (struct sockaddr *)&storage, length), 0);
	return fd;
}

static struct pair open_pair(int listener, const char *text, uint16_t port)
{
	struct pair pair = {.client = connect_to(text, port)};

	pair.server = accept(listener, NULL, NULL);
	assert_true(pair.server >= 0);
	return pair;
}

static size_t counted(void)
{
	size_t count = 999999;

	assert_int_equal(connections_count(vips, 3, ports, 3, &count), 0);
	return count;
}

/* The kernel may take a moment to see a segment through. */
static void expect_count(size_t expected)
{
	uint64_t deadline = clock_now() + PATIENCE;

	while (counted() != expected && clock_now() < deadline)
		usleep(1000);
	assert_int_equal(counted(), expected);
}

static void wait_for_state(int fd, uint8_t state)
{
	uint64_t deadline = clock_now() + PATIENCE;
	struct tcp_info info = {};
	socklen_t length = sizeof(info);

	while (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) == 0 &&
	       info.tcpi_state != state && clock_now() < deadline)
		usleep(1000);
	assert_int_equal(info.tcpi_state, state);
}

static void only_our_addresses_and_ports_count(void **state)
{
	int web, tls, other;

	need_namespace(state);
	web = listen_on("0.0.0.0", 80);
	tls = listen_on("::", 443);
	other = listen_on("::", 8080);
	expect_count(0);
	open_pair(web, "10.77.0.101", 80);
	expect_count(1);
	open_pair(web, "10.77.0.102", 80);
	open_pair(tls, "10.77.0.101", 443); /* IPv4 on a socket of both families */
	open_pair(tls, "fd77::101", 443);
	expect_count(4);
	open_pair(web, "10.77.0.9", 80);
	open_pair(web, "127.0.0.1", 80);
	open_pair(tls, "::1", 443);
	open_pair(other, "10.77.0.101", 8080); /* TCP, where only UDP is ours */
	open_pair(other, "fd77::101", 8080);
	expect_count(4);
}

static void every_port_is_looked_for(void **state)
{
	const struct config_port more[] = {
		{79, IPPROTO_TCP}, {443, IPPROTO_TCP}, {81, IPPROTO_TCP}};
	size_t count;
	int tls;

	need_namespace(state);
	tls = listen_on("::", 443);
	open_pair(tls, "10.77.0.101", 443);
	for (size_t first = 0; first < 3; first++) {
		assert_int_equal(connections_count(vips, 3, more + first, 3 - first, &count), 0);
		assert_int_equal(count, first < 2);
	}
	assert_int_equal(connections_count(vips + 1, 2, more, 3, &count), 0);
	assert_int_equal(count, 0);
}

static void all_vips_and_ports_of_services_are_looked_for(void **state)
{
	struct config_instance instances[] = {{.vips = vips, .vip_count = 1},
					      {.vips = vips + 1, .vip_count = 2}};
	const struct config_service services[] = {
		{.ports = {{80, IPPROTO_TCP}}, .port_count = 1},
		{.ports = {{79, IPPROTO_TCP}, {443, IPPROTO_TCP}}, .port_count = 2},
	};
	const struct config config = {
		.instances = instances,
		.instance_count = 2,
		.services = services,
		.service_count = 2,
	};
	size_t count;
	int web, tls;

	need_namespace(state);
	web = listen_on("0.0.0.0", 80);
	tls = listen_on("::", 443);
	open_pair(web, "10.77.0.101", 80);
	open_pair(web, "10.77.0.102", 80);
	open_pair(tls, "fd77::101", 443);
	open_pair(web, "10.77.0.9", 80);
	assert_int_equal(connections_to_services(&config, &count), 0);
	assert_int_equal(count, 3);
}

static void nothing_asked_for_is_nothing_found(void **state)
{
	size_t count = 1;
	int web;

	need_namespace(state);
	web = listen_on("0.0.0.0", 80);
	open_pair(web, "10.77.0.101", 80);
	assert_int_equal(connections_count(NULL, 0, ports, 3, &count), 0);
	assert_int_equal(count, 0);
	count = 1;
	assert_int_equal(connections_count(vips, 3, NULL, 0, &count), 0);
	assert_int_equal(count, 0);
	count = 1;
	assert_int_equal(connections_count(vips, 3, &ports[2], 1, &count), 0);
	assert_int_equal(count, 0);
}

/* Without the first byte of data the handshake is not over: the kernel waits in SYN_RECV. */
static void connections_count_from_their_first_segment_on(void **state)
{
	int tls, seconds = 10;

	need_namespace(state);
	tls = listen_on("::", 443);
	setsockopt(tls, IPPROTO_TCP, TCP_DEFER_ACCEPT, &seconds, sizeof(seconds));
	connect_to("10.77.0.101", 443);
	connect_to("fd77::101", 443);
	expect_count(2);
}

static void connections_count_until_both_ends_are_done(void **state)
{
	struct pair pair;
	int web;

	need_namespace(state);
	web = listen_on("0.0.0.0", 80);
	pair = open_pair(web, "10.77.0.101", 80);
	shutdown(pair.client, SHUT_WR); /* CLOSE_WAIT */
	expect_count(1);
	close(pair.server);
	expect_count(0);

	pair = open_pair(web, "10.77.0.101", 80);
	shutdown(pair.server, SHUT_WR);
	wait_for_state(pair.server, TCP_FIN_WAIT2);
	expect_count(1);
	close(pair.server); /* still so, but nobody's */
	expect_count(1);
	close(pair.client); /* TIME_WAIT */
	expect_count(0);
}

static void many_are_counted_and_quickly(void **state)
{
	struct rlimit limit = {2 * MANY + 100, 2 * MANY + 100};
	uint64_t began;
	int web;

	need_namespace(state);
	if (setrlimit(RLIMIT_NOFILE, &limit))
		skip();
	web = listen_on("0.0.0.0", 80);
	for (int i = 0; i < MANY; i++)
		open_pair(web, vips_text[i % 2], 80);
	began = clock_now();
	assert_int_equal(counted(), MANY);
	assert_true(clock_now() - began < NS_PER_S);
}

/* What a test leaves open goes with the descriptors from here on, and its namespace. */
static int tear_down(void **state)
{
	(void)state;
	return close_range(3, ~0U, 0);
}

#define test(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(only_our_addresses_and_ports_count),
		test(every_port_is_looked_for),
		test(all_vips_and_ports_of_services_are_looked_for),
		test(nothing_asked_for_is_nothing_found),
		test(connections_count_from_their_first_segment_on),
		test(connections_count_until_both_ends_are_done),
		test(many_are_counted_and_quickly),
	};

	return cmocka_run_group_tests_name("connections", tests, NULL, NULL);
}
