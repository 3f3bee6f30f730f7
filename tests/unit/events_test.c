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

static void transitions_are_told(void **state)
{
	const struct instance_event event = {
		.kind = INSTANCE_TRANSITION,
		.instance = "blue",
		.vrid = 51,
		.wall = NEW_YEAR + 123 * NS_PER_MS,
		.from = VRRP_BACKUP,
		.to = VRRP_ACTIVE,
		.reason = "the Active is silent",
	};

	(void)state;
	expect_json(event_from_instance(&event),
		    "{'time': '2026-01-01T00:00:00.123Z', 'type': 'transition',"
		    " 'instance': 'blue', 'vrid': 51, 'from': 'BACKUP', 'to': 'MASTER',"
		    " 'reason': 'the Active is silent',"
		    " 'text': 'blue: BACKUP to MASTER: the Active is silent'}");
}

static void mismatches_are_told(void **state)
{
	const struct instance_event event = {
		.kind = INSTANCE_MISMATCH,
		.instance = "blue",
		.vrid = 51,
		.wall = NEW_YEAR,
		.source = address("10.77.0.12"),
	};

	(void)state;
	expect_json(event_from_instance(&event),
		    "{'time': '2026-01-01T00:00:00.000Z', 'type': 'mismatch', 'instance': 'blue',"
		    " 'vrid': 51, 'source': '10.77.0.12',"
		    " 'text': 'blue: 10.77.0.12 advertises other addresses than this node'}");
}

static void other_intervals_are_told(void **state)
{
	const struct instance_event event = {
		.kind = INSTANCE_INTERVAL,
		.instance = "blue",
		.vrid = 51,
		.wall = NEW_YEAR,
		.source = address("10.77.0.12"),
		.interval = 4 * NS_PER_S,
	};

	(void)state;
	expect_json(event_from_instance(&event),
		    "{'time': '2026-01-01T00:00:00.000Z', 'type': 'interval', 'instance': 'blue',"
		    " 'vrid': 51, 'source': '10.77.0.12', 'interval_ms': 4000,"
		    " 'text': 'blue: 10.77.0.12 advertises every 4000 ms, which is not this "
		    "node\\u0027s "
		    "advert_interval'}");
}

static void trackers_are_told(void **state)
{
	const struct config_tracker tracker = {.name = "flag"};
	const struct tracker_status status = {TRACKED_UP, 5, "5"};

	(void)state;
	expect_json(event_from_tracker(&tracker, &status, NEW_YEAR),
		    "{'time': '2026-01-01T00:00:00.000Z', 'type': 'tracker', 'tracker': 'flag',"
		    " 'state': 'up', 'number': 5, 'detail': '5', 'text': 'tracker flag is up: 5'}");
}

static void refused_vrrp_is_spoofing(void **state)
{
	const struct notice_record record = {
		.kind = NOTICE_DROP,
		.reason = DROP_vrrp_ttl,
		.address = address("10.77.0.66"),
		.mac = {2, 0, 0, 0, 0, 0x66},
		.vlan = 4000,
		.expected = 255,
		.received = 64,
	};

	(void)state;
	expect_json(
		event_from_notice(&record, NEW_YEAR),
		"{'time': '2026-01-01T00:00:00.000Z', 'type': 'spoofing',"
		" 'reason': 'vrrp_ttl', 'source': '10.77.0.66', 'mac': '02:00:00:00:00:66',"
		" 'vlan': 4000, 'vrid': null, 'expected': 255, 'received': 64,"
		" 'text': 'dropped, from 10.77.0.66 at 02:00:00:00:00:66: VRRP whose TTL or hop "
		"limit is not 255: it came from another network (expected 255, received 64)'}");
}

static void reasons_of_a_newer_dataplane_are_survived(void **state)
{
	const struct notice_record record = {.kind = NOTICE_DROP, .reason = DROP_REASON_COUNT};
	CLEANUP(cleanup_json) json_t *event = event_from_notice(&record, NEW_YEAR);

	(void)state;
	expect_json(json_incref(find(event, "reason")), "'unknown'");
	expect_json(json_incref(find(event, "source")), "null");
}

static void claims_to_a_vip_are_conflicts(void **state)
{
	const struct notice_record record = {
		.kind = NOTICE_CONFLICT,
		.address = address("10.77.0.101"),
		.mac = {2, 0, 0, 0, 0, 0x66},
	};

	(void)state;
	expect_json(event_from_notice(&record, NEW_YEAR),
		    "{'time': '2026-01-01T00:00:00.000Z', 'type': 'conflict',"
		    " 'address': '10.77.0.101', 'mac': '02:00:00:00:00:66', 'vlan': null,"
		    " 'text': '02:00:00:00:00:66 claims 10.77.0.101, which this node owns'}");
}

static void checks_links_and_reloads_are_told(void **state)
{
	const struct config_service service = {.name = "web"};
	const struct config_peer backend = {.name = "n2"};
	const struct drain drain = {.node = "n2", .reason = "new kernel"};
	const struct health_status health = {.state = HEALTH_UP, .detail = "HTTP 200 in 1.2 ms"};
	const struct net_link link = {
		.device = "eth0.4000", .mac = {2, 0, 0, 0, 0, 1}, .running = true};

	(void)state;
	expect_json(event_from_health(&service, &backend, &health, NEW_YEAR),
		    "{'time': '2026-01-01T00:00:00.000Z', 'type': 'health', 'service': 'web',"
		    " 'backend': 'n2', 'state': 'up', 'detail': 'HTTP 200 in 1.2 ms',"
		    " 'text': 'web is up on n2: HTTP 200 in 1.2 ms'}");
	expect_json(
		event_from_drain("n2", &drain, NEW_YEAR),
		"{'time': '2026-01-01T00:00:00.000Z', 'type': 'drain', 'node': 'n2',"
		" 'drained': true, 'reason': 'new kernel', 'text': 'n2 is drained: new kernel'}");
	expect_json(event_from_drain("n2", NULL, NEW_YEAR),
		    "{'time': '2026-01-01T00:00:00.000Z', 'type': 'drain', 'node': 'n2',"
		    " 'drained': false, 'reason': null, 'text': 'n2 is in service again'}");
	expect_json(event_from_link(&link, NEW_YEAR),
		    "{'time': '2026-01-01T00:00:00.000Z', 'type': 'link', 'device': 'eth0.4000',"
		    " 'running': true, 'mac': '02:00:00:00:00:01',"
		    " 'text': 'eth0.4000 is running'}");
	expect_json(event_from_reload(-EINVAL, NEW_YEAR),
		    "{'time': '2026-01-01T00:00:00.000Z', 'type': 'reload', 'success': false,"
		    " 'text': 'reload failed, the old configuration runs on: Invalid argument'}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(transitions_are_told),
		cmocka_unit_test(mismatches_are_told),
		cmocka_unit_test(other_intervals_are_told),
		cmocka_unit_test(trackers_are_told),
		cmocka_unit_test(refused_vrrp_is_spoofing),
		cmocka_unit_test(reasons_of_a_newer_dataplane_are_survived),
		cmocka_unit_test(claims_to_a_vip_are_conflicts),
		cmocka_unit_test(checks_links_and_reloads_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
