// SPDX-License-Identifier: GPL-2.0-only
/* Events in the log: which get a line, and what it says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ctl/base/address.h"
#include "ctl/base/clock.h"
#include "ctl/events/log.h"

#define NOW (1000 * NS_PER_S) /* CLOCK_MONOTONIC */

struct bench {
	sd_event *loop;
	struct events *events;
	struct event_log *log;
};

static int set_up(void **state)
{
	struct bench *bench = calloc(1, sizeof(*bench));

	*state = bench;
	assert_true(sd_event_new(&bench->loop) >= 0);
	assert_int_equal(events_new(bench->loop, &bench->events), 0);
	return event_log_start(bench->events, bench->loop, &bench->log);
}

static int tear_down(void **state)
{
	struct bench *bench = *state;

	event_log_stop(bench->log);
	events_free(bench->events);
	sd_event_unref(bench->loop);
	free(bench);
	return 0;
}

/* What is logged when everything that was posted is delivered. */
static const char *logged(struct bench *bench)
{
	static char text[1 << 18];
	int file = memfd_create("log", MFD_CLOEXEC), before = dup(STDERR_FILENO);
	ssize_t length;

	dup2(file, STDERR_FILENO);
	events_flush(bench->events);
	dup2(before, STDERR_FILENO);
	length = pread(file, text, sizeof(text) - 1, 0);
	assert_true(length >= 0);
	text[length] = '\0';
	close(before);
	close(file);
	return text;
}

static struct notice_record refusal(uint8_t vrid, enum drop_reason reason, uint64_t seen_at)
{
	struct notice_record notice = {
		.kind = NOTICE_DROP,
		.reason = reason,
		.vrid = vrid,
		.ours = 1,
		.seen_at = seen_at,
		.mac = {2, 0, 0, 0, 0, 0x66},
	};

	address_parse("10.77.0.66", &notice.address);
	return notice;
}

static void post_notice(struct bench *bench, const struct notice_record *notice)
{
	const struct event event = event_from_notice(notice);

	events_post(bench->events, &event);
}

static void events_are_logged_as_they_read(void **state)
{
	struct event event = event_new(EVENT_TRANSITION, LOG_NOTICE);

	event_copy(event.instance, "blue");
	event.transition = (struct event_transition){"BACKUP", "MASTER"};
	event_copy(event.reason, "the Active is silent");
	events_post(((struct bench *)*state)->events, &event);
	assert_string_equal(logged(*state), "vipd: blue: BACKUP to MASTER: the Active is silent\n");
}

static void checks_are_logged_with_what_was_asked(void **state)
{
	struct bench *bench = *state;
	struct event event = event_new(EVENT_HEALTH, LOG_WARNING);

	event_copy(event.service, "web");
	event_copy(event.node, "n2");
	event_copy(event.reason, "connection refused");
	event_copy(event.health.check, "tcp to 10.77.0.12 port 80");
	event.health.state = "down";
	event.health.failures = 3;
	events_post(bench->events, &event);
	assert_string_equal(logged(bench),
			    "vipd: service web: backend n2 is down: tcp to 10.77.0.12 port 80: "
			    "connection refused (failed 3 in a row)\n");
	event.health.check[0] = '\0'; /* a service without a check is always up */
	events_post(bench->events, &event);
	assert_string_equal(logged(bench), "");
}

static void refusals_are_logged_when_they_begin_and_every_ten_seconds(void **state)
{
	struct notice_record notice = refusal(51, DROP_vrrp_ttl, NOW);

	notice.expected = 255;
	notice.received = 64;
	post_notice(*state, &notice);
	assert_string_equal(logged(*state),
			    "vipd: dropped VRRP whose TTL or hop limit is not 255: it came from "
			    "another network: from 10.77.0.66 (02:00:00:00:00:66), VRID 51, got "
			    "64 where 255 was expected\n");
	notice.seen_at = NOW + 9 * NS_PER_S;
	post_notice(*state, &notice);
	assert_string_equal(logged(*state), "");
	notice.seen_at = NOW + 10 * NS_PER_S;
	post_notice(*state, &notice);
	assert_string_not_equal(logged(*state), "");
}

/* What comes after a valid advertisement begins anew. */
static void a_new_burst_is_logged_sooner(void **state)
{
	struct notice_record notice = refusal(51, DROP_vrrp_ttl, NOW);

	post_notice(*state, &notice);
	assert_string_not_equal(logged(*state), "");
	notice.seen_at = NOW + 2 * NS_PER_S;
	notice.first = 1;
	post_notice(*state, &notice);
	assert_string_not_equal(logged(*state), "");
}

static void a_flood_of_refusals_gets_fifty_lines(void **state)
{
	struct notice_record again = refusal(200, DROP_vrrp_ttl, NOW + 11 * NS_PER_S);
	size_t lines = 0;

	for (uint8_t vrid = 1; vrid <= 80; vrid++) {
		struct notice_record notice = refusal(vrid, DROP_vrrp_ttl, NOW);

		post_notice(*state, &notice);
	}
	for (const char *text = logged(*state); (text = strchr(text, '\n')); text++)
		lines++;
	assert_int_equal(lines, 50);
	post_notice(*state, &again);
	assert_non_null(strstr(logged(*state), "30 more messages on dropped VRRP were left out\n"));
}

static void conflicts_are_logged_every_ten_seconds(void **state)
{
	struct notice_record notice = refusal(51, 0, NOW);

	notice.kind = NOTICE_CONFLICT;
	address_parse("10.77.0.101", &notice.address);
	post_notice(*state, &notice);
	post_notice(*state, &notice);
	assert_string_equal(logged(*state), "vipd: 10.77.0.101 is claimed by 02:00:00:00:00:66, "
					    "but this node owns it: announcing it again\n");
}

static void reasons_of_a_newer_dataplane_are_not_logged(void **state)
{
	struct notice_record notice = refusal(51, DROP_REASON_END, NOW);

	post_notice(*state, &notice);
	notice.reason = 0;
	post_notice(*state, &notice);
	assert_string_equal(logged(*state), "");
}

#define test(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(events_are_logged_as_they_read),
		test(checks_are_logged_with_what_was_asked),
		test(refusals_are_logged_when_they_begin_and_every_ten_seconds),
		test(a_new_burst_is_logged_sooner),
		test(a_flood_of_refusals_gets_fifty_lines),
		test(conflicts_are_logged_every_ten_seconds),
		test(reasons_of_a_newer_dataplane_are_not_logged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
