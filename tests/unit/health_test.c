// SPDX-License-Identifier: GPL-2.0-only
/* Health checks against a real HTTP server in this process, in a real event loop. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <microhttpd.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#include "ctl/base/address.h"
#include "ctl/base/clock.h"
#include "ctl/health/health.h"

#define INTERVAL (20 * NS_PER_MS)
#define PATIENCE (20 * NS_PER_S) /* for what should take milliseconds on a machine that is busy */

enum {
	ANSWER_HANG = 0, /* else: the HTTP status */
};

/* What the server does, set by the tests, and what it saw; it has threads of its own. */
struct server {
	struct MHD_Daemon *daemon;
	uint16_t port;
	atomic_int answer;
	atomic_int requests;
	atomic_int connections;
	atomic_int strange; /* requests that are not what a check should look like */
};

/* One event loop, one configuration with one service, and what the checks reported of it. */
struct bench {
	struct server server;
	sd_event *event;
	struct config config;
	struct config_peer peer;
	struct config_service service;
	struct config_backend backend;
	struct health *health;
	int changes;
	struct health_status last;
};

static enum MHD_Result answer_request(void *context, struct MHD_Connection *connection,
				      const char *url, const char *method, const char *version,
				      const char *upload, size_t *upload_size, void **request)
{
	struct server *server = context;
	const char *agent = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "User-Agent");
	struct MHD_Response *response;
	enum MHD_Result result;
	int answer;

	(void)upload, (void)upload_size;
	if (!*request) { /* who answers a header at once ends the connection */
		*request = server;
		return MHD_YES;
	}
	if (strcmp(url, "/healthz") != 0 || strcmp(method, "GET") != 0 ||
	    strcmp(version, "HTTP/1.1") != 0 || !agent || strncmp(agent, "vipd/", 5) != 0)
		server->strange++;
	server->requests++;
	while ((answer = server->answer) == ANSWER_HANG)
		usleep(1000);
	response = MHD_create_response_from_buffer(5, "hello", MHD_RESPMEM_PERSISTENT);
	MHD_add_response_header(response, "Location", "/elsewhere");
	result = MHD_queue_response(connection, (unsigned int)answer, response);
	MHD_destroy_response(response);
	return result;
}

static void count_connection(void *context, struct MHD_Connection *connection, void **socket,
			     enum MHD_ConnectionNotificationCode code)
{
	struct server *server = context;

	(void)connection, (void)socket;
	if (code == MHD_CONNECTION_NOTIFY_STARTED)
		server->connections++;
}

/* On a free port, or again on the one it had. A thread per connection: one may hang. */
static void server_open(struct server *server, const struct ip_address *address)
{
	unsigned int flags = MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD;
	struct sockaddr_storage where;

	address_to_sockaddr(address, server->port, &where);
	if (where.ss_family == AF_INET6)
		flags |= MHD_USE_IPv6;
	server->daemon = MHD_start_daemon(
		flags, 0, NULL, NULL, answer_request, server, MHD_OPTION_SOCK_ADDR, &where,
		MHD_OPTION_LISTENING_ADDRESS_REUSE, 1, MHD_OPTION_NOTIFY_CONNECTION,
		count_connection, server, MHD_OPTION_END);
	assert_non_null(server->daemon);
	server->port = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
}

static void server_close(struct server *server)
{
	if (server->answer == ANSWER_HANG)
		server->answer = MHD_HTTP_OK;
	if (server->daemon)
		MHD_stop_daemon(server->daemon);
	server->daemon = NULL;
}

static void on_change(size_t service, const struct health_status *status, void *context)
{
	struct bench *bench = context;

	assert_int_equal(service, 0);
	assert_ptr_equal(status, health_status(bench->health, service));
	bench->changes++;
	bench->last = *status;
}

/* The parser is not under test, so neither is its part of the configuration. */
static void configure(struct bench *bench)
{
	bench->service = (struct config_service){
		.name = "web",
		.backends = &bench->backend,
		.backend_count = 1,
		.check = {.enabled = true,
			  .http = "/healthz",
			  .port = bench->server.port,
			  .interval = INTERVAL,
			  .timeout = INTERVAL,
			  .fall = 3,
			  .rise = 2},
	};
	bench->config = (struct config){
		.peers = &bench->peer,
		.peer_count = 1,
		.services = &bench->service,
		.service_count = 1,
	};
}

static void start(struct bench *bench)
{
	bench->service.check.port = bench->server.port;
	assert_int_equal(
		health_start(&bench->config, bench->event, on_change, bench, &bench->health), 0);
}

static int setup(void **state)
{
	struct bench *bench = calloc(1, sizeof(*bench));

	assert_non_null(bench);
	assert_int_equal(sd_event_new(&bench->event), 0);
	assert_int_equal(address_parse("127.0.0.1", &bench->peer.address), 0);
	bench->server.answer = MHD_HTTP_OK;
	server_open(&bench->server, &bench->peer.address);
	configure(bench);
	*state = bench;
	return 0;
}

static int teardown(void **state)
{
	struct bench *bench = *state;

	health_stop(bench->health);
	server_close(&bench->server);
	sd_event_unref(bench->event);
	free(bench);
	return 0;
}

/* Runs the loop until the checks have reported so many changes. */
static void wait_for_changes(struct bench *bench, int count)
{
	uint64_t deadline = clock_now() + PATIENCE;

	while (bench->changes < count) {
		assert_true(clock_now() < deadline);
		assert_true(sd_event_run(bench->event, 10000) >= 0);
	}
	assert_int_equal(bench->changes, count);
}

static void wait_for_requests(struct bench *bench, int count)
{
	uint64_t deadline = clock_now() + PATIENCE;

	while (bench->server.requests < count) {
		assert_true(clock_now() < deadline);
		assert_true(sd_event_run(bench->event, 10000) >= 0);
	}
}

/* A check that is slow because the machine is must not fail for it. */
static void be_patient(struct bench *bench)
{
	bench->service.check.timeout = PATIENCE;
}

static void up_at_first_success(void **state)
{
	struct bench *bench = *state;

	be_patient(bench);
	start(bench);
	assert_int_equal(health_status(bench->health, 0)->state, HEALTH_UNKNOWN);
	wait_for_changes(bench, 1);
	assert_int_equal(bench->last.state, HEALTH_UP);
	assert_int_equal(bench->last.successes, 1);
	assert_true(clock_now() - bench->last.checked_at < PATIENCE);
	assert_memory_equal(bench->last.detail, "HTTP 200 in ", 12);
	assert_int_equal(bench->server.strange, 0);
}

static void down_after_fall_and_up_after_rise(void **state)
{
	struct bench *bench = *state;

	be_patient(bench);
	start(bench);
	wait_for_changes(bench, 1);

	bench->server.answer = MHD_HTTP_INTERNAL_SERVER_ERROR;
	wait_for_changes(bench, 2);
	assert_int_equal(bench->last.state, HEALTH_DOWN);
	assert_int_equal(bench->last.failures, 3);
	assert_string_equal(bench->last.detail, "HTTP 500");

	bench->server.answer = MHD_HTTP_NO_CONTENT;
	wait_for_changes(bench, 3);
	assert_int_equal(bench->last.state, HEALTH_UP);
	assert_int_equal(bench->last.successes, 2);
	assert_memory_equal(bench->last.detail, "HTTP 204 in ", 12);
}

static void every_check_makes_a_new_connection(void **state)
{
	struct bench *bench = *state;

	be_patient(bench);
	start(bench);
	wait_for_requests(bench, 5);
	assert_true(bench->server.connections >= 5);
}

static void redirect_is_an_answer_and_not_followed(void **state)
{
	struct bench *bench = *state;

	be_patient(bench);
	bench->server.answer = MHD_HTTP_FOUND;
	start(bench);
	wait_for_requests(bench, 3);
	assert_int_equal(bench->last.state, HEALTH_UP);
	assert_memory_equal(bench->last.detail, "HTTP 302 in ", 12);
	assert_int_equal(bench->server.strange, 0);
}

static void proxy_of_the_environment_is_ignored(void **state)
{
	struct bench *bench = *state;

	be_patient(bench);
	setenv("http_proxy", "http://127.0.0.1:1", 1);
	setenv("all_proxy", "http://127.0.0.1:1", 1);
	start(bench);
	wait_for_changes(bench, 1);
	unsetenv("http_proxy");
	unsetenv("all_proxy");
	assert_int_equal(bench->last.state, HEALTH_UP);
}

static void refused_connection_is_down_and_a_restart_up(void **state)
{
	struct bench *bench = *state;

	be_patient(bench);
	server_close(&bench->server);
	start(bench);
	wait_for_changes(bench, 1);
	assert_int_equal(bench->last.state, HEALTH_DOWN);
	assert_string_equal(bench->last.detail, "connection refused");

	server_open(&bench->server, &bench->peer.address);
	wait_for_changes(bench, 2);
	assert_int_equal(bench->last.state, HEALTH_UP);
}

static void hanging_server_is_down(void **state)
{
	struct bench *bench = *state;

	bench->server.answer = ANSWER_HANG;
	bench->service.check.interval = 200 * NS_PER_MS;
	bench->service.check.timeout = 100 * NS_PER_MS;
	start(bench);
	wait_for_changes(bench, 1);
	assert_int_equal(bench->last.state, HEALTH_DOWN);
	assert_string_equal(bench->last.detail, "no answer within 0.1 s");
}

/* The timeout is as long as the interval: the next check must wait for the end of the one before.
 */
static void checks_do_not_overlap(void **state)
{
	struct bench *bench = *state;
	const struct health_status *status;

	bench->server.answer = ANSWER_HANG;
	start(bench);
	status = health_status(bench->health, 0);
	while (status->failures < 5) {
		assert_true(sd_event_run(bench->event, UINT64_MAX) >= 0);
		if (status->failures)
			assert_string_equal(status->detail, "no answer within 0.02 s");
	}
	bench->server.answer = MHD_HTTP_OK;
	wait_for_changes(bench, 2);
	assert_int_equal(bench->last.state, HEALTH_UP);
}

static int listen_on_loopback(uint16_t *port, int backlog)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, length), 0);
	assert_int_equal(listen(fd, backlog), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &length), 0);
	*port = ntohs(address.sin_port);
	return fd;
}

/* A full accept queue drops SYNs: the connect itself never ends. */
static void hanging_connect_is_down(void **state)
{
	struct bench *bench = *state;
	int listener = listen_on_loopback(&bench->server.port, 0);
	struct sockaddr_storage where;
	socklen_t length = address_to_sockaddr(&bench->peer.address, bench->server.port, &where);
	int filler = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(connect(filler, (struct sockaddr *)&where, length), 0);
	bench->service.check.interval = 200 * NS_PER_MS;
	bench->service.check.timeout = 100 * NS_PER_MS;
	start(bench);
	wait_for_changes(bench, 1);
	assert_int_equal(bench->last.state, HEALTH_DOWN);
	assert_string_equal(bench->last.detail, "no answer within 0.1 s");
	close(filler);
	close(listener);
}

static void answer_without_end_is_down(void **state)
{
	static const char begin[] = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello";
	struct bench *bench = *state;
	int listener = listen_on_loopback(&bench->server.port, 16);
	int connection = -1;

	bench->service.check.interval = NS_PER_S;
	bench->service.check.timeout = NS_PER_S;
	start(bench);
	while (bench->changes < 1) {
		assert_true(sd_event_run(bench->event, 10000) >= 0);
		if (connection >= 0)
			continue;
		connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		if (connection >= 0)
			assert_int_equal(send(connection, begin, sizeof(begin) - 1, 0),
					 sizeof(begin) - 1);
	}
	assert_int_equal(bench->last.state, HEALTH_DOWN);
	assert_string_equal(bench->last.detail, "HTTP 200, but no end of it within 1 s");
	close(connection);
	close(listener);
}

static int count_tick(sd_event_source *source, uint64_t due, void *context)
{
	int *ticks = context;

	(*ticks)++;
	assert_true(sd_event_source_set_time(source, due + 10 * NS_PER_MS / NS_PER_US) >= 0);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

/* Counted in timers, not in time: all that fall due during a check that hangs must fire in it. */
static void loop_runs_on_while_a_check_hangs(void **state)
{
	struct bench *bench = *state;
	sd_event_source *timer = NULL;
	uint64_t longest = 0;
	int ticks = 0;

	bench->server.answer = ANSWER_HANG;
	bench->service.check.interval = NS_PER_S;
	bench->service.check.timeout = NS_PER_S;
	assert_true(sd_event_add_time(bench->event, &timer, CLOCK_MONOTONIC,
				      clock_now() / NS_PER_US, 1000, count_tick, &ticks) >= 0);
	start(bench);
	while (bench->changes < 1) {
		uint64_t before = clock_now();

		assert_true(sd_event_run(bench->event, UINT64_MAX) >= 0);
		if (clock_now() - before > longest)
			longest = clock_now() - before;
	}
	assert_int_equal(bench->last.state, HEALTH_DOWN);
	assert_true(ticks >= 50);
	assert_true(longest < bench->service.check.timeout / 2);
	sd_event_source_disable_unref(timer);
}

static int count_open_files(void)
{
	DIR *directory = opendir("/proc/self/fd");
	int count = 0;

	assert_non_null(directory);
	while (readdir(directory))
		count++;
	closedir(directory);
	return count;
}

static void stop_in_mid_check(struct bench *bench)
{
	start(bench);
	for (int i = 0; i < 10; i++)
		assert_true(sd_event_run(bench->event, 5000) >= 0);
	assert_int_equal(health_status(bench->health, 0)->state, HEALTH_UNKNOWN);
	health_stop(bench->health);
	bench->health = NULL;
}

/* Memory is for the address sanitizer to judge. The listener never accepts, so that all the sockets
 * that are counted are the check's; the first round opens what the loop keeps for good. */
static void stop_during_a_check_leaves_nothing(void **state)
{
	struct bench *bench = *state;
	int listener = listen_on_loopback(&bench->server.port, 16);
	int before;

	be_patient(bench);
	stop_in_mid_check(bench);
	before = count_open_files();
	stop_in_mid_check(bench);
	assert_int_equal(count_open_files(), before);
	assert_true(sd_event_run(bench->event, 0) >= 0);
	assert_int_equal(bench->changes, 0);
	close(listener);
}

static void stop_before_the_loop_ran(void **state)
{
	struct bench *bench = *state;

	start(bench);
	health_stop(bench->health);
	bench->health = NULL;
	assert_true(sd_event_run(bench->event, 0) >= 0);
	assert_int_equal(bench->changes, 0);
}

static void expect_up_unasked(struct bench *bench)
{
	start(bench);
	assert_int_equal(health_status(bench->health, 0)->state, HEALTH_UP);
	assert_int_equal(bench->changes, 0);
	wait_for_changes(bench, 1);
	assert_int_equal(bench->last.state, HEALTH_UP);
	assert_int_equal(bench->last.checked_at, 0);
	assert_true(sd_event_run(bench->event, 50000) >= 0);
	assert_int_equal(bench->server.requests, 0);
}

static void service_without_a_check_is_up(void **state)
{
	struct bench *bench = *state;

	bench->service.check.enabled = false;
	expect_up_unasked(bench);
}

static void service_of_other_nodes_is_up(void **state)
{
	struct bench *bench = *state;

	bench->backend.peer = 1;
	expect_up_unasked(bench);
}

static void node_without_ipv4_is_asked_over_ipv6(void **state)
{
	struct bench *bench = *state;
	int probe = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in6 loopback = {.sin6_family = AF_INET6,
					.sin6_addr = IN6ADDR_LOOPBACK_INIT};
	bool available =
		probe >= 0 && bind(probe, (struct sockaddr *)&loopback, sizeof(loopback)) == 0;

	if (probe >= 0)
		close(probe);
	if (!available)
		skip();
	be_patient(bench);
	server_close(&bench->server);
	bench->server.port = 0;
	bench->peer.address = (struct ip_address){};
	assert_int_equal(address_parse("::1", &bench->peer.address6), 0);
	server_open(&bench->server, &bench->peer.address6);
	start(bench);
	wait_for_changes(bench, 1);
	assert_int_equal(bench->last.state, HEALTH_UP);
	assert_int_equal(bench->server.strange, 0);
}

static void states_have_names(void **state)
{
	(void)state;
	assert_string_equal(health_state_name(HEALTH_UNKNOWN), "unknown");
	assert_string_equal(health_state_name(HEALTH_UP), "up");
	assert_string_equal(health_state_name(HEALTH_DOWN), "down");
}

#define BENCH_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		BENCH_TEST(up_at_first_success),
		BENCH_TEST(down_after_fall_and_up_after_rise),
		BENCH_TEST(every_check_makes_a_new_connection),
		BENCH_TEST(redirect_is_an_answer_and_not_followed),
		BENCH_TEST(proxy_of_the_environment_is_ignored),
		BENCH_TEST(refused_connection_is_down_and_a_restart_up),
		BENCH_TEST(hanging_server_is_down),
		BENCH_TEST(checks_do_not_overlap),
		BENCH_TEST(hanging_connect_is_down),
		BENCH_TEST(answer_without_end_is_down),
		BENCH_TEST(loop_runs_on_while_a_check_hangs),
		BENCH_TEST(stop_during_a_check_leaves_nothing),
		BENCH_TEST(stop_before_the_loop_ran),
		BENCH_TEST(service_without_a_check_is_up),
		BENCH_TEST(service_of_other_nodes_is_up),
		BENCH_TEST(node_without_ipv4_is_asked_over_ipv6),
		cmocka_unit_test(states_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
