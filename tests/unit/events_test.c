// SPDX-License-Identifier: GPL-2.0-only
/* What happens, as `vipctl events` shows it. */
#include <errno.h>

#include "ctl/api/events.h"
#include "ctl/base/address.h"
#include "ctl/base/clock.h"
#include "tests/unit/expect_json.h"

#define NEW_YEAR (1767225600ULL * NS_PER_S) /* 2026-01-01T00:00:00Z */

static struct ip_address address(const char *text)
{
	struct ip_address result;

	assert_int_equal(address_parse(text, &result), 0);
	return result;
}

/* As events_post() gets it, but for the time. */
static struct event at_new_year(enum event_kind kind)
{
	struct event event = event_new(kind, LOG_NOTICE);

	event.wall = NEW_YEAR;
	return event;
}

static struct event of_blue(enum event_kind kind)
{
	struct event event = at_new_year(kind);

	event_copy(event.instance, "blue");
	event.vrid = 51;
	return event;
}

static void transitions_are_told(void **state)
{
	struct event event = of_blue(EVENT_TRANSITION);

	(void)state;
	event.wall += 123 * NS_PER_MS;
	event.transition = (struct event_transition){"BACKUP", "MASTER"};
	event_copy(event.reason, "the Active is silent");
	expect_json(event_json(&event),
		    "{'time': '2026-01-01T00:00:00.123Z', 'type': 'transition',"
		    " 'instance': 'blue', 'vrid': 51, 'from': 'BACKUP', 'to': 'MASTER',"
		    " 'reason': 'the Active is silent',"
		    " 'text': 'blue: BACKUP to MASTER: the Active is silent'}");
}

static void mismatches_are_told(void **state)
{
	struct event event = of_blue(EVENT_MISMATCH);

	(void)state;
	event.peer = address("10.77.0.12");
	expect_json(event_json(&event),
		    "{'time': '2026-01-01T00:00:00.000Z', 'type': 'mismatch', 'instance': 'blue',"
		    " 'vrid': 51, 'source': '10.77.0.12',"
		    " 'text': 'blue: 10.77.0.12 advertises other addresses than this node'}");
}

static void a_quorum_won_or_lost_is_told(void **state)
{
	struct event event = at_new_year(EVENT_QUORUM);

	(void)state;
	event.quorum = (struct event_quorum){.nodes = 3, .needed = 2, .heard = 1};
	expect_json(event_json(&event),
		    "{'time': '2026-01-01T00:00:00.000Z', 'type': 'quorum', 'majority': false,"
		    " 'heard': 1, 'nodes': 3,"
		    " 'text': 'no majority: 1 of 3 nodes are heard, this one included; needed are "
		    "2'}");
}

static void other_intervals_are_told(void **state)
{
	struct event event = of_blue(EVENT_INTERVAL);

	(void)state;
	event.peer = address("10.77.0.12");
	event.interval = 4 * NS_PER_S;
	expect_json(event_json(&event),
		    "{'time': '2026-01-01T00:00:00.000Z', 'type': 'interval', 'instance': 'blue',"
		    " 'vrid': 51, 'source': '10.77.0.12', 'interval_ms': 4000,"
		    " 'text': 'blue: 10.77.0.12 advertises every 4000 ms, which is not this "
		    "node\\u0027s "
		    "advert_interval'}");
}

static void trackers_are_told(void **state)
{
	struct event event = at_new_year(EVENT_TRACKER);

	(void)state;
	event.tracker = (struct event_tracker){.name = "flag", .state = "up", .number = 5};
	event_copy(event.reason, "5");
	expect_json(event_json(&event),
		    "{'time': '2026-01-01T00:00:00.000Z', 'type': 'tracker', 'tracker': 'flag',"
		    " 'state': 'up', 'number': 5, 'detail': '5', 'text': 'tracker flag is up: 5'}");
}

static struct event from_notice(const struct notice_record *notice)
{
	struct event event = event_from_notice(notice);

	event.wall = NEW_YEAR;
	return event;
}

static void refused_vrrp_is_spoofing(void **state)
{
	const struct event event = from_notice(&(struct notice_record){
		.kind = NOTICE_DROP,
		.reason = DROP_vrrp_ttl,
		.address = address("10.77.0.66"),
		.mac = {2, 0, 0, 0, 0, 0x66},
		.vlan = 4000,
		.expected = 255,
		.received = 64,
	});

	(void)state;
	expect_json(
		event_json(&event),
		"{'time': '2026-01-01T00:00:00.000Z', 'type': 'spoofing',"
		" 'reason': 'vrrp_ttl', 'source': '10.77.0.66', 'mac': '02:00:00:00:00:66',"
		" 'vlan': 4000, 'vrid': null, 'expected': 255, 'received': 64,"
		" 'text': 'dropped, from 10.77.0.66 at 02:00:00:00:00:66: VRRP whose TTL or hop "
		"limit is not 255: it came from another network (expected 255, received 64)'}");
}

static void expect_unknown(__u32 reason)
{
	const struct event told =
		from_notice(&(struct notice_record){.kind = NOTICE_DROP, .reason = reason});
	CLEANUP(cleanup_json) json_t *event = event_json(&told);

	expect_json(json_incref(find(event, "reason")), "'unknown'");
	expect_json(json_incref(find(event, "source")), "null");
}

static void reasons_of_a_newer_dataplane_are_survived(void **state)
{
	(void)state;
	expect_unknown(DROP_REASON_END);
}

static void no_reason_is_not_taken_for_the_first(void **state)
{
	(void)state;
	expect_unknown(0);
	expect_unknown(DROP_REASON_BEFORE);
}

static void claims_to_a_vip_are_conflicts(void **state)
{
	const struct event event = from_notice(&(struct notice_record){
		.kind = NOTICE_CONFLICT,
		.address = address("10.77.0.101"),
		.mac = {2, 0, 0, 0, 0, 0x66},
	});

	(void)state;
	expect_json(event_json(&event),
		    "{'time': '2026-01-01T00:00:00.000Z', 'type': 'conflict',"
		    " 'address': '10.77.0.101', 'mac': '02:00:00:00:00:66', 'vlan': null,"
		    " 'text': '02:00:00:00:00:66 claims 10.77.0.101, which this node owns'}");
}

static void checks_are_told(void **state)
{
	struct event event = at_new_year(EVENT_HEALTH);

	(void)state;
	event_copy(event.service, "web");
	event_copy(event.node, "n2");
	event_copy(event.reason, "HTTP 200 in 1.2 ms");
	event.health.state = "up";
	expect_json(event_json(&event),
		    "{'time': '2026-01-01T00:00:00.000Z', 'type': 'health', 'service': 'web',"
		    " 'backend': 'n2', 'state': 'up', 'detail': 'HTTP 200 in 1.2 ms',"
		    " 'text': 'web is up on n2: HTTP 200 in 1.2 ms'}");
}

static void drains_are_told(void **state)
{
	struct event event = at_new_year(EVENT_DRAIN);

	(void)state;
	event_copy(event.node, "n2");
	event_copy(event.reason, "new kernel");
	event.drained = true;
	expect_json(
		event_json(&event),
		"{'time': '2026-01-01T00:00:00.000Z', 'type': 'drain', 'node': 'n2',"
		" 'drained': true, 'reason': 'new kernel', 'text': 'n2 is drained: new kernel'}");
	event.drained = false;
	expect_json(event_json(&event),
		    "{'time': '2026-01-01T00:00:00.000Z', 'type': 'drain', 'node': 'n2',"
		    " 'drained': false, 'reason': null, 'text': 'n2 is in service again'}");
}

static void links_and_reloads_are_told(void **state)
{
	struct event link = at_new_year(EVENT_LINK), reload = at_new_year(EVENT_RELOAD);

	(void)state;
	link.link = (struct event_link){
		.device = "eth0.4000", .mac = {2, 0, 0, 0, 0, 1}, .running = true};
	expect_json(event_json(&link),
		    "{'time': '2026-01-01T00:00:00.000Z', 'type': 'link', 'device': 'eth0.4000',"
		    " 'running': true, 'mac': '02:00:00:00:00:01',"
		    " 'text': 'eth0.4000 is running'}");
	reload.error = -EINVAL;
	expect_json(event_json(&reload),
		    "{'time': '2026-01-01T00:00:00.000Z', 'type': 'reload', 'success': false,"
		    " 'text': 'reload failed, the old configuration runs on: Invalid argument'}");
	event_copy(reload.reason, "vipd.yaml:3: vlan: not a number");
	expect_json(event_json(&reload),
		    "{'time': '2026-01-01T00:00:00.000Z', 'type': 'reload', 'success': false,"
		    " 'text': 'reload failed, the old configuration runs on:"
		    " vipd.yaml:3: vlan: not a number'}");
}

static void what_was_lost_is_told(void **state)
{
	struct event event = at_new_year(EVENT_LOST);

	(void)state;
	event.lost = 7;
	expect_json(event_json(&event),
		    "{'time': '2026-01-01T00:00:00.000Z', 'type': 'lost', 'count': 7,"
		    " 'text': '7 events were lost: they came faster than they could be told'}");
}

/* A script keys on the name and the journal on the id, so no two kinds may share one. */
static void every_kind_has_a_name_and_an_id_of_its_own(void **state)
{
	(void)state;
	for (int i = 0; i < EVENT_KIND_COUNT; i++) {
		enum event_kind kind = (enum event_kind)i;

		assert_int_equal(strlen(event_message_id(kind)), 32);
		for (int j = 0; j < i; j++) {
			enum event_kind other = (enum event_kind)j;

			assert_string_not_equal(event_kind_name(kind), event_kind_name(other));
			assert_string_not_equal(event_message_id(kind), event_message_id(other));
		}
	}
}

static void the_manual_lists_every_id(void **state)
{
	CLEANUP(cleanup_free) char *manual = calloc(1, 1 << 20);
	FILE *file = fopen("docs/vipd.8", "r");

	(void)state;
	assert_non_null(file);
	assert_true(fread(manual, 1, (1 << 20) - 1, file) > 0);
	fclose(file);
	for (int i = 0; i < EVENT_KIND_COUNT; i++) {
		enum event_kind kind = (enum event_kind)i;
		char row[128];

		snprintf(row, sizeof(row), "\n.It %s Ta Li %s\n", event_kind_name(kind),
			 event_message_id(kind));
		if (!strstr(manual, row))
			fail_msg("docs/vipd.8 has no row for %s", event_kind_name(kind));
	}
}

static void long_texts_are_cut(void **state)
{
	struct event event = at_new_year(EVENT_DRAIN);
	char text[EVENT_TEXT_MAX], reason[2 * EVENT_REASON_MAX];

	(void)state;
	memset(reason, 'x', sizeof(reason) - 1);
	reason[sizeof(reason) - 1] = '\0';
	event.drained = true;
	event_copy(event.reason, reason);
	assert_int_equal(strlen(event.reason), EVENT_REASON_MAX - 1);
	assert_true(strlen(event_text(&event, text)) < EVENT_TEXT_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(transitions_are_told),
		cmocka_unit_test(mismatches_are_told),
		cmocka_unit_test(a_quorum_won_or_lost_is_told),
		cmocka_unit_test(other_intervals_are_told),
		cmocka_unit_test(trackers_are_told),
		cmocka_unit_test(refused_vrrp_is_spoofing),
		cmocka_unit_test(reasons_of_a_newer_dataplane_are_survived),
		cmocka_unit_test(no_reason_is_not_taken_for_the_first),
		cmocka_unit_test(claims_to_a_vip_are_conflicts),
		cmocka_unit_test(checks_are_told),
		cmocka_unit_test(drains_are_told),
		cmocka_unit_test(links_and_reloads_are_told),
		cmocka_unit_test(what_was_lost_is_told),
		cmocka_unit_test(every_kind_has_a_name_and_an_id_of_its_own),
		cmocka_unit_test(the_manual_lists_every_id),
		cmocka_unit_test(long_texts_are_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
