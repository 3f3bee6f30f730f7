// SPDX-License-Identifier: GPL-2.0-only
/* The metrics over HTTP, in a real event loop. What they say is in status_test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ctl/api/metrics.h"
#include "ctl/base/cleanup.h"
#include "tests/unit/fake_node.h"

#define PATIENCE (20 * NS_PER_S) /* for what should take milliseconds on a machine that is busy */

struct bench {
	sd_event *event;
	struct metrics *metrics;
	struct ip_address address;
};

static int start(void **state, const char *address)
{
	struct bench *bench = calloc(1, sizeof(*bench));

	*state = bench;
	fake_node_reset();
	address_parse(address, &bench->address);
	assert_true(sd_event_new(&bench->event) >= 0);
	return metrics_start(bench->event, &fake.node, &bench->address, 0, &bench->metrics);
}

static int set_up(void **state)
{
	return start(state, "127.0.0.1");
}

static int set_up_ipv6(void **state)
{
	return start(state, "::1");
}

static int tear_down(void **state)
{
	struct bench *bench = *state;

	metrics_stop(bench->metrics);
	sd_event_unref(bench->event);
	free(bench);
	return 0;
}

static int connect_client(const struct bench *bench)
{
	struct sockaddr_storage where;
	socklen_t length =
		address_to_sockaddr(&bench->address, metrics_port(bench->metrics), &where);
	int fd = socket(where.ss_family, SOCK_STREAM, 0);

	assert_int_equal(connect(fd, (struct sockaddr *)&where, length), 0);
	return fd;
}

/* All that comes until the server closes, for free(). */
static char *read_answer(const struct bench *bench, int fd)
{
	uint64_t deadline = clock_now() + PATIENCE;
	size_t room = 1 << 20, length = 0;
	char *answer = calloc(1, room + 1);

	for (;;) {
		ssize_t got = recv(fd, answer + length, room - length, MSG_DONTWAIT);

		assert_true(clock_now() < deadline);
		if (got == 0)
			return answer;
		if (got > 0)
			length += (size_t)got;
		else
			assert_true(sd_event_run(bench->event, 100000) >= 0);
	}
}

static void expect_answer(const struct bench *bench, const char *request, const char *status,
			  const char *part)
{
	CLEANUP(cleanup_free) char *answer = NULL;
	CLEANUP(cleanup_close) int fd = connect_client(bench);

	assert_true(send(fd, request, strlen(request), 0) == (ssize_t)strlen(request));
	answer = read_answer(bench, fd);
	if (strncmp(answer, status, strlen(status)) != 0 || !strstr(answer, part))
		fail_msg("no '%s' and '%s' in: %s", status, part, answer);
}

#define REQUEST(line) line " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"

static void metrics_are_served(void **state)
{
	const char *get = REQUEST("GET /metrics");

	expect_answer(*state, get, "HTTP/1.1 200 ", "\nvipd_arp_answered_total 9\n");
	expect_answer(*state, get, "HTTP/1.1 200 ", "\nvipd_drops_total{reason=\"vrrp_ttl\"} 4\n");
	expect_answer(*state, get, "HTTP/1.1 200 ",
		      "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n");
}

static void other_paths_and_methods_are_refused(void **state)
{
	expect_answer(*state, REQUEST("GET /"), "HTTP/1.1 404 ", "/metrics");
	expect_answer(*state, REQUEST("DELETE /metrics"), "HTTP/1.1 405 ", "Allow: GET, HEAD\r\n");
	expect_answer(*state, REQUEST("HEAD /metrics"), "HTTP/1.1 200 ", "Content-Length: ");
	expect_answer(*state, "\x01 nonsense\r\n\r\n", "HTTP/1.1 4", "");
}

static void failure_to_gather_them_is_said(void **state)
{
	fake.counters_error = -EIO;
	expect_answer(*state, REQUEST("GET /metrics"), "HTTP/1.1 500 ", "vipd's log");
}

static void clients_may_dawdle_and_leave(void **state)
{
	struct bench *bench = *state;
	int clients[24];

	for (size_t i = 0; i < 24; i++) {
		clients[i] = connect_client(bench);
		assert_true(send(clients[i], "GET /metr", 9, 0) == 9);
		sd_event_run(bench->event, 0);
	}
	for (size_t i = 0; i < 24; i++) {
		sd_event_run(bench->event, 0);
		close(clients[i]);
	}
	expect_answer(bench, REQUEST("GET /metrics"), "HTTP/1.1 200 ", "vipd_up 1");
}

static void port_in_use_is_an_error(void **state)
{
	struct bench *bench = *state;
	struct metrics *second = NULL;

	assert_int_equal(metrics_start(bench->event, &fake.node, &bench->address,
				       metrics_port(bench->metrics), &second),
			 -EADDRINUSE);
	assert_null(second);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(metrics_are_served, set_up, tear_down),
		cmocka_unit_test_setup_teardown(metrics_are_served, set_up_ipv6, tear_down),
		cmocka_unit_test_setup_teardown(other_paths_and_methods_are_refused, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(failure_to_gather_them_is_said, set_up, tear_down),
		cmocka_unit_test_setup_teardown(clients_may_dawdle_and_leave, set_up, tear_down),
		cmocka_unit_test_setup_teardown(port_in_use_is_an_error, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
