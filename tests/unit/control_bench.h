/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A control socket on a fake node, in a real event loop, and its clients. Every test has its own.
 */
#ifndef VIPD_TESTS_CONTROL_BENCH_H
#define VIPD_TESTS_CONTROL_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "ctl/api/broadcast.h"
#include "ctl/api/server.h"
#include "tests/unit/fake_node.h"

#define PATIENCE (20 * NS_PER_S) /* for what should take milliseconds on a machine that is busy */

/* The socket is in a directory of its own; what a test opens, tear_down() closes. */
struct bench {
	char directory[64];
	char path[80];
	sd_event *event;
	struct events *events;
	struct server *server;
	int clients[SESSIONS_MAX + 1];
	size_t client_count;
	int reload_error;
	uint64_t patience;
};

/* A command that a part brings: it counts, and answers as much as it is told to. */
static int counted;

static inline json_t *run_count(const struct command_call *call, const json_t *request)
{
	json_int_t length = json_integer_value(json_object_get(request, "length"));
	char *text = calloc(1, (size_t)length + 1);
	json_t *answer;

	(void)call;
	counted++;
	memset(text, 'x', (size_t)length);
	answer = json_pack("{s:i, s:s}", "count", counted, "text", text);
	free(text);
	return answer;
}

static const struct command count_command = {
	.name = "count",
	.level = COMMAND_CHANGES,
	.members =
		(const struct command_member[]){
			{"length", COMMAND_OPTIONAL, COMMAND_NUMBER, "how much"},
			{"exact", COMMAND_OPTIONAL, COMMAND_TRUTH, "true or false"},
			{},
		},
	.run = run_count,
};

static const struct command *const more_commands[] = {&count_command, NULL};

static inline int fake_reload(const struct report *report, void *context)
{
	struct bench *bench = context;

	if (bench->reload_error)
		report_line(report, LOG_ERR, "vipd.yaml:3: vlan: not a number");
	return bench->reload_error;
}

static inline int start(struct bench *bench, struct server **server)
{
	const struct server_setup setup = {
		.event = bench->event,
		.path = bench->path,
		.node = &fake.node,
		.events = bench->events,
		.commands = more_commands,
		.patience = bench->patience,
		.reload = fake_reload,
		.context = bench,
	};

	return server_start(&setup, server);
}

static inline int set_up(void **state)
{
	struct bench *bench = calloc(1, sizeof(*bench));

	*state = bench;
	counted = 0;
	fake_node_reset();
	strcpy(bench->directory, "/tmp/vipd-server-test-XXXXXX");
	assert_non_null(mkdtemp(bench->directory));
	snprintf(bench->path, sizeof(bench->path), "%s/vipd.sock", bench->directory);
	assert_true(sd_event_new(&bench->event) >= 0);
	assert_int_equal(events_new(bench->event, &bench->events), 0);
	return start(bench, &bench->server);
}

static inline int tear_down(void **state)
{
	struct bench *bench = *state;

	server_stop(bench->server);
	events_free(bench->events);
	for (size_t i = 0; i < bench->client_count; i++)
		close(bench->clients[i]);
	sd_event_unref(bench->event);
	unlink(bench->path);
	rmdir(bench->directory);
	free(bench);
	return 0;
}

/* Clients. */

static inline void run_loop(struct bench *bench)
{
	assert_true(sd_event_run(bench->event, 1000) >= 0);
}

/* Until nothing happens any more. */
static inline void settle(struct bench *bench)
{
	while (sd_event_run(bench->event, 0) > 0)
		;
}

static inline int connect_raw(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	strcpy(address.sun_path, path);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static inline int connect_client(struct bench *bench)
{
	int fd = connect_raw(bench->path);

	bench->clients[bench->client_count++] = fd;
	settle(bench);
	return fd;
}

static inline void send_bytes(struct bench *bench, int client, const char *bytes, size_t length)
{
	uint64_t deadline = clock_now() + PATIENCE;

	while (length) {
		ssize_t sent = send(client, bytes, length, MSG_NOSIGNAL);

		assert_true(clock_now() < deadline);
		if (sent > 0) {
			bytes += sent;
			length -= (size_t)sent;
		}
		settle(bench);
	}
}

static inline void send_text(struct bench *bench, int client, const char *text)
{
	send_bytes(bench, client, text, strlen(text));
}

/* One line, byte by byte so that the next stays where it is; NULL: the server has hung up. */
static inline const char *receive(struct bench *bench, int client)
{
	static char line[4096];
	uint64_t deadline = clock_now() + PATIENCE;
	size_t length = 0;

	for (;;) {
		ssize_t got = recv(client, &line[length], 1, 0);

		assert_true(clock_now() < deadline);
		if (got < 0 && errno == EAGAIN) {
			run_loop(bench);
			continue;
		}
		if (got <= 0)
			return NULL;
		if (line[length] == '\n')
			break;
		assert_true(++length < sizeof(line));
	}
	line[length] = '\0';
	return line;
}

static inline void expect_line(struct bench *bench, int client, const char *expected)
{
	const char *line = receive(bench, client);

	assert_non_null(line);
	assert_string_equal(line, expected);
}

static inline void expect_in_line(struct bench *bench, int client, const char *part)
{
	const char *line = receive(bench, client);

	assert_non_null(line);
	if (!strstr(line, part))
		fail_msg("no '%s' in: %s", part, line);
}

static inline void expect_silence(struct bench *bench, int client)
{
	char byte;

	settle(bench);
	assert_int_equal(recv(client, &byte, 1, 0), -1);
	assert_int_equal(errno, EAGAIN);
}

#define test(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

#endif
