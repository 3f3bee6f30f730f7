// SPDX-License-Identifier: GPL-2.0-only
/* Trackers, weights and sync groups in a configuration: what is read, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/base/clock.h"
#include "ctl/config/config.h"
#include "ctl/config/load.h"
#include "ctl/config/lookup.h"
#include "ctl/vrrp/order.h"

#define NETWORK                                                                                    \
	"interface: eth0\n"                                                                        \
	"peers: [{name: n1, address: 10.77.0.11}, {name: n2, address: 10.77.0.12}]\n"
#define TRACKERS                                                                                   \
	"trackers: [{name: uplink, interface: eth1}, {name: web, http: /healthz, fall: 3}, "       \
	"{name: disk, script: /bin/disk, user: check}, {name: flag, file: /run/flag}, "            \
	"{name: nginx, process: nginx, interval: 5s}, {name: port, tcp: true, port: 25}]\n"
#define BLUE(keys)                                                                                 \
	"instances: [{name: blue, vrid: 51, priority: {n1: 150, n2: 100}, vips: "                  \
	"[10.77.0.101]" keys "}]\n"
#define TRACK(tracks) NETWORK TRACKERS BLUE(", track: [" tracks "]")

/* Lines 4 to 6: two instances, the second with other keys, and what comes after. */
#define TWO(keys, more)                                                                            \
	NETWORK TRACKERS                                                                           \
		"instances:\n"                                                                     \
		"- {name: blue, vrid: 51, priority: {n1: 150, n2: 100}, vips: [10.77.0.101]}\n"    \
		"- {name: green, vrid: 52, vips: [10.77.0.102], " keys "}\n" more
#define SAME "priority: {n1: 150, n2: 100}"

static int parse(const char *text, char **report, const struct config **config)
{
	size_t length;
	FILE *stream = open_memstream(report, &length);
	int error = config_parse("t", text, strlen(text), "n1", stream, config);

	fclose(stream);
	return error;
}

static const struct config *good(const char *text)
{
	const struct config *config = NULL;
	char *report;

	if (parse(text, &report, &config))
		fail_msg("%s", report);
	free(report);
	return config;
}

static void expect_report(const char *text, const char *expected)
{
	const struct config *config = NULL;
	char *report;

	assert_int_equal(parse(text, &report, &config), -EINVAL);
	assert_string_equal(report, expected);
	free(report);
}

static void trackers_are_of_all_kinds(void **state)
{
	const struct config *config = good(TRACK("web, {tracker: uplink, weight: -60}"));
	const struct config_tracker *trackers = config->trackers;

	(void)state;
	assert_int_equal(config->tracker_count, 6);
	assert_int_equal(trackers[0].kind, TRACKER_INTERFACE);
	assert_string_equal(trackers[0].interface, "eth1");
	assert_int_equal(trackers[1].kind, TRACKER_CHECK);
	assert_int_equal(trackers[1].check.method, CHECK_HTTP);
	assert_string_equal(trackers[1].check.path, "/healthz");
	assert_int_equal(trackers[1].check.port, 80);
	assert_int_equal(trackers[1].check.fall, 3);
	assert_int_equal(trackers[1].check.rise, 2);
	assert_int_equal(trackers[1].check.interval, 2 * NS_PER_S);
	assert_string_equal(trackers[2].check.user, "check");
	assert_int_equal(trackers[3].kind, TRACKER_FILE);
	assert_string_equal(trackers[3].file, "/run/flag");
	assert_int_equal(trackers[4].kind, TRACKER_PROCESS);
	assert_string_equal(trackers[4].process, "nginx");
	assert_int_equal(trackers[4].check.interval, 5 * NS_PER_S);
	assert_int_equal(trackers[4].check.fall, 1);
	assert_int_equal(trackers[5].check.port, 25);
	assert_int_equal(config->instances[0].track_count, 2);
	assert_int_equal(config->instances[0].tracks[0].tracker, 1);
	assert_int_equal(config->instances[0].tracks[0].weight, 0);
	assert_int_equal(config->instances[0].tracks[1].tracker, 0);
	assert_int_equal(config->instances[0].tracks[1].weight, -60);
	config_unref(config);
}

static void startup_is_backup_unless_said(void **state)
{
	const struct config *config = good(NETWORK BLUE(""));

	(void)state;
	assert_false(config->instances[0].start_active);
	config_unref(config);
	config = good(NETWORK BLUE(", startup: active"));
	assert_true(config->instances[0].start_active);
	config_unref(config);
	expect_report(NETWORK BLUE(", startup: master"),
		      "t:3: instances[0].startup: \"master\" is not backup or active\n");
}

static void groups_know_their_instances(void **state)
{
	const struct config *config =
		good(TWO(SAME, "sync_groups: [{name: all, instances: [green, blue], "
			       "track: [{tracker: uplink, weight: -60}]}]\n"));

	(void)state;
	assert_int_equal(config->sync_group_count, 1);
	assert_int_equal(config->sync_groups[0].member_count, 2);
	assert_int_equal(config->sync_groups[0].members[0], 1);
	assert_int_equal(config->sync_groups[0].tracks[0].weight, -60);
	assert_ptr_equal(config_sync_group(config, &config->instances[0]), config->sync_groups);
	assert_ptr_equal(config_sync_group(config, &config->instances[1]), config->sync_groups);
	config_unref(config);
}

static void bad_trackers_are_refused(void **state)
{
	(void)state;
	expect_report(NETWORK "trackers: [{name: a, interface: eth1, process: b}]\n" BLUE(""),
		      "t:3: trackers[0].process: a tracker is of one kind, and this one has "
		      "interface\n");
	expect_report(NETWORK "trackers: [{name: a}]\n" BLUE(""),
		      "t:3: trackers[0]: missing: what to track, one of http, https, tcp, tls, "
		      "script, interface, file and process\n");
	expect_report(NETWORK "trackers: [{name: a, file: /a, interval: 1s}]\n" BLUE(""),
		      "t:3: trackers[0].interval: means nothing to this kind of tracker\n");
	expect_report(NETWORK "trackers: [{name: a, process: b, timeout: 1s}]\n" BLUE(""),
		      "t:3: trackers[0].timeout: means nothing to this kind of tracker\n");
	expect_report(NETWORK "trackers: [{name: a, tcp: true}]\n" BLUE(""),
		      "t:3: trackers[0]: missing: port, to connect to\n");
	expect_report(NETWORK "trackers: [{name: a, script: /b, user: root}]\n" BLUE(""),
		      "t:3: trackers[0].user: root is not allowed to run scripts, expected another "
		      "user\n");
	expect_report(NETWORK "trackers: [{name: a, file: /b}, {name: a, file: /c}]\n" BLUE(""),
		      "t:3: trackers[1].name: a is already trackers[0].name, in line 3\n");
	expect_report(NETWORK "trackers: [{name: a, fiel: /b}]\n" BLUE(""),
		      "t:3: trackers[0]: unknown key \"fiel\", did you mean file?\n"
		      "t:3: trackers[0]: missing: what to track, one of http, https, tcp, tls, "
		      "script, interface, file and process\n");
	expect_report(NETWORK "trackers: [{name: a, process: b, intervall: 1s}]\n" BLUE(""),
		      "t:3: trackers[0]: unknown key \"intervall\", did you mean interval?\n");
	expect_report(NETWORK "trackers: [{name: a, file: b}]\n" BLUE(""),
		      "t:3: trackers[0].file: \"b\" is not the absolute path of a file, up to 255 "
		      "bytes\n");
	expect_report(NETWORK "trackers: [{name: a, process: /b}]\n" BLUE(""),
		      "t:3: trackers[0].process: \"/b\" is not the name of a process, up to 15 "
		      "bytes, without a slash\n");
}

static void bad_tracks_are_refused(void **state)
{
	(void)state;
	expect_report(TRACK("nothing"),
		      "t:4: instances[0].track[0]: \"nothing\" is not one of the trackers\n");
	expect_report(TRACK("web, web"), "t:4: instances[0].track[1]: web is already "
					 "instances[0].track[0], in line 4\n");
	expect_report(TRACK("{tracker: web, weight: 254}"),
		      "t:4: instances[0].track[0].weight: \"254\" is not a weight from -253 to "
		      "253\n");
	expect_report(TRACK("{tracker: web, weight: --1}"),
		      "t:4: instances[0].track[0].weight: \"--1\" is not a weight from -253 to "
		      "253\n");
}

/* n1 has 150 and n2 has 100, and at equal priorities n2 has the greater address. */
static void a_weight_has_to_bridge_the_gap(void **state)
{
	(void)state;
	expect_report(TRACK("{tracker: web, weight: -30}"),
		      "t:4: instances[0].track[0].weight: -30 can never change who is elected, "
		      "whatever else is up or down; -50 or less would\n");
	expect_report(TRACK("{tracker: web, weight: 49}"),
		      "t:4: instances[0].track[0].weight: 49 can never change who is elected, "
		      "whatever else is up or down; 50 or more would\n");
	config_unref(good(TRACK("{tracker: web, weight: -50}")));
	config_unref(good(TRACK("{tracker: web, weight: 50}")));
	config_unref(good(TRACK("{tracker: web, weight: +60}")));
	config_unref(good(TRACK("{tracker: web, weight: 0}")));
}

static void two_weights_may_do_it_together(void **state)
{
	(void)state;
	config_unref(good(TRACK("{tracker: web, weight: -25}, {tracker: uplink, weight: -25}")));
	config_unref(good(TRACK("{tracker: web, weight: -30}, {tracker: uplink, weight: 30}")));
	expect_report(TRACK("{tracker: web, weight: -25}, {tracker: uplink, weight: -20}"),
		      "t:4: instances[0].track[0].weight: -25 can never change who is elected, "
		      "whatever else is up or down; -30 or less would\n"
		      "t:4: instances[0].track[1].weight: -20 can never change who is elected, "
		      "whatever else is up or down; -25 or less would\n");
}

static void the_number_in_a_file_can_be_any(void **state)
{
	(void)state;
	config_unref(good(TRACK("{tracker: flag, weight: 1}")));
}

static void an_address_owner_has_no_use_for_weights(void **state)
{
	(void)state;
	expect_report(NETWORK TRACKERS "instances: [{name: blue, vrid: 51, priority: {n1: 255}, "
				       "vips: [10.77.0.101], "
				       "track: [{tracker: web, weight: -200}]}]\n",
		      "t:4: instances[0].track[0].weight: -200 can never change who is elected, "
		      "and no other weight would: leave it out, and a failure is a fault\n");
}

static void bad_groups_are_refused(void **state)
{
	(void)state;
	expect_report(TWO(SAME, "sync_groups: [{name: all, instances: [blue, red]}]\n"),
		      "t:7: sync_groups[0].instances[1]: \"red\" is not one of the instances\n");
	expect_report(TWO(SAME, "sync_groups: [{name: a, instances: [blue, green]}, "
				"{name: b, instances: [blue]}]\n"),
		      "t:7: sync_groups[1].instances[0]: blue is already "
		      "sync_groups[0].instances[0], in line 7\n");
	expect_report(TWO(SAME, "sync_groups: [{name: a, instances: [blue, blue]}]\n"),
		      "t:7: sync_groups[0].instances[1]: blue is already "
		      "sync_groups[0].instances[0], in line 7\n");
	expect_report(TWO(SAME, "sync_groups: [{name: a, instances: [blue]}, "
				"{name: a, instances: [green]}]\n"),
		      "t:7: sync_groups[1].name: a is already sync_groups[0].name, in line 7\n");
	expect_report(TWO("priority: {n1: 100, n2: 150}",
			  "sync_groups: [{name: all, instances: [blue, green]}]\n"),
		      "t:6: instances[1].priority: is not that of blue, but both are in sync group "
		      "all, and have to win on the same node\n");
	expect_report(TWO(SAME ", preempt: false",
			  "sync_groups: [{name: all, instances: [blue, green]}]\n"),
		      "t:6: instances[1].preempt: is not that of blue, but both are in sync group "
		      "all, and have to win on the same node\n");
	expect_report(TWO(SAME ", track: [web, {tracker: uplink, weight: -60}]",
			  "sync_groups: [{name: all, instances: [blue, green]}]\n"),
		      "t:6: instances[1].track[1].weight: would set green apart from the others in "
		      "sync group all: it belongs into the group's track\n");
	expect_report(TWO(SAME, "sync_groups: [{name: all, instances: [blue, green], "
				"track: [{tracker: uplink, weight: -10}]}]\n"),
		      "t:7: sync_groups[0].track[0].weight: -10 can never change who is elected, "
		      "whatever else is up or down; -50 or less would\n");
}

/* Who may answer at once when it starts as Active. */
static void who_is_always_first(void **state)
{
	static const struct {
		const char *text;
		bool first;
	} rows[] = {
		{NETWORK BLUE(""), true},
		{TRACK("web"), true},
		{TRACK("{tracker: web, weight: -50}"), false},
		{TRACK("{tracker: web, weight: 50}"), false},
		{TRACK("{tracker: flag, weight: 1}"), false},
		{NETWORK "instances: [{name: a, vrid: 1, priority: {n1: 100, n2: 100}, "
			 "vips: [10.77.0.101]}]\n",
		 false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct config *config = good(rows[i].text);

		assert_int_equal(order_always_first(config, config->instances), rows[i].first);
		config_unref(config);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(trackers_are_of_all_kinds),
		cmocka_unit_test(startup_is_backup_unless_said),
		cmocka_unit_test(groups_know_their_instances),
		cmocka_unit_test(bad_trackers_are_refused),
		cmocka_unit_test(bad_tracks_are_refused),
		cmocka_unit_test(a_weight_has_to_bridge_the_gap),
		cmocka_unit_test(two_weights_may_do_it_together),
		cmocka_unit_test(the_number_in_a_file_can_be_any),
		cmocka_unit_test(an_address_owner_has_no_use_for_weights),
		cmocka_unit_test(bad_groups_are_refused),
		cmocka_unit_test(who_is_always_first),
	};

	return cmocka_run_group_tests_name("config, trackers", tests, NULL, NULL);
}
