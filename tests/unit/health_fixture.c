// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ctl/base/address.h"
#include "ctl/base/clock.h"
#include "tests/unit/health_fixture.h"

static const char *header(struct MHD_Connection *connection, const char *name)
{
	const char *value = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);

	return value ? value : "";
}

static bool is_strange(const struct fake_server *server, struct MHD_Connection *connection,
		       const char *url, const char *method, const char *version)
{
	return strcmp(url, "/healthz") != 0 || strcmp(method, "GET") != 0 ||
	       strcmp(version, "HTTP/1.1") != 0 ||
	       strncmp(header(connection, "User-Agent"), "vipd/", 5) != 0 ||
	       (server->host && strcmp(header(connection, "Host"), server->host) != 0);
}

static enum MHD_Result answer_request(void *context, struct MHD_Connection *connection,
				      const char *url, const char *method, const char *version,
				      const char *upload, size_t *upload_size, void **request)
{
	struct fake_server *server = context;
	const char *body = server->body ? server->body : "hello";
	struct MHD_Response *response;
	enum MHD_Result result;
	int answer, number;

	(void)upload, (void)upload_size;
	if (!*request) { /* who answers a header at once ends the connection */
		*request = server;
		return MHD_YES;
	}
	if (is_strange(server, connection, url, method, version))
		server->strange++;
	number = ++server->requests;
	while ((answer = server->answer) == ANSWER_HANG)
		usleep(1000);
	if (answer == ANSWER_ALTERNATE)
		answer = number % 2 ? MHD_HTTP_INTERNAL_SERVER_ERROR : MHD_HTTP_OK;
	response =
		MHD_create_response_from_buffer(strlen(body), (void *)body, MHD_RESPMEM_PERSISTENT);
	MHD_add_response_header(response, "Location", "/elsewhere");
	result = MHD_queue_response(connection, (unsigned int)answer, response);
	MHD_destroy_response(response);
	return result;
}

static void count_connection(void *context, struct MHD_Connection *connection, void **socket,
			     enum MHD_ConnectionNotificationCode code)
{
	struct fake_server *server = context;

	(void)connection, (void)socket;
	if (code == MHD_CONNECTION_NOTIFY_STARTED)
		server->connections++;
}

/* A thread per connection: one may hang. */
void fake_server_open(struct fake_server *server)
{
	unsigned int flags = MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD;
	struct MHD_OptionItem tls[] = {
		{MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)server->certificate},
		{MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)server->key},
		{MHD_OPTION_END, 0, NULL},
	};
	struct sockaddr_storage where;

	address_to_sockaddr(&server->address, server->port, &where);
	if (where.ss_family == AF_INET6)
		flags |= MHD_USE_IPv6;
	if (server->certificate)
		flags |= MHD_USE_TLS;
	server->daemon = MHD_start_daemon(
		flags, 0, NULL, NULL, answer_request, server, MHD_OPTION_SOCK_ADDR, &where,
		MHD_OPTION_LISTENING_ADDRESS_REUSE, 1, MHD_OPTION_NOTIFY_CONNECTION,
		count_connection, server, MHD_OPTION_ARRAY, server->certificate ? tls : &tls[2],
		MHD_OPTION_END);
	assert_non_null(server->daemon);
	server->port = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
}

void fake_server_close(struct fake_server *server)
{
	if (server->answer == ANSWER_HANG)
		server->answer = MHD_HTTP_OK;
	if (server->daemon)
		MHD_stop_daemon(server->daemon);
	server->daemon = NULL;
}

int listen_on_loopback(uint16_t *port, int backlog)
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

static void on_change(const char *service, const char *node, const struct health_status *status,
		      const char *check, void *context)
{
	struct bench *bench = context;
	struct health_status same;
	size_t peer = 0;

	(void)check;
	assert_true(health_status(bench->health, service, node, &same));
	assert_memory_equal(status, &same, sizeof(same));
	while (strcmp(bench->peers[peer].name, node) != 0)
		assert_true(++peer < bench->config.peer_count);
	bench->changes++;
	bench->last_peer = peer;
	bench->last = *status;
}

/* The parser is not under test, so neither is its part of the configuration. */
static void configure(struct bench *bench)
{
	bench->service = (struct config_service){
		.name = "web",
		.backends = bench->backends,
		.check = {.enabled = true,
			  .method = CHECK_HTTP,
			  .path = "/healthz",
			  .expect_status = {{200, 399}},
			  .expect_status_count = 1,
			  .user = "nobody",
			  .interval = INTERVAL,
			  .timeout = INTERVAL,
			  .fall = 3,
			  .rise = 2},
	};
	bench->config = (struct config){
		.peers = bench->peers,
		.services = &bench->service,
		.service_count = 1,
	};
}

static void add_backend(struct bench *bench)
{
	size_t index = bench->config.peer_count++;
	struct config_peer *peer = &bench->peers[index];
	struct fake_server *server = &bench->servers[index];
	char text[16];

	snprintf(peer->name, sizeof(peer->name), "n%zu", index + 1);
	snprintf(text, sizeof(text), "127.0.0.%zu", index + 1);
	assert_int_equal(address_parse(text, &peer->address), 0);
	bench->backends[index] = (struct config_backend){.peer = index, .weight = 1};
	bench->service.backend_count++;
	server->address = peer->address;
	server->port = bench->servers[0].port;
	server->answer = MHD_HTTP_OK;
	fake_server_open(server);
}

void bench_add_backends(struct bench *bench, size_t count)
{
	while (bench->config.peer_count < count)
		add_backend(bench);
}

int bench_setup(void **state)
{
	struct bench *bench = calloc(1, sizeof(*bench));

	assert_non_null(bench);
	assert_int_equal(sd_event_new(&bench->event), 0);
	configure(bench);
	add_backend(bench);
	*state = bench;
	return 0;
}

int bench_teardown(void **state)
{
	struct bench *bench = *state;

	bench_stop(bench);
	for (size_t i = 0; i < BACKENDS_MAX; i++)
		fake_server_close(&bench->servers[i]);
	sd_event_unref(bench->event);
	free(bench);
	return 0;
}

void bench_start(struct bench *bench)
{
	struct health_setup setup = {
		.event = bench->event,
		.changed = on_change,
		.context = bench,
	};

	bench->service.check.port = bench->servers[0].port;
	assert_int_equal(checks_new(bench->event, "n1", &bench->checks), 0);
	setup.checks = bench->checks;
	assert_int_equal(health_new(&setup, &bench->health), 0);
	bench_reload(bench);
}

void bench_reload(struct bench *bench)
{
	struct health_plan *plan;

	assert_int_equal(health_prepare(bench->health, &bench->config, &plan), 0);
	health_commit(bench->health, plan);
}

void bench_stop(struct bench *bench)
{
	health_free(bench->health);
	checks_free(bench->checks);
	bench->health = NULL;
	bench->checks = NULL;
}

struct health_status bench_status(const struct bench *bench, size_t peer)
{
	struct health_status status;

	assert_true(health_status(bench->health, bench->service.name, bench->peers[peer].name,
				  &status));
	return status;
}

void bench_wait_for_changes(struct bench *bench, int count)
{
	uint64_t deadline = clock_now() + PATIENCE;

	while (bench->changes < count) {
		assert_true(clock_now() < deadline);
		assert_true(sd_event_run(bench->event, 10000) >= 0);
	}
	assert_int_equal(bench->changes, count);
}

void bench_expect(const struct bench *bench, size_t peer, enum health_state state,
		  const char *detail)
{
	assert_int_equal(bench->last_peer, peer);
	if (bench->last.state != state || strncmp(bench->last.detail, detail, strlen(detail)) != 0)
		fail_msg("expected %s: %s, but it is %s: %s", health_state_name(state), detail,
			 health_state_name(bench->last.state), bench->last.detail);
}

void bench_be_patient(struct bench *bench)
{
	bench->service.check.timeout = PATIENCE;
}

int count_open_files(void)
{
	DIR *directory = opendir("/proc/self/fd");
	int count = 0;

	assert_non_null(directory);
	while (readdir(directory))
		count++;
	closedir(directory);
	return count;
}
