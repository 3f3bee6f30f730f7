// SPDX-License-Identifier: GPL-2.0-only
/* The control socket itself: its file, its lines, its clients good and bad, its events. */
#include <fcntl.h>
#include <sys/stat.h>

#include "tests/unit/control_bench.h"

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

/* Events. */

static void post_number(struct bench *bench, int number)
{
	struct event event = event_new(EVENT_TRACKER, LOG_NOTICE);

	event.tracker.number = number;
	events_post(bench->events, &event);
}

static void expect_number(struct bench *bench, int client, int number)
{
	char part[32];

	snprintf(part, sizeof(part), "\"number\":%d,", number);
	expect_in_line(bench, client, part);
}

static void events_are_followed(void **state)
{
	struct bench *bench = *state;
	int follower = connect_client(bench), other = connect_client(bench);

	send_text(bench, follower, "{\"command\":\"events\"}\n");
	expect_silence(bench, follower);
	post_number(bench, 1);
	post_number(bench, 2);
	expect_number(bench, follower, 1);
	expect_number(bench, follower, 2);
	expect_silence(bench, other);
}

static void a_new_follower_gets_the_last_events_first(void **state)
{
	struct bench *bench = *state;
	int client = connect_client(bench);

	for (int i = 0; i < 300; i++)
		post_number(bench, i);
	settle(bench);
	send_text(bench, client, "{\"command\":\"events\"}\n");
	shutdown(client, SHUT_WR);
	post_number(bench, 300);
	for (int i = 300 - BROADCAST_HISTORY; i <= 300; i++)
		expect_number(bench, client, i);
	expect_silence(bench, client);
}

static void asking_for_events_twice_gives_each_once(void **state)
{
	struct bench *bench = *state;
	int client = connect_client(bench);

	send_text(bench, client, "{\"command\":\"events\"}\n{\"command\":\"events\"}\n");
	post_number(bench, 1);
	expect_number(bench, client, 1);
	expect_silence(bench, client);
}

static void follower_that_does_not_read_is_dropped(void **state)
{
	struct bench *bench = *state;
	int slow = connect_client(bench), quick = connect_client(bench);
	struct event event = event_new(EVENT_TRACKER, LOG_NOTICE);
	int lines = 0;

	memset(event.reason, 'x', sizeof(event.reason) - 1);
	send_text(bench, slow, "{\"command\":\"events\"}\n");
	send_text(bench, quick, "{\"command\":\"events\"}\n");
	for (int i = 0; i < 4 * SESSION_QUEUE_MAX / 500; i++) {
		events_post(bench->events, &event);
		settle(bench);
		expect_in_line(bench, quick, "xxx");
	}
	while (receive(bench, slow))
		lines++;
	assert_in_range(lines, 1, 2 * SESSION_QUEUE_MAX / 500);
	post_number(bench, 1);
	expect_number(bench, quick, 1);
}

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
		test(events_are_followed),
		test(a_new_follower_gets_the_last_events_first),
		test(asking_for_events_twice_gives_each_once),
		test(follower_that_does_not_read_is_dropped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
