// SPDX-License-Identifier: GPL-2.0-only
/* The control socket, in a real event loop, with clients good and bad. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "ctl/api/broadcast.h"
#include "ctl/api/server.h"
#include "ctl/base/cleanup.h"
#include "tests/unit/fake_node.h"

#define PATIENCE (20 * NS_PER_S) /* for what should take milliseconds on a machine that is busy */

/* The socket is in a directory of its own; what a test opens, tear_down() closes. */
struct bench {
	char directory[64];
	char path[80];
	sd_event *event;
	struct server *server;
	int clients[SESSIONS_MAX + 1];
	size_t client_count;
	int reload_error;
};

static int fake_reload(FILE *report, void *context)
{
	struct bench *bench = context;

	if (bench->reload_error)
		fputs("vipd.yaml:3: vlan: not a number\n", report);
	return bench->reload_error;
}

static int start(struct bench *bench, struct server **server)
{
	const struct server_setup setup = {
		.event = bench->event,
		.path = bench->path,
		.node = &fake.node,
		.reload = fake_reload,
		.context = bench,
	};

	return server_start(&setup, server);
}

static int set_up(void **state)
{
	struct bench *bench = calloc(1, sizeof(*bench));

	*state = bench;
	fake_node_reset();
	strcpy(bench->directory, "/tmp/vipd-server-test-XXXXXX");
	assert_non_null(mkdtemp(bench->directory));
	snprintf(bench->path, sizeof(bench->path), "%s/vipd.sock", bench->directory);
	assert_true(sd_event_new(&bench->event) >= 0);
	return start(bench, &bench->server);
}

static int tear_down(void **state)
{
	struct bench *bench = *state;

	server_stop(bench->server);
	for (size_t i = 0; i < bench->client_count; i++)
		close(bench->clients[i]);
	sd_event_unref(bench->event);
	unlink(bench->path);
	rmdir(bench->directory);
	free(bench);
	return 0;
}

/* Clients. */

static void run_loop(struct bench *bench)
{
	assert_true(sd_event_run(bench->event, 1000) >= 0);
}

/* Until nothing happens any more. */
static void settle(struct bench *bench)
{
	while (sd_event_run(bench->event, 0) > 0)
		;
}

static int connect_raw(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	strcpy(address.sun_path, path);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static int connect_client(struct bench *bench)
{
	int fd = connect_raw(bench->path);

	bench->clients[bench->client_count++] = fd;
	settle(bench);
	return fd;
}

static void send_bytes(struct bench *bench, int client, const char *bytes, size_t length)
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

static void send_text(struct bench *bench, int client, const char *text)
{
	send_bytes(bench, client, text, strlen(text));
}

/* One line, byte by byte so that the next stays where it is; NULL: the server has hung up. */
static const char *receive(struct bench *bench, int client)
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

static void expect_line(struct bench *bench, int client, const char *expected)
{
	const char *line = receive(bench, client);

	assert_non_null(line);
	assert_string_equal(line, expected);
}

static void expect_in_line(struct bench *bench, int client, const char *part)
{
	const char *line = receive(bench, client);

	assert_non_null(line);
	if (!strstr(line, part))
		fail_msg("no '%s' in: %s", part, line);
}

static void expect_silence(struct bench *bench, int client)
{
	char byte;

	settle(bench);
	assert_int_equal(recv(client, &byte, 1, 0), -1);
	assert_int_equal(errno, EAGAIN);
}

/* The socket. */

static void socket_is_for_its_group_and_goes_with_the_server(void **state)
{
	struct bench *bench = *state;
	struct stat status;

	assert_int_equal(stat(bench->path, &status), 0);
	assert_int_equal(status.st_mode, S_IFSOCK | 0660);
	server_stop(bench->server);
	bench->server = NULL;
	assert_int_equal(stat(bench->path, &status), -1);
}

static void stale_socket_is_replaced(void **state)
{
	struct bench *bench = *state;
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	server_stop(bench->server);
	strcpy(address.sun_path, bench->path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	close(fd);
	assert_int_equal(start(bench, &bench->server), 0);
	send_text(bench, connect_client(bench), "{\"command\":\"status\"}\n");
	expect_in_line(bench, bench->clients[0], "\"node\":\"n1\"");
}

static void socket_in_use_is_left_alone(void **state)
{
	struct bench *bench = *state;
	struct server *second = NULL;

	assert_int_equal(start(bench, &second), -EADDRINUSE);
	assert_null(second);
	send_text(bench, connect_client(bench), "{\"command\":\"status\"}\n");
	expect_in_line(bench, bench->clients[0], "\"node\":\"n1\"");
}

static void file_in_the_way_is_left_alone(void **state)
{
	struct bench *bench = *state;
	struct stat status;

	server_stop(bench->server);
	bench->server = NULL;
	close(open(bench->path, O_CREAT | O_WRONLY, 0600));
	assert_int_equal(start(bench, &bench->server), -ENOTSOCK);
	assert_int_equal(stat(bench->path, &status), 0);
}

static void path_that_is_too_long_is_refused(void **state)
{
	struct bench *bench = *state;
	char path[200];
	const struct server_setup setup = {.event = bench->event, .path = path};
	struct server *second = NULL;

	memset(path, 'a', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(server_start(&setup, &second), -ENAMETOOLONG);
}

/* Lines. */

static void requests_may_come_in_pieces(void **state)
{
	struct bench *bench = *state;
	int client = connect_client(bench);

	for (const char *byte = "{\"command\":\"status\"}\n"; *byte; byte++)
		send_bytes(bench, client, byte, 1);
	expect_in_line(bench, client, "\"healthy\":true");
	expect_silence(bench, client);
}

static void requests_may_come_together(void **state)
{
	struct bench *bench = *state;
	int client = connect_client(bench);

	send_text(bench, client,
		  "{\"command\":\"status\"}\n{\"command\":\"drops\"}\n{\"command\":\"x\"}\n");
	expect_in_line(bench, client, "\"instances\"");
	expect_in_line(bench, client, "\"reason\":\"vrrp_ttl\",\"count\":4");
	expect_line(bench, client, "{\"error\":\"no such command: x\"}");
}

static void client_that_has_said_all_still_gets_its_answers(void **state)
{
	struct bench *bench = *state;
	int client = connect_client(bench);

	send_text(bench, client, "{\"command\":\"status\"}\n{\"command\":\"drops\"}");
	shutdown(client, SHUT_WR);
	expect_in_line(bench, client, "\"instances\"");
	expect_in_line(bench, client, "\"total\":4");
	assert_null(receive(bench, client));
}

static void bad_lines_are_answered_and_survived(void **state)
{
	static const char *const lines[] = {
		"",
		"nonsense",
		"[]",
		"{}",
		"{\"command\":5}",
		"{\"command\":\"\"}",
		"\"status\"",
		"{\"command\":\"status\"",
		"{\"command\":\"status\"}}",
		"{\"command\":\"a\xff\"}",
		"{\"command\":\"a\\u0000b\"}",
		"{\"command\":\"failover\"}",
		"{\"command\":\"failover\",\"instance\":[]}",
		"{\"command\":\"x\",\"command\":\"y\"}",
		"{\"command\":\"%n%s%n%s\"}",
	};
	struct bench *bench = *state;
	int client = connect_client(bench);

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		send_text(bench, client, lines[i]);
		send_text(bench, client, "\n");
		expect_in_line(bench, client, "{\"error\":\"");
	}
	send_bytes(bench, client, "\0\0\n", 3);
	expect_in_line(bench, client, "{\"error\":\"");
	send_text(bench, client, "{\"command\":\"status\"}\n");
	expect_in_line(bench, client, "\"node\":\"n1\"");
}

static void deep_nesting_is_survived(void **state)
{
	static char line[SESSION_LINE_MAX];
	struct bench *bench = *state;
	int client = connect_client(bench);

	memset(line, '[', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\n';
	send_bytes(bench, client, line, sizeof(line));
	expect_in_line(bench, client, "{\"error\":\"not a JSON object");
	send_text(bench, client, "{\"command\":\"status\"}\n");
	expect_in_line(bench, client, "\"node\":\"n1\"");
}

static void endless_line_ends_the_session(void **state)
{
	static char line[SESSION_LINE_MAX];
	struct bench *bench = *state;
	int client = connect_client(bench);

	memset(line, ' ', sizeof(line));
	send_bytes(bench, client, line, sizeof(line));
	expect_line(bench, client, "{\"error\":\"the request is longer than 65535 bytes\"}");
	assert_null(receive(bench, client));
}

static void clients_may_leave_at_any_time(void **state)
{
	struct bench *bench = *state;

	for (int i = 0; i < 100; i++) {
		int fd = connect_raw(bench->path);

		if (i % 3)
			assert_true(send(fd, "{\"command\":\"status\"}\n{", 22, 0) == 22);
		if (i % 2)
			settle(bench);
		close(fd);
	}
	settle(bench);
	send_text(bench, connect_client(bench), "{\"command\":\"status\"}\n");
	expect_in_line(bench, bench->clients[0], "\"node\":\"n1\"");
}

static void too_many_clients_are_turned_away(void **state)
{
	struct bench *bench = *state;
	int last;

	for (size_t i = 0; i < SESSIONS_MAX; i++)
		connect_client(bench);
	last = connect_client(bench);
	expect_line(bench, last, "{\"error\":\"too many clients are connected\"}");
	assert_null(receive(bench, last));
	close(bench->clients[0]);
	bench->clients[0] = -1;
	settle(bench);
	bench->client_count = SESSIONS_MAX;
	close(last);
	last = connect_client(bench);
	send_text(bench, last, "{\"command\":\"status\"}\n");
	expect_in_line(bench, last, "\"node\":\"n1\"");
}

static void status_that_cannot_be_gathered_is_an_error(void **state)
{
	struct bench *bench = *state;
	int client = connect_client(bench);

	fake.counters_error = -EIO;
	send_text(bench, client, "{\"command\":\"status\"}\n");
	expect_line(bench, client, "{\"error\":\"cannot gather the status: Input/output error\"}");
}

/* Events. */

static void publish_number(struct bench *bench, int number)
{
	server_publish(bench->server, json_pack("{s:i}", "number", number));
}

static void expect_number(struct bench *bench, int client, int number)
{
	char line[32];

	snprintf(line, sizeof(line), "{\"number\":%d}", number);
	expect_line(bench, client, line);
}

static void events_are_followed(void **state)
{
	struct bench *bench = *state;
	int follower = connect_client(bench), other = connect_client(bench);

	send_text(bench, follower, "{\"command\":\"events\"}\n");
	expect_silence(bench, follower);
	publish_number(bench, 1);
	server_publish(bench->server, NULL);
	publish_number(bench, 2);
	expect_number(bench, follower, 1);
	expect_number(bench, follower, 2);
	expect_silence(bench, other);
}

static void a_new_follower_gets_the_last_events_first(void **state)
{
	struct bench *bench = *state;
	int client = connect_client(bench);

	for (int i = 0; i < 300; i++)
		publish_number(bench, i);
	send_text(bench, client, "{\"command\":\"events\"}\n");
	shutdown(client, SHUT_WR);
	publish_number(bench, 300);
	for (int i = 300 - BROADCAST_HISTORY; i <= 300; i++)
		expect_number(bench, client, i);
	expect_silence(bench, client);
}

static void asking_for_events_twice_gives_each_once(void **state)
{
	struct bench *bench = *state;
	int client = connect_client(bench);

	send_text(bench, client, "{\"command\":\"events\"}\n{\"command\":\"events\"}\n");
	publish_number(bench, 1);
	expect_number(bench, client, 1);
	expect_silence(bench, client);
}

static void follower_that_does_not_read_is_dropped(void **state)
{
	struct bench *bench = *state;
	int slow = connect_client(bench), quick = connect_client(bench);
	char text[1001] = "";
	int lines = 0;

	memset(text, 'x', sizeof(text) - 1);
	send_text(bench, slow, "{\"command\":\"events\"}\n");
	send_text(bench, quick, "{\"command\":\"events\"}\n");
	for (int i = 0; i < 4 * SESSION_QUEUE_MAX / 1000; i++) {
		server_publish(bench->server, json_pack("{s:s}", "text", text));
		settle(bench);
		expect_in_line(bench, quick, "xxx");
	}
	while (receive(bench, slow))
		lines++;
	assert_in_range(lines, 1, 2 * SESSION_QUEUE_MAX / 1000);
	publish_number(bench, 1);
	expect_number(bench, quick, 1);
}

/* Failover. */

static void take_over(int peer)
{
	fake.engine.blue.active = fake.peers[peer].address;
	fake.engine.blue.active_priority = 100;
	fake.engine.blue.active_seen_at = clock_now();
}

static int ask_failover(struct bench *bench)
{
	int client = connect_client(bench);

	send_text(bench, client, "{\"command\":\"failover\",\"instance\":\"blue\"}\n");
	return client;
}

static void failover_waits_for_the_new_active(void **state)
{
	struct bench *bench = *state;
	int client = ask_failover(bench);
	double took = -1;
	const char *line;

	assert_int_equal(fake.engine.yields, 1);
	expect_silence(bench, client);
	take_over(1);
	line = receive(bench, client);
	assert_non_null(line);
	assert_int_equal(sscanf(line,
				"{\"instance\":\"blue\",\"from\":\"10.77.0.11\","
				"\"to\":\"10.77.0.12\",\"to_node\":\"n2\",\"took_ms\":%lf}",
				&took),
			 1);
	assert_true(took > 0 && took < (double)PATIENCE / (double)NS_PER_MS);
}

static void failover_says_when_nobody_takes_over(void **state)
{
	struct bench *bench = *state;
	int client = ask_failover(bench);

	fake.engine.blue.state = VRRP_ACTIVE;
	expect_line(bench, client,
		    "{\"error\":\"no backup took over; this node owns blue again\"}");
}

static void failover_does_not_wait_for_ever(void **state)
{
	struct bench *bench = *state;
	int client = ask_failover(bench);

	expect_line(bench, client,
		    "{\"error\":\"no node was heard to take blue over within 2 s; it is BACKUP on "
		    "this node\"}");
}

static void failover_of_what_is_elsewhere_says_where(void **state)
{
	struct bench *bench = *state;

	fake.engine.blue.state = VRRP_BACKUP;
	take_over(1);
	expect_line(bench, ask_failover(bench),
		    "{\"error\":\"blue is BACKUP on this node; it is with n2 (10.77.0.12): hand it "
		    "over there\"}");
}

static void failover_of_an_unknown_instance_lists_the_known(void **state)
{
	struct bench *bench = *state;
	int client = connect_client(bench);

	send_text(bench, client, "{\"command\":\"failover\",\"instance\":\"red\"}\n");
	expect_line(bench, client, "{\"error\":\"no instance red on this node; there are: blue\"}");
	assert_int_equal(fake.engine.yields, 0);
}

static void answers_keep_their_order_behind_a_failover(void **state)
{
	struct bench *bench = *state;
	int client = ask_failover(bench), other = connect_client(bench);

	send_text(bench, client, "{\"command\":\"drops\"}\n");
	shutdown(client, SHUT_WR);
	expect_silence(bench, client);
	send_text(bench, other, "{\"command\":\"drops\"}\n");
	expect_in_line(bench, other, "\"total\":4");
	take_over(1);
	expect_in_line(bench, client, "\"took_ms\"");
	expect_in_line(bench, client, "\"total\":4");
	assert_null(receive(bench, client));
}

static void client_may_leave_during_a_failover(void **state)
{
	struct bench *bench = *state;

	close(ask_failover(bench));
	bench->client_count = 0;
	settle(bench);
	take_over(1);
	send_text(bench, connect_client(bench), "{\"command\":\"status\"}\n");
	expect_in_line(bench, bench->clients[0], "\"master\":\"10.77.0.12\"");
}

static void server_may_stop_during_a_failover(void **state)
{
	struct bench *bench = *state;
	int client = ask_failover(bench);

	server_stop(bench->server);
	bench->server = NULL;
	assert_null(receive(bench, client));
}

/* Reload. */

static void reload_reports_what_is_wrong(void **state)
{
	struct bench *bench = *state;
	int client = connect_client(bench);

	send_text(bench, client, "{\"command\":\"reload\"}\n");
	expect_line(bench, client, "{\"reloaded\":true,\"report\":\"\"}");
	bench->reload_error = -EINVAL;
	send_text(bench, client, "{\"command\":\"reload\"}\n");
	expect_line(bench, client,
		    "{\"error\":\"the configuration is not valid; the old one runs on\","
		    "\"report\":\"vipd.yaml:3: vlan: not a number\\n\"}");
	bench->reload_error = -ENOMEM;
	send_text(bench, client, "{\"command\":\"reload\"}\n");
	expect_in_line(bench, client, "runs on: Cannot allocate memory");
}

#define test(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(socket_is_for_its_group_and_goes_with_the_server),
		test(stale_socket_is_replaced),
		test(socket_in_use_is_left_alone),
		test(file_in_the_way_is_left_alone),
		test(path_that_is_too_long_is_refused),
		test(requests_may_come_in_pieces),
		test(requests_may_come_together),
		test(client_that_has_said_all_still_gets_its_answers),
		test(bad_lines_are_answered_and_survived),
		test(deep_nesting_is_survived),
		test(endless_line_ends_the_session),
		test(clients_may_leave_at_any_time),
		test(too_many_clients_are_turned_away),
		test(status_that_cannot_be_gathered_is_an_error),
		test(events_are_followed),
		test(a_new_follower_gets_the_last_events_first),
		test(asking_for_events_twice_gives_each_once),
		test(follower_that_does_not_read_is_dropped),
		test(failover_waits_for_the_new_active),
		test(failover_says_when_nobody_takes_over),
		test(failover_does_not_wait_for_ever),
		test(failover_of_what_is_elsewhere_says_where),
		test(failover_of_an_unknown_instance_lists_the_known),
		test(answers_keep_their_order_behind_a_failover),
		test(client_may_leave_during_a_failover),
		test(server_may_stop_during_a_failover),
		test(reload_reports_what_is_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
