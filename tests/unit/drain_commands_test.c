// SPDX-License-Identifier: GPL-2.0-only
/* "drain", "undrain" and "connections", as the control socket answers them. */
#include "ctl/api/drain.h"
#include "tests/unit/expect_json.h"
#include "tests/unit/fake_node.h"

static struct config_backend backends[] = {{.peer = 0}, {.peer = 1}, {.peer = 2}};
static struct config_service services[2];

static struct backend_view up(size_t peer)
{
	return (struct backend_view){.peer = peer, .state = BACKEND_UP, .reachable = true};
}

/* All nodes serve web; n1 and n2 serve mail. */
static int set_up(void **state)
{
	(void)state;
	fake_node_reset();
	services[0] = (struct config_service){.name = "web",
					      .backends = backends,
					      .backend_count = 3,
					      .ports = {{80, IPPROTO_TCP}, {443, IPPROTO_TCP}},
					      .port_count = 2};
	services[1] = (struct config_service){.name = "mail",
					      .backends = backends,
					      .backend_count = 2,
					      .ports = {{25, IPPROTO_TCP}},
					      .port_count = 1};
	fake.config.services = services;
	fake.config.service_count = 2;
	fake.steering.views[0] = (struct service_view){
		.backend_count = 3,
		.backends = {up(0), up(1), up(2)},
	};
	fake.steering.views[1] = (struct service_view){
		.backend_count = 2,
		.backends = {up(0), up(1)},
	};
	return 0;
}

/* @text: JSON in which ' stands for ". */
static json_t *parse(const char *text)
{
	CLEANUP(cleanup_free) char *copy = strdup(text);
	json_t *value;

	for (char *quote = strchr(copy, '\''); quote; quote = strchr(quote, '\''))
		*quote = '"';
	value = json_loads(copy, 0, NULL);
	assert_non_null(value);
	return value;
}

static json_t *drain(const char *text)
{
	CLEANUP(cleanup_json) json_t *request = parse(text);

	return drain_order(&fake.node, request);
}

static json_t *undrain(const char *text)
{
	CLEANUP(cleanup_json) json_t *request = parse(text);

	return undrain_order(&fake.node, request);
}

static void expect_error(json_t *answer, const char *part)
{
	CLEANUP(cleanup_json) json_t *owned = answer;
	const char *error = json_string_value(json_object_get(owned, "error"));

	if (!error || !strstr(error, part))
		fail_msg("no '%s' in: %s", part, error ? error : "no error");
}

static void expect_drained(size_t peer, bool drained)
{
	assert_int_equal(fake.drains.list[peer].node[0] != '\0', drained);
}

/* Drain. */

static void without_a_name_it_is_this_node(void **state)
{
	CLEANUP(cleanup_json) json_t *answer = NULL;

	(void)state;
	fake.connections = 42;
	answer = drain("{'reason': 'new kernel'}");
	expect_drained(0, true);
	assert_string_equal(fake.drains.list[0].reason, "new kernel");
	assert_int_equal(fake.drains.list[0].until, 0);
	expect_json(json_incref(find(answer, "node")), "'n1'");
	expect_json(json_incref(find(answer, "local")), "true");
	expect_json(json_incref(find(answer, "connections")), "42");
	expect_json(json_incref(find(answer, "until")), "null");
	expect_json(json_incref(find(answer, "reason")), "'new kernel'");
	assert_int_equal(json_string_length(find(answer, "since")), strlen("2026-01-01T00:00:00Z"));
}

static void another_node_s_connections_are_not_known(void **state)
{
	CLEANUP(cleanup_json) json_t *answer = NULL;

	(void)state;
	fake.connections = 42;
	answer = drain("{'node': 'n3'}");
	expect_drained(2, true);
	expect_drained(0, false);
	expect_json(json_incref(find(answer, "node")), "'n3'");
	expect_json(json_incref(find(answer, "local")), "false");
	expect_json(json_incref(find(answer, "connections")), "null");
	expect_json(json_incref(find(answer, "reason")), "null");
	expect_error(drain("{'node': 'n2', 'wait': true}"), "drain n2 there");
	expect_drained(1, false);
}

static void a_drain_may_have_an_end(void **state)
{
	uint64_t before = clock_wall();

	(void)state;
	json_decref(drain("{'for_ms': 60000, 'node': null, 'reason': null, 'wait': true}"));
	assert_true(fake.drains.list[0].until >= before + 60 * NS_PER_S);
	assert_true(fake.drains.list[0].until <= clock_wall() + 60 * NS_PER_S);
}

static void another_order_changes_what_it_says(void **state)
{
	uint64_t until;

	(void)state;
	json_decref(drain("{'for_ms': 60000, 'reason': 'new kernel'}"));
	until = fake.drains.list[0].until;
	json_decref(drain("{}"));
	assert_int_equal(fake.drains.list[0].until, until);
	assert_string_equal(fake.drains.list[0].reason, "new kernel");
	json_decref(drain("{'for_ms': 120000}"));
	assert_true(fake.drains.list[0].until >= until + 60 * NS_PER_S);
	assert_string_equal(fake.drains.list[0].reason, "new kernel");
	until = fake.drains.list[0].until;
	json_decref(drain("{'reason': 'new disk'}"));
	assert_int_equal(fake.drains.list[0].until, until);
	assert_string_equal(fake.drains.list[0].reason, "new disk");
}

static void an_order_owes_nothing_to_a_hold(void **state)
{
	(void)state;
	fake.drains.list[0] =
		(struct drain){.node = "n1", .reason = "dummy0 is down", .held = true};
	json_decref(drain("{}"));
	assert_string_equal(fake.drains.list[0].reason, "");
}

static void what_cannot_be_counted_drains_all_the_same(void **state)
{
	CLEANUP(cleanup_json) json_t *answer = NULL;

	(void)state;
	fake.connections_error = -EPERM;
	answer = drain("{}");
	expect_drained(0, true);
	expect_json(json_incref(find(answer, "connections")), "null");
	expect_error(connections_left(&fake.node),
		     "cannot count the connections: Operation not permitted");
}

static void bad_orders_are_refused(void **state)
{
	static const struct {
		const char *request, *error;
	} rows[] = {
		{"{'node': 'n9'}", "no node n9 in the configuration; there are: n1, n2, n3"},
		{"{'node': 5}", "\"node\" must be the name of one"},
		{"{'for_ms': 0}", "\"for_ms\" must be a number from 1 to"},
		{"{'for_ms': -1}", "\"for_ms\" must be"},
		{"{'for_ms': '1h'}", "\"for_ms\" must be"},
		{"{'for_ms': 31622400001}", "\"for_ms\" must be"},
		{"{'reason': 5}", "the reason must be a text"},
		{"{'reason': 'two\\nlines'}", "on one line"},
		{"{'reason': '\\u001b[2J'}", "on one line"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		expect_error(drain(rows[i].request), rows[i].error);
	for (size_t peer = 0; peer < 3; peer++)
		expect_drained(peer, false);
}

static void a_reason_may_be_as_long_as_there_is_room(void **state)
{
	CLEANUP(cleanup_json) json_t *request = json_object();
	char reason[DRAIN_REASON_MAX + 1] = "";

	(void)state;
	memset(reason, 'r', DRAIN_REASON_MAX);
	json_object_set_new(request, "reason", json_string(reason));
	expect_error(drain_order(&fake.node, request), "less than 256 bytes");
	reason[DRAIN_REASON_MAX - 1] = '\0';
	json_object_set_new(request, "reason", json_string(reason));
	json_decref(drain_order(&fake.node, request));
	assert_string_equal(fake.drains.list[0].reason, reason);
}

/* The last one. */

static void the_last_backend_of_a_service_is_kept(void **state)
{
	(void)state;
	fake.steering.views[1].backends[1].state = BACKEND_DOWN;
	expect_error(drain("{}"), "n1 is the last backend of mail that is up and not drained");
	expect_drained(0, false);
	fake.steering.views[1].backends[1].state = BACKEND_DRAIN;
	expect_error(drain("{}"), "of mail");
	fake.steering.views[1].backends[1] = up(1);
	fake.steering.views[1].backends[1].reachable = false;
	expect_error(drain("{}"), "of mail");
	json_decref(drain("{'node': 'n3'}"));
	expect_drained(2, true);
	json_decref(drain("{'force': true}"));
	expect_drained(0, true);
}

static void what_is_out_of_service_already_may_be_drained(void **state)
{
	(void)state;
	for (size_t peer = 0; peer < 2; peer++)
		fake.steering.views[1].backends[peer].state = BACKEND_DOWN;
	json_decref(drain("{}"));
	expect_drained(0, true);
	/* A second order, for a longer time. */
	fake.steering.views[0].backends[0].state = BACKEND_DRAIN;
	fake.steering.views[0].backends[1].state = BACKEND_DOWN;
	fake.steering.views[0].backends[2].state = BACKEND_DOWN;
	json_decref(drain("{'for_ms': 3600000}"));
	assert_true(fake.drains.list[0].until > 0);
}

static void without_a_view_nothing_is_risked(void **state)
{
	(void)state;
	fake.steering.error = -EIO;
	expect_error(drain("{}"), "cannot tell who else serves web: Input/output error");
	expect_drained(0, false);
}

/* Undrain. */

static void undrain_ends_it(void **state)
{
	(void)state;
	json_decref(drain("{'node': 'n2'}"));
	expect_json(undrain("{'node': 'n2'}"), "{'node': 'n2', 'was_drained': true}");
	expect_drained(1, false);
	expect_json(undrain("{'node': 'n2'}"), "{'node': 'n2', 'was_drained': false}");
	expect_json(undrain("{}"), "{'node': 'n1', 'was_drained': false}");
	expect_error(undrain("{'node': 'n9'}"), "no node n9");
}

static void undrain_does_not_end_a_hold(void **state)
{
	struct drain *hold = &fake.drains.list[0];

	(void)state;
	*hold = (struct drain){.node = "n1", .reason = "dummy0 is down", .held = true};
	expect_error(undrain("{}"), "n1 stays drained as long as this lasts: dummy0 is down");
	expect_drained(0, true);
}

/* Connections. */

static void connections_are_counted_for_as_long_as_it_is_drained(void **state)
{
	(void)state;
	fake.connections = 7;
	expect_json(connections_left(&fake.node), "{'connections': 7, 'drained': false}");
	json_decref(drain("{}"));
	expect_json(connections_left(&fake.node), "{'connections': 7, 'drained': true}");
	fake.config.service_count = 0;
	expect_json(connections_left(&fake.node), "{'connections': 0, 'drained': true}");
}

#define test(function) cmocka_unit_test_setup(function, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(without_a_name_it_is_this_node),
		test(another_node_s_connections_are_not_known),
		test(a_drain_may_have_an_end),
		test(another_order_changes_what_it_says),
		test(an_order_owes_nothing_to_a_hold),
		test(what_cannot_be_counted_drains_all_the_same),
		test(bad_orders_are_refused),
		test(a_reason_may_be_as_long_as_there_is_room),
		test(the_last_backend_of_a_service_is_kept),
		test(what_is_out_of_service_already_may_be_drained),
		test(without_a_view_nothing_is_risked),
		test(undrain_ends_it),
		test(undrain_does_not_end_a_hold),
		test(connections_are_counted_for_as_long_as_it_is_drained),
	};

	return cmocka_run_group_tests_name("drain commands", tests, NULL, NULL);
}
