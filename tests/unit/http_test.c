// SPDX-License-Identifier: GPL-2.0-only
/* Pages over HTTP, in a real event loop. What the metrics say is in exposition_test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ctl/api/exposition.h"
#include "ctl/base/cleanup.h"
#include "ctl/base/metric_text.h"
#include "ctl/http/http.h"
#include "tests/unit/fake_node.h"

#define PATIENCE (20 * NS_PER_S) /* for what should take milliseconds on a machine that is busy */

struct bench {
	sd_event *event;
	struct http *http;
	struct ip_address address;
};

/* A second page: how often it was rendered. */
static int rendered;

static char *render_count(const struct node *node, const struct snapshot *snapshot, size_t *length)
{
	char *text = NULL;
	int printed = asprintf(&text, "<p>%s %d", snapshot->config->node, ++rendered);

	assert_ptr_equal(node, &fake.node);
	*length = (size_t)printed;
	return text;
}

static const struct http_route count_route = {"/", "text/html; charset=utf-8", render_count};
static const struct http_route *const routes[] = {&metrics_route, &count_route, NULL};

static int listen_at(struct bench *bench, uint16_t port, struct http **http)
{
	const struct http_setup setup = {
		.event = bench->event,
		.node = &fake.node,
		.routes = routes,
		.address = bench->address,
		.port = port,
	};

	return http_start(&setup, http);
}

static int start(void **state, const char *address)
{
	struct bench *bench = calloc(1, sizeof(*bench));

	*state = bench;
	rendered = 0;
	fake_node_reset();
	address_parse(address, &bench->address);
	assert_true(sd_event_new(&bench->event) >= 0);
	return listen_at(bench, 0, &bench->http);
}

static int set_up(void **state)
{
	return start(state, "127.0.0.1");
}

static int set_up_ipv6(void **state)
{
	return start(state, "::1");
}

static int set_up_everywhere(void **state)
{
	return start(state, "::");
}

static int tear_down(void **state)
{
	struct bench *bench = *state;

	http_stop(bench->http);
	sd_event_unref(bench->event);
	free(bench);
	return 0;
}

static int connect_client(const struct bench *bench)
{
	struct sockaddr_storage where;
	socklen_t length = address_to_sockaddr(&bench->address, http_port(bench->http), &where);
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
	expect_answer(*state, REQUEST("GET /x"), "HTTP/1.1 404 ", "there are: /metrics /\n");
	expect_answer(*state, REQUEST("DELETE /metrics"), "HTTP/1.1 405 ", "Allow: GET, HEAD\r\n");
	expect_answer(*state, REQUEST("HEAD /metrics"), "HTTP/1.1 200 ", "Content-Length: ");
	expect_answer(*state, "\x01 nonsense\r\n\r\n", "HTTP/1.1 4", "");
}

/* It is logged, so it does not happen more often than a snapshot would be taken. */
static void failure_to_gather_them_is_said(void **state)
{
	fake.counters_error = -EIO;
	expect_answer(*state, REQUEST("GET /metrics"), "HTTP/1.1 500 ", "vipd's log");
	expect_answer(*state, REQUEST("GET /metrics"), "HTTP/1.1 500 ", "vipd's log");
	assert_int_equal(fake.counters_read, 1);
}

static void write_metric(const struct node *node, FILE *text)
{
	metric_write_gauge(text, "vipd_part_of", node->config->node, 7);
}

static const struct part writing_part = {.name = "writing", .metrics = write_metric};
static const struct part *const writing_parts[] = {&writing_part, NULL};

static void parts_add_to_the_metrics(void **state)
{
	fake.node.parts = writing_parts;
	fake.node.part_count = fake.node.started = 1;
	expect_answer(*state, REQUEST("GET /metrics"), "HTTP/1.1 200 ",
		      "\n# TYPE vipd_part_of gauge\nvipd_part_of 7\n");
}

static void a_table_has_the_pages(void **state)
{
	expect_answer(*state, REQUEST("GET /"), "HTTP/1.1 200 ", "\r\n\r\n<p>n1 1");
	expect_answer(*state, REQUEST("GET /"), "HTTP/1.1 200 ",
		      "Content-Type: text/html; charset=utf-8\r\n");
}

/* Whoever asks, and whatever for. */
static void a_second_has_one_snapshot(void **state)
{
	for (int i = 0; i < 5; i++) {
		expect_answer(*state, REQUEST("GET /metrics"), "HTTP/1.1 200 ", "vipd_up 1");
		expect_answer(*state, REQUEST("GET /"), "HTTP/1.1 200 ", "<p>n1 1");
	}
	assert_int_equal(fake.counters_read, 1);
	usleep(1010000);
	expect_answer(*state, REQUEST("GET /"), "HTTP/1.1 200 ", "<p>n1 2");
	assert_int_equal(fake.counters_read, 2);
}

/* A page is sent as it was, even if a reload has made it history. */
static void a_snapshot_outlives_what_it_shows(void **state)
{
	struct config next = fake.config;

	expect_answer(*state, REQUEST("GET /"), "HTTP/1.1 200 ", "<p>n1 1");
	strcpy(next.node, "n2");
	fake.node.config = &next;
	expect_answer(*state, REQUEST("GET /metrics"), "HTTP/1.1 200 ", "node=\"n1\"");
	usleep(1010000);
	expect_answer(*state, REQUEST("GET /"), "HTTP/1.1 200 ", "<p>n2 2");
	http_stop(((struct bench *)*state)->http);
	((struct bench *)*state)->http = NULL;
}

static void a_flood_of_requests_is_refused(void **state)
{
	struct bench *bench = *state;
	uint64_t began = clock_now();
	size_t refused = 0, answered = 0;

	while (clock_now() - began < NS_PER_S / 2 && answered + refused < 400) {
		CLEANUP(cleanup_free) char *text = NULL;
		CLEANUP(cleanup_close) int fd = connect_client(bench);

		assert_true(send(fd, REQUEST("GET /"), strlen(REQUEST("GET /")), 0) > 0);
		text = read_answer(bench, fd);
		if (strncmp(text, "HTTP/1.1 200 ", 13) == 0)
			answered++;
		else if (strncmp(text, "HTTP/1.1 503 ", 13) == 0)
			refused++;
	}
	assert_in_range(answered, 1, 2 * HTTP_ANSWERS_MAX);
	assert_true(refused || answered < HTTP_ANSWERS_MAX);
	assert_in_range(rendered, 1, 2);
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
	struct http *second = NULL;

	assert_int_equal(listen_at(bench, http_port(bench->http), &second), -EADDRINUSE);
	assert_null(second);
}

/* A reload that changes the address alone; the port is shared with nobody else, then or later. */
static void a_successor_may_have_the_same_port(void **state)
{
	struct bench *bench = *state;
	struct http_setup setup = {
		.event = bench->event,
		.node = &fake.node,
		.routes = routes,
		.port = http_port(bench->http),
		.successor_of = bench->http,
	};
	struct http *successor, *third = NULL;

	assert_int_equal(http_start(&setup, &successor), 0);
	expect_answer(bench, REQUEST("GET /metrics"), "HTTP/1.1 200 ", "vipd_up 1");
	setup.successor_of = NULL;
	assert_int_equal(http_start(&setup, &third), -EADDRINUSE);
	http_stop(bench->http);
	bench->http = successor;
	expect_answer(bench, REQUEST("GET /metrics"), "HTTP/1.1 200 ", "vipd_up 1");
	assert_int_equal(http_start(&setup, &third), -EADDRINUSE);
	assert_null(third);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(metrics_are_served, set_up, tear_down),
		cmocka_unit_test_setup_teardown(metrics_are_served, set_up_ipv6, tear_down),
		cmocka_unit_test_setup_teardown(other_paths_and_methods_are_refused, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(failure_to_gather_them_is_said, set_up, tear_down),
		cmocka_unit_test_setup_teardown(metrics_are_served, set_up_everywhere, tear_down),
		cmocka_unit_test_setup_teardown(parts_add_to_the_metrics, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_table_has_the_pages, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_second_has_one_snapshot, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_snapshot_outlives_what_it_shows, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_flood_of_requests_is_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(clients_may_dawdle_and_leave, set_up, tear_down),
		cmocka_unit_test_setup_teardown(port_in_use_is_an_error, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_successor_may_have_the_same_port, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
