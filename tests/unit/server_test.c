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

/* Clients that ask for much, or for nothing. */

#define REQUEST "{\"command\":\"count\"}\n"

/* 64 KB of requests in one write. Return: how many. */
static int send_flood(int client, const char *request)
{
	static char flood[SESSION_LINE_MAX];
	size_t length = 0;

	while (length + strlen(request) <= sizeof(flood)) {
		memcpy(flood + length, request, strlen(request));
		length += strlen(request);
	}
	assert_int_equal(send(client, flood, length, MSG_NOSIGNAL), length);
	return (int)(length / strlen(request));
}

static void a_flood_of_requests_delays_nobody_else(void **state)
{
	struct bench *bench = *state;
	int flooder = connect_client(bench), other, requests;

	requests = send_flood(flooder, REQUEST);
	run_loop(bench); /* they are being answered when another client comes */
	other = connect_raw(bench->path);
	bench->clients[bench->client_count++] = other;
	assert_true(send(other, "{\"command\":\"drops\"}\n", 20, 0) == 20);
	expect_in_line(bench, other, "\"total\":4");
	assert_in_range(counted, 1, 4);
	for (int i = 0; i < requests; i++)
		expect_in_line(bench, flooder, "\"count\":");
	assert_int_equal(counted, requests);
}

static void a_flood_by_somebody_who_left_is_forgotten(void **state)
{
	struct bench *bench = *state;
	int flooder = connect_client(bench);

	send_flood(flooder, REQUEST);
	close(flooder);
	bench->client_count = 0;
	settle(bench);
	assert_in_range(counted, 0, 1);
}

/* The answers are larger than the requests by far; who does not read them gets no more of them. */
static void a_client_that_does_not_read_is_not_read_either(void **state)
{
	struct bench *bench = *state;
	int client = connect_client(bench), other = connect_client(bench), requests;

	requests = send_flood(client, "{\"command\":\"count\",\"length\":4000}\n");
	settle(bench);
	assert_in_range(counted, 1, requests / 2);
	send_text(bench, other, "{\"command\":\"drops\"}\n");
	expect_in_line(bench, other, "\"total\":4");
	for (int i = 0; i < requests; i++)
		expect_in_line(bench, client, "\"text\":\"xxx");
	assert_int_equal(counted, requests);
}

static void a_line_that_is_too_long_is_answered_to_whoever_goes_on_sending(void **state)
{
	static char line[4 * SESSION_LINE_MAX];
	struct bench *bench = *state;
	int client = connect_client(bench);
	char byte;

	memset(line, 'x', sizeof(line));
	send_bytes(bench, client, line, sizeof(line));
	settle(bench);
	expect_line(bench, client, "{\"error\":\"the request is longer than 65535 bytes\"}");
	assert_int_equal(recv(client, &byte, 1, 0), 0); /* the end, and no ECONNRESET */
	assert_true(send(client, line, 1000, MSG_NOSIGNAL) == 1000);
	settle(bench);
	assert_int_equal(recv(client, &byte, 1, 0), 0);
}

static void a_line_without_end_is_not_thrown_away_for_ever(void **state)
{
	static char line[SESSION_LINE_MAX];
	struct bench *bench = *state;
	int client = connect_client(bench), sent = 0;

	memset(line, 'x', sizeof(line));
	while (sent < 1000 &&
	       (send(client, line, sizeof(line), MSG_NOSIGNAL) > 0 || errno == EAGAIN)) {
		settle(bench);
		sent++;
	}
	assert_in_range(sent, 2, 100);
}

static void restart_with_patience(struct bench *bench, uint64_t patience)
{
	server_stop(bench->server);
	bench->patience = patience;
	assert_int_equal(start(bench, &bench->server), 0);
}

static void idle_clients_are_dropped(void **state)
{
	struct bench *bench = *state;
	int follower, idle, partial;

	restart_with_patience(bench, 50 * NS_PER_MS);
	follower = connect_client(bench);
	idle = connect_client(bench);
	partial = connect_client(bench);
	send_text(bench, follower, "{\"command\":\"events\"}\n");
	send_text(bench, partial, "{\"command\":");
	expect_line(bench, idle, "{\"error\":\"the connection was idle for too long\"}");
	assert_null(receive(bench, idle));
	expect_line(bench, partial, "{\"error\":\"the connection was idle for too long\"}");
	expect_silence(bench, follower);
}

static void the_client_that_is_idle_for_longest_gives_way(void **state)
{
	struct bench *bench = *state;
	int last;

	for (size_t i = 0; i < SESSIONS_MAX; i++)
		connect_client(bench);
	send_text(bench, bench->clients[0], "{\"command\":\"drops\"}\n");
	expect_in_line(bench, bench->clients[0], "\"total\":4");
	last = connect_client(bench);
	send_text(bench, last, "{\"command\":\"drops\"}\n");
	expect_in_line(bench, last, "\"total\":4");
	expect_line(bench, bench->clients[1],
		    "{\"error\":\"too many clients are connected, and this one gave way\"}");
	assert_null(receive(bench, bench->clients[1]));
	expect_silence(bench, bench->clients[0]);
	expect_silence(bench, bench->clients[2]);
}

static void many_connections_at_once_are_all_accepted(void **state)
{
	struct bench *bench = *state;

	for (size_t i = 0; i < SESSIONS_MAX; i++) {
		bench->clients[bench->client_count++] = connect_raw(bench->path);
		assert_true(send(bench->clients[i], "{\"command\":\"drops\"}\n", 20, 0) == 20);
	}
	for (size_t i = 0; i < SESSIONS_MAX; i++)
		expect_in_line(bench, bench->clients[i], "\"total\":4");
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
		test(a_flood_of_requests_delays_nobody_else),
		test(a_flood_by_somebody_who_left_is_forgotten),
		test(a_client_that_does_not_read_is_not_read_either),
		test(a_line_that_is_too_long_is_answered_to_whoever_goes_on_sending),
		test(a_line_without_end_is_not_thrown_away_for_ever),
		test(idle_clients_are_dropped),
		test(the_client_that_is_idle_for_longest_gives_way),
		test(many_connections_at_once_are_all_accepted),
		test(events_are_followed),
		test(a_new_follower_gets_the_last_events_first),
		test(asking_for_events_twice_gives_each_once),
		test(follower_that_does_not_read_is_dropped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
