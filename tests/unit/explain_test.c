// SPDX-License-Identifier: GPL-2.0-only
/* "explain", as the control socket answers it. What the tables say is made up here. */
#include "ctl/api/explain.h"
#include "tests/unit/expect_json.h"
#include "tests/unit/fake_node.h"

static struct config_backend backends[] = {{.peer = 0}, {.peer = 1}, {.peer = 2}};
static struct config_service service;

static struct backend_view up(size_t peer)
{
	return (struct backend_view){.peer = peer, .state = BACKEND_UP, .reachable = true};
}

/* A connection to web, whose slot ranks n2, n1, n3; all are up. */
static int set_up(void **state)
{
	(void)state;
	fake_node_reset();
	service = (struct config_service){
		.name = "web",
		.backends = backends,
		.backend_count = 3,
		.ports = {{443, IPPROTO_TCP}},
		.port_count = 1,
	};
	fake.config.services = &service;
	fake.config.service_count = 1;
	fake.steering.views[0] = (struct service_view){
		.backend_count = 3,
		.backends = {up(0), up(1), up(2)},
	};
	fake.steering.explanation = (struct explanation){
		.is_service = true,
		.pool = 3,
		.slot = 4711,
		.primary = 1,
		.rank = {1, 0, 2},
		.node = 1,
		.second_chance = {NOBODY, NOBODY, NOBODY},
	};
	return 0;
}

static json_t *explain(const char *protocol, const char *source, const char *destination)
{
	CLEANUP(cleanup_json)
	json_t *request = json_pack("{s:s, s:s, s:s}", "protocol", protocol, "source", source,
				    "destination", destination);

	assert_non_null(request);
	return explain_packet(&fake.node, request);
}

static json_t *explain_any(void)
{
	return explain("tcp", "198.51.100.7:40000", "10.77.0.101:443");
}

static void expect_member(const char *path, const char *expected)
{
	CLEANUP(cleanup_json) json_t *answer = explain_any();

	expect_json(json_incref(find(answer, path)), expected);
}

static void expect_error(json_t *answer, const char *part)
{
	CLEANUP(cleanup_json) json_t *owned = answer;
	const char *error = json_string_value(json_object_get(owned, "error"));

	if (!error || !strstr(error, part))
		fail_msg("no '%s' in: %s", part, error ? error : "no error");
}

static void expect_address(const struct ip_address *actual, const char *expected)
{
	char text[ADDRESS_TEXT_MAX];

	assert_string_equal(address_format(actual, text), expected);
}

/* The question. */

static void the_flow_is_as_on_the_wire(void **state)
{
	const struct flow *flow = &fake.steering.flow;

	(void)state;
	json_decref(explain_any());
	expect_address(&flow->client, "198.51.100.7");
	expect_address(&flow->vip, "10.77.0.101");
	assert_int_equal(flow->client_port, htons(40000));
	assert_int_equal(flow->vip_port, htons(443));
	assert_int_equal(flow->protocol, IPPROTO_TCP);

	json_decref(explain("udp", "[2001:db8::7]:1", "[fd77::101]:65535"));
	expect_address(&flow->client, "2001:db8::7");
	expect_address(&flow->vip, "fd77::101");
	assert_int_equal(flow->client_port, htons(1));
	assert_int_equal(flow->vip_port, htons(65535));
	assert_int_equal(flow->protocol, IPPROTO_UDP);
}

static void bad_questions_are_refused(void **state)
{
	static const char good[] = "198.51.100.7:40000";
	static const char *const ends[] = {"",           "198.51.100.7",      "198.51.100.7:",
					   ":443",       "198.51.100.7:0",    "198.51.100.7:65536",
					   "fd77::1:80", "[198.51.100.7]:80", "[fd77::1]80",
					   "n1:80",      "198.51.100.7:80 ",  "[::]:80"};
	CLEANUP(cleanup_json) json_t *request = json_pack("{s:s}", "protocol", "tcp");

	(void)state;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		expect_error(explain("tcp", ends[i], good), "the source must be an address and");
		expect_error(explain("tcp", good, ends[i]), "the destination must be an address");
	}
	expect_error(explain("icmp", good, good), "the protocol must be tcp or udp");
	expect_error(explain("tcp", good, "[fd77::101]:443"), "of one family");
	expect_error(explain_packet(&fake.node, request), "the source must be");
}

/* The answer. */

static void everything_is_told(void **state)
{
	(void)state;
	expect_json(explain_any(),
		    "{'protocol': 'tcp', 'source': '198.51.100.7:40000',"
		    " 'destination': '10.77.0.101:443', 'service': 'web', 'pool': 3, 'slot': 4711,"
		    " 'settling': false, 'armed': false, 'panic': false, 'ranks': ["
		    "  {'node': 'n2', 'local': false, 'state': 'up', 'reason': null},"
		    "  {'node': 'n1', 'local': true, 'state': 'up', 'reason': null},"
		    "  {'node': 'n3', 'local': false, 'state': 'up', 'reason': null}],"
		    " 'second_chances': [],"
		    " 'verdict': 'forward', 'listener': null, 'node': 'n2', 'reason': 'n2 is the "
		    "first in rank'}");
}

static void it_may_be_served_here(void **state)
{
	(void)state;
	fake.steering.explanation = (struct explanation){
		.is_service = true, .primary = 0, .rank = {0, 2, NOBODY}, .node = 0, .local = true};
	expect_member("verdict", "'local'");
	expect_member("node", "'n1'");
	expect_member("reason", "'n1 is the first in rank'");
	expect_member("ranks.1.node", "'n3'");
}

static void a_first_that_is_unreachable_keeps_it_here(void **state)
{
	(void)state;
	fake.steering.views[0].backends[1].reachable = false;
	fake.steering.explanation.node = NOBODY;
	expect_member("ranks.0.state", "'down'");
	expect_member("ranks.0.reason", "'no MAC known for 10.77.0.12'");
	expect_member("verdict", "'stack'");
	expect_member("reason", "'n2 is its node (no MAC known for 10.77.0.12), so it stays here'");
}

static void a_first_that_is_silent_is_passed_by(void **state)
{
	(void)state;
	fake.steering.explanation.node = 2;
	expect_member("verdict", "'forward'");
	expect_member("node", "'n3'");
	expect_member("reason",
		      "'n2 is its node, but is not heard; n3 is the next in rank that is'");
}

static void a_first_that_is_drained_is_passed_over(void **state)
{
	(void)state;
	fake.drains.list[0] = (struct drain){.node = "n1", .reason = "new kernel"};
	fake.steering.views[0].backends[0].state = BACKEND_DRAIN;
	fake.steering.explanation = (struct explanation){
		.is_service = true, .primary = 2, .rank = {0, 2, 1}, .node = 2, .settling = true};
	expect_member("ranks.0.state", "'drain'");
	expect_member("verdict", "'forward'");
	expect_member("node", "'n3'");
	expect_member("settling", "true");
	expect_member("reason", "'n3 is the first in rank that is up (n1: drained: new kernel)'");
}

static void in_a_panic_the_first_may_be_down(void **state)
{
	(void)state;
	fake.steering.views[0].panic = true;
	fake.steering.views[0].backends[1].state = BACKEND_DOWN;
	expect_member("panic", "true");
	expect_member("ranks.0.state", "'down'");
	expect_member("verdict", "'forward'");
	expect_member("reason", "'n2 takes it all the same (no check result yet)'");
}

static void a_former_backend_may_be_in_a_rank(void **state)
{
	(void)state;
	fake.steering.views[0].backend_count = 2;
	expect_member("ranks.2.node", "'n3'");
	expect_member("ranks.2.state", "'down'");
	expect_member("ranks.2.reason", "'no backend any longer'");
}

static void who_is_asked_next_is_told(void **state)
{
	(void)state;
	fake.steering.explanation.second_chance[0] = 0;
	fake.steering.explanation.second_chance[1] = 2;
	expect_member("second_chances", "['n1', 'n3']");
}

static void expect_no_way_out(const char *source, const char *destination)
{
	CLEANUP(cleanup_json) json_t *answer = explain("tcp", source, destination);

	expect_json(json_incref(find(answer, "verdict")), "'local'");
	expect_json(json_incref(find(answer, "node")), "'n1'");
	expect_json(json_incref(find(answer, "second_chances")), "[]");
}

/* The table says n2, but the VIP is on this node as well. */
static void what_begins_here_stays_here(void **state)
{
	CLEANUP(cleanup_json) json_t *answer = NULL;

	(void)state;
	fake.steering.explanation.second_chance[0] = 0;
	expect_no_way_out("10.77.0.11:40000", "10.77.0.101:443");
	expect_no_way_out("10.77.0.101:40000", "10.77.0.101:443");
	expect_no_way_out("127.0.0.5:40000", "10.77.0.101:443");
	answer = explain("tcp", "10.77.0.11:40000", "10.77.0.101:443");
	expect_json(
		json_incref(find(answer, "reason")),
		"'10.77.0.11 is an address of this node, and so is the virtual IP: a packet that"
		" begins here does not leave it'");
	json_decref(answer);
	answer = explain("tcp", "10.77.0.12:40000", "10.77.0.101:443");
	expect_json(json_incref(find(answer, "verdict")), "'forward'");
}

static void without_a_backend_it_is_the_stack_s(void **state)
{
	(void)state;
	fake.steering.explanation = (struct explanation){.is_service = true,
							 .primary = NOBODY,
							 .rank = {NOBODY, NOBODY, NOBODY},
							 .node = NOBODY};
	expect_member("ranks", "[]");
	expect_member("verdict", "'stack'");
	expect_member("node", "null");
	expect_member("reason", "'no backend was up since vipd started'");
}

static void what_is_no_service_is_the_stack_s(void **state)
{
	(void)state;
	fake.steering.explanation = (struct explanation){.is_service = false};
	expect_json(explain("udp", "198.51.100.7:40000", "10.77.0.101:22"),
		    "{'protocol': 'udp', 'source': '198.51.100.7:40000',"
		    " 'destination': '10.77.0.101:22', 'service': null, 'verdict': 'stack',"
		    " 'node': null, 'reason': 'no service has 22/udp of the virtual IP"
		    " 10.77.0.101'}");
	expect_json(explain("tcp", "[2001:db8::7]:1", "[fd77::11]:443"),
		    "{'protocol': 'tcp', 'source': '[2001:db8::7]:1',"
		    " 'destination': '[fd77::11]:443', 'service': null, 'verdict': 'stack',"
		    " 'node': null, 'reason': 'fd77::11 is no virtual IP'}");
}

static void what_cannot_be_gathered_is_an_error(void **state)
{
	(void)state;
	fake.steering.error = -EIO;
	expect_error(explain_any(), "cannot gather the status: Input/output error");
}

#define test(function) cmocka_unit_test_setup(function, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(the_flow_is_as_on_the_wire),
		test(bad_questions_are_refused),
		test(everything_is_told),
		test(it_may_be_served_here),
		test(a_first_that_is_unreachable_keeps_it_here),
		test(a_first_that_is_silent_is_passed_by),
		test(a_first_that_is_drained_is_passed_over),
		test(in_a_panic_the_first_may_be_down),
		test(a_former_backend_may_be_in_a_rank),
		test(who_is_asked_next_is_told),
		test(what_begins_here_stays_here),
		test(without_a_backend_it_is_the_stack_s),
		test(what_is_no_service_is_the_stack_s),
		test(what_cannot_be_gathered_is_an_error),
	};

	return cmocka_run_group_tests_name("explain", tests, NULL, NULL);
}
