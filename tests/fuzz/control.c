// SPDX-License-Identifier: GPL-2.0-only
/*
 * The control socket (ctl/api): whatever a client sends, each answer is a line of JSON, and the
 * session ends when the client does.
 * fuzz: -max_len=2048 -dict=tests/fuzz/control.dict
 */
#include "tests/fuzz/fuzz.h"

#include <sys/socket.h>

#include "ctl/api/commands.h"
#include "tests/unit/fake_node.h"

static struct broadcast broadcast;
static sd_event *event;
static struct server_setup setup;

static int refuse_reload(FILE *report, void *context)
{
	(void)context;
	fputs("vipd.yaml:3: vlan: not a number\n", report);
	return -EINVAL;
}

static void run_line(struct session *session, const char *line, size_t length, void *context)
{
	const struct command_call call = {
		.setup = &setup,
		.broadcast = &broadcast,
		.session = session,
	};

	(void)context;
	command_run(&call, line, length);
}

static void end_session(struct session *session, void *context)
{
	bool *ended = context;

	broadcast_leave(&broadcast, session);
	session_free(session);
	*ended = true;
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

static void set_up_once(void)
{
	if (event)
		return;
	REQUIRE(sd_event_new(&event) >= 0);
	setup = (struct server_setup){.event = event, .node = &fake.node, .reload = refuse_reload};
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t length)
{
	bool ended = false;
	const struct session_owner owner = {run_line, end_session, &ended};
	struct session *session;
	int pair[2];

	set_up_once();
	fake_node_reset();
	REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) == 0);
	REQUIRE(session_new(event, pair[0], &owner, &session) == 0);
	REQUIRE(send(pair[1], input, length, MSG_NOSIGNAL) == (ssize_t)length || length == 0);
	shutdown(pair[1], SHUT_WR);
	run_events();
	check_answers(pair[1]);
	close(pair[1]);
	run_events();
	REQUIRE(ended);
	return 0;
}
