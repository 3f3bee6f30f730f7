// SPDX-License-Identifier: GPL-2.0-only
/*
 * The control socket (ctl/api): whatever a client sends, each answer is a line of JSON, and the
 * session ends when the client does.
 * fuzz: -max_len=2048 -dict=tests/fuzz/control.dict
 */
#include "tests/fuzz/fuzz.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "ctl/api/server.h"
#include "ctl/api/session.h"
#include "tests/unit/fake_node.h"

static sd_event *event;
static struct events *events;
static struct server *server;
static struct sockaddr_un address = {.sun_family = AF_UNIX};

static int refuse_reload(const struct report *report, void *context)
{
	(void)context;
	report_line(report, LOG_ERR, "vipd.yaml:3: vlan: not a number");
	return -EINVAL;
}

static void check_answers(int client)
{
	static char answers[2 * SESSION_QUEUE_MAX];
	ssize_t length = recv(client, answers, sizeof(answers) - 1, MSG_DONTWAIT);
	char *rest = answers;

	if (length <= 0)
		return;
	answers[length] = '\0';
	for (char *newline = strchr(rest, '\n'); newline; newline = strchr(rest, '\n')) {
		json_t *answer;

		*newline = '\0';
		answer = json_loads(rest, 0, NULL);
		REQUIRE(json_is_object(answer));
		json_decref(answer);
		rest = newline + 1;
	}
}

static void run_events(void)
{
	while (sd_event_run(event, 0) > 0)
		;
}

static void stop_server(void)
{
	server_stop(server);
	events_free(events);
	sd_event_unref(event);
}

static void start_server_once(void)
{
	const char *directory = getenv("TMPDIR");
	struct server_setup setup = {
		.path = address.sun_path,
		.node = &fake.node,
		.reload = refuse_reload,
	};

	if (server)
		return;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/vipd-fuzz-%d.sock",
		 directory ? directory : "/tmp", getpid());
	REQUIRE(sd_event_new(&event) >= 0);
	REQUIRE(events_new(event, &events) == 0);
	setup.event = event;
	setup.events = events;
	REQUIRE(server_start(&setup, &server) == 0);
	atexit(stop_server);
}

static int connect_client(void)
{
	int client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	REQUIRE(client >= 0);
	REQUIRE(connect(client, (struct sockaddr *)&address, sizeof(address)) == 0);
	return client;
}

/* The lowest descriptor that nobody has. */
static int next_descriptor(void)
{
	int fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);

	REQUIRE(fd >= 0);
	close(fd);
	return fd;
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t length)
{
	int client, before;

	start_server_once();
	fake_node_reset();
	before = next_descriptor();
	client = connect_client();
	REQUIRE(send(client, input, length, MSG_NOSIGNAL) == (ssize_t)length || length == 0);
	shutdown(client, SHUT_WR);
	run_events();
	check_answers(client);
	close(client);
	run_events();
	REQUIRE(next_descriptor() == before); /* the session ended with its client */
	return 0;
}
