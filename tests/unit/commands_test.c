// SPDX-License-Identifier: GPL-2.0-only
/* What the control socket is asked for: failover above all, which takes its time. */
#include "ctl/part/alarm.h"
#include "tests/unit/control_bench.h"

/* Status. */

static void status_that_cannot_be_gathered_is_an_error(void **state)
{
	struct bench *bench = *state;
	int client = connect_client(bench);

	fake.counters_error = -EIO;
	send_text(bench, client, "{\"command\":\"status\"}\n");
	expect_line(bench, client, "{\"error\":\"cannot gather the status: Input/output error\"}");
}

/* What a part shows. */
static void add_status(const struct node *node, json_t **status)
{
	json_object_set_new(*status, "part_of", json_string(node->config->node));
}

static void raise_alarm(const struct node *node, struct alarms *alarms)
{
	(void)node;
	alarm_raise(alarms, "part_unwell", "it has %d problems", 99);
}

static const struct part showing_part = {
	.name = "showing", .status = add_status, .alarms = raise_alarm};
static const struct part *const showing_parts[] = {&showing_part, NULL};

static void start_showing_part(void)
{
	fake.node.parts = showing_parts;
	fake.node.part_count = fake.node.started = 1;
}

static void parts_add_to_the_status(void **state)
{
	struct bench *bench = *state;
	int client = connect_client(bench);

	start_showing_part();
	send_text(bench, client, "{\"command\":\"status\"}\n{\"command\":\"status\"}\n");
	expect_in_line(bench, client, "\"part_of\":\"n1\"");
	expect_in_line(bench, client,
		       "\"healthy\":false,\"alarms\":[{\"name\":\"part_unwell\","
		       "\"text\":\"it has 99 problems\"}]");
}

/* A reload may leave a node without them. */
static void checks_that_do_not_run_are_survived(void **state)
{
	struct bench *bench = *state;
	int client = connect_client(bench);
	struct config_backend backend = {.peer = 0};
	struct config_service service = {.name = "web", .backends = &backend, .backend_count = 1};

	fake.config.services = &service;
	fake.config.service_count = 1;
	fake.steering.views[0] = (struct service_view){
		.backend_count = 1, .backends = {{.state = BACKEND_DOWN, .reachable = true}}};
	send_text(bench, client, "{\"command\":\"status\"}\n");
	expect_in_line(bench, client, "\"detail\":\"no result yet\"");
}

/* What they do is in drain_commands_test and in explain_test. */
static void steering_is_asked_and_ordered(void **state)
{
	struct bench *bench = *state;
	int client = connect_client(bench);

	send_text(bench, client, "{\"command\":\"drain\",\"node\":\"n2\"}\n");
	expect_in_line(bench, client, "\"node\":\"n2\"");
	send_text(bench, client, "{\"command\":\"undrain\",\"node\":\"n2\"}\n");
	expect_line(bench, client, "{\"node\":\"n2\",\"was_drained\":true}");
	send_text(bench, client, "{\"command\":\"connections\"}\n");
	expect_line(bench, client, "{\"connections\":0,\"drained\":false}");
	send_text(bench, client, "{\"command\":\"explain\",\"protocol\":\"sctp\"}\n");
	expect_line(bench, client, "{\"error\":\"explain: the protocol must be tcp or udp\"}");
}

/* Requests. */

/* A mistyped option must not give an order that nobody meant, such as to drain for ever. */
static void what_a_command_does_not_know_is_refused(void **state)
{
	static const struct {
		const char *request, *error;
	} rows[] = {
		{"{\"command\":\"drain\",\"for_sm\":1000}",
		 "drain: there is no member \\\"for_sm\\\"; there are: node, for_ms, reason, "
		 "force, wait"},
		{"{\"command\":\"status\",\"x\":null}",
		 "status: there is no member \\\"x\\\"; there are: none"},
		{"{\"command\":\"undrain\",\"force\":true}",
		 "undrain: there is no member \\\"force\\\"; there are: node"},
		{"{\"command\":\"drain\",\"wait\":\"yes\"}", "\\\"wait\\\" must be true or false"},
		{"{\"command\":\"drain\",\"for_ms\":1e99}", "\\\"for_ms\\\" must be a number"},
		{"{\"command\":\"drain\",\"node\":[]}", "\\\"node\\\" must be the name of one"},
		{"{\"command\":\"failover\"}", "\\\"instance\\\" must be the name of one"},
		{"{\"command\":\"failover\",\"instance\":null}", "must be the name of one"},
		{"{\"command\":\"count\",\"length\":true}",
		 "count: \\\"length\\\" must be how much"},
	};
	struct bench *bench = *state;
	int client = connect_client(bench);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		send_text(bench, client, rows[i].request);
		send_text(bench, client, "\n");
		expect_in_line(bench, client, rows[i].error);
	}
	assert_false(fake.drains.list[0].node[0]);
	assert_int_equal(fake.engine.yields, 0);
	assert_int_equal(counted, 0);
}

static void null_counts_as_missing(void **state)
{
	struct bench *bench = *state;
	int client = connect_client(bench);

	send_text(bench, client, "{\"command\":\"count\",\"length\":null,\"exact\":null}\n");
	expect_line(bench, client, "{\"count\":1,\"text\":\"\"}");
}

static void what_is_no_object_gets_one_answer(void **state)
{
	static const char *const lines[] = {"hello", "null", "[]", "\"status\"",
					    "5",     "",     "\t", "}"};
	struct bench *bench = *state;
	int client = connect_client(bench);

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		send_text(bench, client, lines[i]);
		send_text(bench, client, "\n");
		expect_line(bench, client,
			    "{\"error\":\"not a JSON object: a request is one, such as "
			    "{\\\"command\\\": \\\"status\\\"}\"}");
	}
	send_text(bench, client, "{\"command\":\"status\"\n");
	expect_in_line(bench, client, "not a JSON object: '}' expected");
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(status_that_cannot_be_gathered_is_an_error),
		test(parts_add_to_the_status),
		test(checks_that_do_not_run_are_survived),
		test(steering_is_asked_and_ordered),
		test(what_a_command_does_not_know_is_refused),
		test(null_counts_as_missing),
		test(what_is_no_object_gets_one_answer),
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
