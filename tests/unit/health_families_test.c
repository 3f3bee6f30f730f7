// SPDX-License-Identifier: GPL-2.0-only
/* Where a backend is asked: over which families, at which addresses, and at which ports. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ctl/base/address.h"
#include "ctl/base/clock.h"
#include "tests/unit/health_fixture.h"

static struct ip_address vips[2]; /* one of each family */
static struct config_instance instance;

static bool has_ipv6(void)
{
	int probe = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in6 loopback = {.sin6_family = AF_INET6,
					.sin6_addr = IN6ADDR_LOOPBACK_INIT};
	bool available =
		probe >= 0 && bind(probe, (struct sockaddr *)&loopback, sizeof(loopback)) == 0;

	if (probe >= 0)
		close(probe);
	return available;
}

/* The first server is at the node's IPv4 address, the second at its IPv6 address. */
static void have_both(struct bench *bench)
{
	struct fake_server *server = &bench->servers[1];

	if (!has_ipv6())
		skip();
	assert_int_equal(address_parse("192.0.2.101", &vips[0]), 0);
	assert_int_equal(address_parse("2001:db8::101", &vips[1]), 0);
	assert_int_equal(address_parse("::1", &bench->peers[0].address6), 0);
	instance = (struct config_instance){.name = "blue", .vips = vips, .vip_count = 2};
	bench->config.instances = &instance;
	bench->config.instance_count = 1;
	bench->service.all_vips = true;
	server->address = bench->peers[0].address6;
	server->port = bench->servers[0].port;
	server->answer = MHD_HTTP_OK;
	fake_server_open(server);
	bench_be_patient(bench);
}

static void listen_on(struct bench *bench, struct ip_address *vip)
{
	bench->service.all_vips = false;
	bench->service.vips = vip;
	bench->service.vip_count = 1;
}

static void up_when_both_answer(void **state)
{
	struct bench *bench = *state;

	have_both(bench);
	bench_start(bench);
	bench_wait_for_changes(bench, 1);
	bench_expect(bench, 0, HEALTH_UP, "IPv4: HTTP 200 in ");
	assert_non_null(strstr(bench->last.detail, ", IPv6: HTTP 200 in "));
	assert_true(bench->servers[0].requests > 0 && bench->servers[1].requests > 0);
}

static void down_when_one_of_them_fails(void **state)
{
	struct bench *bench = *state;

	have_both(bench);
	bench_start(bench);
	bench_wait_for_changes(bench, 1);
	bench->servers[1].answer = MHD_HTTP_INTERNAL_SERVER_ERROR;
	bench_wait_for_changes(bench, 2);
	bench_expect(bench, 0, HEALTH_DOWN, "IPv6: HTTP 500, expected 200-399");
	assert_int_equal(bench->last.failures, 3);
	bench->servers[0].answer = MHD_HTTP_NOT_FOUND;
	while (!strstr(bench_status(bench, 0).detail, "IPv4: "))
		assert_true(sd_event_run(bench->event, 1000) >= 0);
	assert_string_equal(bench_status(bench, 0).detail,
			    "IPv4: HTTP 404, expected 200-399, IPv6: HTTP 500, expected 200-399");
	bench->servers[1].answer = MHD_HTTP_OK;
	bench->servers[0].answer = MHD_HTTP_OK;
	bench_wait_for_changes(bench, 3);
	assert_int_equal(bench->last.state, HEALTH_UP);
}

/* The first result decides, unless the other one is still to come and this one is good. */
static void unknown_until_both_have_answered(void **state)
{
	struct bench *bench = *state;

	have_both(bench);
	bench->servers[1].answer = ANSWER_HANG;
	bench_start(bench);
	while (bench->servers[0].requests < 2)
		assert_true(sd_event_run(bench->event, 1000) >= 0);
	assert_int_equal(bench_status(bench, 0).state, HEALTH_UNKNOWN);
	bench->servers[1].answer = MHD_HTTP_OK;
	bench_wait_for_changes(bench, 1);
	assert_int_equal(bench->last.state, HEALTH_UP);
}

static void a_family_without_vips_is_not_asked(void **state)
{
	struct bench *bench = *state;

	have_both(bench);
	listen_on(bench, &vips[1]);
	bench_start(bench);
	bench_wait_for_changes(bench, 1);
	bench_expect(bench, 0, HEALTH_UP, "HTTP 200 in ");
	assert_int_equal(bench->servers[0].requests, 0);
}

/* Its frames come by MAC, whatever addresses it has. */
static void a_node_without_the_family_is_asked_at_the_other(void **state)
{
	struct bench *bench = *state;

	have_both(bench);
	listen_on(bench, &vips[1]);
	bench->peers[0].address6 = (struct ip_address){};
	bench_start(bench);
	bench_wait_for_changes(bench, 1);
	bench_expect(bench, 0, HEALTH_UP, "HTTP 200 in ");
	assert_int_equal(bench->servers[1].requests, 0);
}

/* Which families are asked */

static void both_are_asked_whatever_the_vips_are(void **state)
{
	struct bench *bench = *state;

	have_both(bench);
	listen_on(bench, &vips[1]);
	bench->service.check.families = CHECK_FAMILIES_BOTH;
	bench_start(bench);
	bench_wait_for_changes(bench, 1);
	bench_expect(bench, 0, HEALTH_UP, "IPv4: HTTP 200 in ");
	assert_true(bench->servers[0].requests > 0 && bench->servers[1].requests > 0);
}

static void both_are_those_that_the_node_has(void **state)
{
	struct bench *bench = *state;

	have_both(bench);
	bench->peers[0].address6 = (struct ip_address){};
	bench->service.check.families = CHECK_FAMILIES_BOTH;
	bench_start(bench);
	bench_wait_for_changes(bench, 1);
	bench_expect(bench, 0, HEALTH_UP, "HTTP 200 in ");
	assert_int_equal(bench->servers[1].requests, 0);
}

static void one_is_asked_whatever_the_vips_are(void **state)
{
	struct bench *bench = *state;

	have_both(bench);
	bench->service.check.families = CHECK_FAMILIES_IPV6;
	bench_start(bench);
	bench_wait_for_changes(bench, 1);
	bench_expect(bench, 0, HEALTH_UP, "HTTP 200 in ");
	assert_int_equal(bench->servers[0].requests, 0);
	assert_true(bench->servers[1].requests > 0);
}

/* Which addresses are asked */

/* Loopback addresses stand for VIPs. The first server is at a VIP and not at the node's address. */
static void the_own_backend_is_asked_at_the_first_vip_of_a_family(void **state)
{
	struct bench *bench = *state;

	have_both(bench);
	vips[0] = bench->peers[0].address;
	listen_on(bench, &vips[0]);
	assert_int_equal(address_parse("127.0.0.9", &bench->peers[0].address), 0);
	bench->service.check.to = CHECK_TO_VIP;
	bench_start(bench);
	bench_wait_for_changes(bench, 1);
	bench_expect(bench, 0, HEALTH_UP, "HTTP 200 in ");
	assert_true(bench->servers[0].requests > 0);
	assert_int_equal(bench->servers[1].requests, 0);
}

static void other_backends_are_asked_at_their_addresses(void **state)
{
	struct bench *bench = *state;

	have_both(bench);
	vips[0] = bench->peers[0].address;
	listen_on(bench, &vips[0]);
	assert_int_equal(address_parse("127.0.0.9", &bench->peers[0].address), 0);
	bench->config.peer_count = 2; /* and this node, the second of them, is no backend */
	snprintf(bench->peers[1].name, sizeof(bench->peers[1].name), "n2");
	bench->config.self = 1;
	bench->service.check.to = CHECK_TO_VIP;
	bench_start(bench);
	bench_wait_for_changes(bench, 1);
	bench_expect(bench, 0, HEALTH_DOWN, "");
	assert_int_equal(bench->servers[0].requests, 0);
}

/* Which ports are asked */

/* The one that the servers are at, one that no check can ask, and another. */
static void have_ports(struct bench *bench, uint16_t other)
{
	struct config_port *ports = bench->service.ports;

	ports[0] = (struct config_port){bench->servers[0].port, IPPROTO_TCP};
	ports[1] = (struct config_port){9, IPPROTO_UDP};
	ports[2] = (struct config_port){other, IPPROTO_TCP};
	bench->service.port_count = 3;
	bench->service.check.every_port = true;
	bench_be_patient(bench);
}

static void up_when_every_port_answers(void **state)
{
	struct bench *bench = *state;
	struct fake_server *other = &bench->servers[2];
	char detail[64];

	other->address = bench->peers[0].address;
	other->answer = MHD_HTTP_OK;
	fake_server_open(other);
	have_ports(bench, other->port);
	bench_start(bench);
	bench_wait_for_changes(bench, 1);
	snprintf(detail, sizeof(detail), "port %u: HTTP 200 in ", bench->servers[0].port);
	bench_expect(bench, 0, HEALTH_UP, detail);
	snprintf(detail, sizeof(detail), ", port %u: HTTP 200 in ", other->port);
	assert_non_null(strstr(bench->last.detail, detail));
	assert_true(bench->servers[0].requests > 0 && other->requests > 0);
	/* One of them is enough to be down. */
	other->answer = MHD_HTTP_INTERNAL_SERVER_ERROR;
	bench_wait_for_changes(bench, 2);
	snprintf(detail, sizeof(detail), "port %u: HTTP 500, expected 200-399", other->port);
	bench_expect(bench, 0, HEALTH_DOWN, detail);
}

static void every_port_is_asked_over_each_family(void **state)
{
	struct bench *bench = *state;
	char detail[64];
	uint16_t closed;

	have_both(bench);
	close(listen_on_loopback(&closed, 1));
	have_ports(bench, closed);
	bench_start(bench);
	bench_wait_for_changes(bench, 1);
	snprintf(detail, sizeof(detail), "port %u: ", closed);
	assert_int_equal(bench->last.state, HEALTH_DOWN);
	while (!strstr(bench_status(bench, 0).detail, ", IPv6 port "))
		assert_true(sd_event_run(bench->event, 1000) >= 0);
	assert_non_null(strstr(bench_status(bench, 0).detail, detail));
	while (bench->servers[0].requests == 0 || bench->servers[1].requests == 0)
		assert_true(sd_event_run(bench->event, 1000) >= 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BENCH_TEST(up_when_both_answer),
		BENCH_TEST(down_when_one_of_them_fails),
		BENCH_TEST(unknown_until_both_have_answered),
		BENCH_TEST(a_family_without_vips_is_not_asked),
		BENCH_TEST(a_node_without_the_family_is_asked_at_the_other),
		BENCH_TEST(both_are_asked_whatever_the_vips_are),
		BENCH_TEST(both_are_those_that_the_node_has),
		BENCH_TEST(one_is_asked_whatever_the_vips_are),
		BENCH_TEST(the_own_backend_is_asked_at_the_first_vip_of_a_family),
		BENCH_TEST(other_backends_are_asked_at_their_addresses),
		BENCH_TEST(up_when_every_port_answers),
		BENCH_TEST(every_port_is_asked_over_each_family),
	};

	return cmocka_run_group_tests_name("health over both families", tests, NULL, NULL);
}
