// SPDX-License-Identifier: GPL-2.0-only
/* Who is drained: orders and holds, their ends, and the file that outlives the controller. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl/base/clock.h"
#include "ctl/drain/drain.h"

#define PATIENCE (20 * NS_PER_S) /* for what should take milliseconds on a machine that is busy */
#define HOUR     (3600 * NS_PER_S)

struct bench {
	char directory[64];
	char path[80];
	sd_event *event;
	struct drains *drains;
	uint64_t now; /* when the test began, ns since the epoch */
	unsigned int calls;
	char node[CONFIG_NAME_MAX]; /* of the last call of changed() */
	bool drained;
	struct drain drain;
};

static void on_change(const char *node, const struct drain *drain, void *context)
{
	struct bench *bench = context;

	bench->calls++;
	snprintf(bench->node, sizeof(bench->node), "%s", node);
	bench->drained = drain;
	bench->drain = drain ? *drain : (struct drain){};
}

static void open_drains(struct bench *bench)
{
	assert_int_equal(drains_open(bench->path, bench->event, on_change, bench, &bench->drains),
			 0);
}

/* As a controller does that is restarted. */
static void reopen(struct bench *bench)
{
	drains_close(bench->drains);
	bench->calls = 0;
	open_drains(bench);
}

static int set_up(void **state)
{
	struct bench *bench = calloc(1, sizeof(*bench));

	*state = bench;
	strcpy(bench->directory, "/tmp/vipd-drain-test-XXXXXX");
	assert_non_null(mkdtemp(bench->directory));
	snprintf(bench->path, sizeof(bench->path), "%s/drains.json", bench->directory);
	assert_true(sd_event_new(&bench->event) >= 0);
	bench->now = clock_wall();
	open_drains(bench);
	return 0;
}

/* Fails when anything but the file is left in the directory. */
static int tear_down(void **state)
{
	struct bench *bench = *state;
	int error;

	drains_close(bench->drains);
	sd_event_unref(bench->event);
	unlink(bench->path);
	error = rmdir(bench->directory);
	free(bench);
	return error;
}

static void write_text(const struct bench *bench, const char *text)
{
	FILE *file = fopen(bench->path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

/* What is logged while the drains are opened. */
static const char *reopen_logging(struct bench *bench)
{
	static char text[4096];
	int file = memfd_create("log", MFD_CLOEXEC), before = dup(STDERR_FILENO);
	ssize_t length;

	dup2(file, STDERR_FILENO);
	reopen(bench);
	dup2(before, STDERR_FILENO);
	length = pread(file, text, sizeof(text) - 1, 0);
	text[length < 0 ? 0 : length] = '\0';
	close(before);
	close(file);
	return text;
}

static void run_until_called(struct bench *bench)
{
	uint64_t deadline = clock_now() + PATIENCE;

	while (!bench->calls) {
		assert_true(clock_now() < deadline);
		assert_true(sd_event_run(bench->event, 100000) >= 0);
	}
}

static void expect_reason(const struct bench *bench, const char *node, const char *reason)
{
	const struct drain *drain = drains_find(bench->drains, node);

	assert_non_null(drain);
	assert_string_equal(drain->node, node);
	assert_string_equal(drain->reason, reason);
}

/* Orders. */

static void an_order_lasts_until_it_is_ended(void **state)
{
	struct bench *bench = *state;
	const struct drain *drain;

	assert_null(drains_find(bench->drains, "n1"));
	assert_int_equal(drains_set(bench->drains, "n1", "new kernel", 0, bench->now), 0);
	assert_int_equal(bench->calls, 1);
	assert_string_equal(bench->node, "n1");
	assert_string_equal(bench->drain.reason, "new kernel");
	drain = drains_find(bench->drains, "n1");
	assert_int_equal(drain->since, bench->now);
	assert_int_equal(drain->until, 0);
	assert_false(drain->held);
	assert_null(drains_find(bench->drains, "n2"));

	assert_int_equal(drains_clear(bench->drains, "n1"), 0);
	assert_int_equal(bench->calls, 2);
	assert_false(bench->drained);
	assert_null(drains_find(bench->drains, "n1"));
	assert_int_equal(drains_clear(bench->drains, "n1"), -ENOENT);
	assert_int_equal(bench->calls, 2);
}

static void another_order_does_not_begin_anew(void **state)
{
	struct bench *bench = *state;
	const struct drain *drain;

	drains_set(bench->drains, "n1", NULL, HOUR, bench->now);
	drains_set(bench->drains, "n1", "longer", 2 * HOUR, bench->now + NS_PER_S);
	drain = drains_find(bench->drains, "n1");
	assert_int_equal(drain->since, bench->now);
	assert_int_equal(drain->until, bench->now + NS_PER_S + 2 * HOUR);
	assert_string_equal(drain->reason, "longer");
	assert_int_equal(bench->calls, 2);
	drains_clear(bench->drains, "n1");
	assert_null(drains_find(bench->drains, "n1"));
}

static void nodes_are_drained_one_by_one(void **state)
{
	struct bench *bench = *state;

	drains_set(bench->drains, "n1", "one", 0, bench->now);
	drains_set(bench->drains, "n2", "two", 0, bench->now);
	drains_set(bench->drains, "n3", "three", 0, bench->now);
	drains_clear(bench->drains, "n1");
	assert_null(drains_find(bench->drains, "n1"));
	expect_reason(bench, "n2", "two");
	expect_reason(bench, "n3", "three");
}

static void what_does_not_fit_is_refused(void **state)
{
	struct bench *bench = *state;
	char name[CONFIG_NAME_MAX + 1] = "", reason[DRAIN_REASON_MAX + 1] = "";

	memset(name, 'n', CONFIG_NAME_MAX);
	memset(reason, 'r', DRAIN_REASON_MAX);
	assert_int_equal(drains_set(bench->drains, name, NULL, 0, bench->now), -EINVAL);
	assert_int_equal(drains_set(bench->drains, "n1", reason, 0, bench->now), -EINVAL);
	assert_int_equal(bench->calls, 0);
	for (int i = 0; i < 2 * MAX_PEERS; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		assert_int_equal(drains_set(bench->drains, name, NULL, 0, bench->now), 0);
	}
	assert_int_equal(drains_set(bench->drains, "n", NULL, 0, bench->now), -ENOSPC);
	assert_int_equal(drains_set(bench->drains, "n5", "again", 0, bench->now), 0);
}

static void an_order_ends_by_itself(void **state)
{
	struct bench *bench = *state;

	drains_set(bench->drains, "n1", NULL, HOUR, bench->now);
	drains_set(bench->drains, "n2", NULL, 50 * NS_PER_MS, bench->now);
	bench->calls = 0;
	run_until_called(bench);
	assert_true(clock_wall() >= bench->now + 50 * NS_PER_MS);
	assert_int_equal(bench->calls, 1);
	assert_string_equal(bench->node, "n2");
	assert_false(bench->drained);
	assert_null(drains_find(bench->drains, "n2"));
	assert_non_null(drains_find(bench->drains, "n1"));
	reopen(bench);
	assert_null(drains_find(bench->drains, "n2"));
	assert_non_null(drains_find(bench->drains, "n1"));
}

/* Holds. */

static void a_hold_is_ended_by_its_condition_alone(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(drains_hold(bench->drains, "n1", "dummy0 is down", bench->now), 0);
	assert_int_equal(bench->calls, 1);
	expect_reason(bench, "n1", "dummy0 is down");
	assert_true(drains_find(bench->drains, "n1")->held);
	assert_int_equal(drains_clear(bench->drains, "n1"), -ENOENT);
	assert_int_equal(drains_hold(bench->drains, "n1", "dummy0 is down", bench->now + 1), 0);
	assert_int_equal(bench->calls, 1);
	assert_int_equal(drains_hold(bench->drains, "n1", NULL, bench->now), 0);
	assert_int_equal(bench->calls, 2);
	assert_false(bench->drained);
	assert_int_equal(drains_hold(bench->drains, "n1", NULL, bench->now), 0);
	assert_int_equal(bench->calls, 2);
}

static void orders_and_holds_do_not_end_each_other(void **state)
{
	struct bench *bench = *state;

	drains_hold(bench->drains, "n1", "dummy0 is down", bench->now);
	drains_set(bench->drains, "n1", "new kernel", 0, bench->now);
	assert_int_equal(bench->calls, 2);
	expect_reason(bench, "n1", "new kernel");
	drains_clear(bench->drains, "n1");
	assert_int_equal(bench->calls, 3);
	assert_true(bench->drained);
	expect_reason(bench, "n1", "dummy0 is down");

	drains_set(bench->drains, "n1", "new kernel", 0, bench->now);
	bench->calls = 0;
	drains_hold(bench->drains, "n1", NULL, bench->now);
	assert_int_equal(bench->calls, 0);
	expect_reason(bench, "n1", "new kernel");
}

static void a_hold_is_left_when_an_order_runs_out(void **state)
{
	struct bench *bench = *state;

	drains_set(bench->drains, "n1", NULL, 20 * NS_PER_MS, bench->now);
	drains_hold(bench->drains, "n1", "dummy0 is down", bench->now);
	bench->calls = 0;
	run_until_called(bench);
	assert_true(bench->drained);
	assert_string_equal(bench->drain.reason, "dummy0 is down");
}

/* The file. */

static void orders_outlive_the_controller_and_holds_do_not(void **state)
{
	struct bench *bench = *state;
	const struct drain *drain;

	drains_set(bench->drains, "n1", "\"new\" k\xc3\xa9rnel", HOUR, bench->now);
	drains_set(bench->drains, "n2", NULL, 0, bench->now);
	drains_hold(bench->drains, "n3", "dummy0 is down", bench->now);
	assert_string_equal(reopen_logging(bench), "");
	assert_int_equal(bench->calls, 0);
	drain = drains_find(bench->drains, "n1");
	assert_string_equal(drain->reason, "\"new\" k\xc3\xa9rnel");
	assert_int_equal(drain->since, bench->now);
	assert_int_equal(drain->until, bench->now + HOUR);
	assert_int_equal(drains_find(bench->drains, "n2")->until, 0);
	assert_null(drains_find(bench->drains, "n3"));
	drains_clear(bench->drains, "n2");
	reopen(bench);
	assert_null(drains_find(bench->drains, "n2"));
}

static void an_order_runs_out_after_a_restart_too(void **state)
{
	struct bench *bench = *state;

	drains_set(bench->drains, "n1", NULL, 300 * NS_PER_MS, clock_wall());
	reopen(bench);
	assert_non_null(drains_find(bench->drains, "n1"));
	run_until_called(bench);
	assert_null(drains_find(bench->drains, "n1"));
}

static void what_ran_out_meanwhile_is_told_and_gone(void **state)
{
	struct bench *bench = *state;

	drains_set(bench->drains, "n1", NULL, HOUR, bench->now - 2 * HOUR);
	assert_non_null(strstr(reopen_logging(bench),
			       "n1 is drained no longer: its time ended while vipd did not run"));
	assert_null(drains_find(bench->drains, "n1"));
}

/* The clock went back since: such a drain has no age, but it is one. */
static void a_beginning_in_the_future_is_survived(void **state)
{
	struct bench *bench = *state;

	drains_set(bench->drains, "n1", NULL, HOUR, bench->now + 24 * HOUR);
	reopen(bench);
	assert_int_equal(drains_find(bench->drains, "n1")->since, bench->now + 24 * HOUR);
}

static void bad_files_are_told_and_ignored(void **state)
{
	static const struct {
		const char *text, *logged;
	} rows[] = {
		{"", ":1: '[' or '{' expected near end of file: nobody is drained by it"},
		{"{\"drains\": [{\"no", ":1: "},
		{"{\"drains\": []", ":1: "},
		{"[]", ": no list of drains in it"},
		{"{\"drains\": {}}", ": no list of drains in it"},
		{"{\"drains\": [1]}", ": an entry is ignored: "},
		{"{\"drains\": [{\"node\": \"n1\"}]}", ": an entry is ignored: "},
		{"{\"drains\": [{\"node\": \"\", \"reason\": \"\", \"since\": 1, \"until\": 0}]}",
		 ": an entry is ignored: "},
		{"{\"drains\": [{\"node\": \"n1\", \"reason\": \"\", \"since\": -1, \"until\": "
		 "0}]}",
		 ": an entry is ignored: "},
	};
	struct bench *bench = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *logged;

		write_text(bench, rows[i].text);
		logged = reopen_logging(bench);
		if (!strstr(logged, bench->path) || !strstr(logged, rows[i].logged))
			fail_msg("for %s this is logged: %s", rows[i].text, logged);
		assert_null(drains_find(bench->drains, "n1"));
	}
}

static void a_bad_entry_does_not_spoil_the_others(void **state)
{
	struct bench *bench = *state;

	write_text(bench, "{\"drains\": [{\"node\": 5},"
			  " {\"node\": \"n1\", \"reason\": \"r\", \"since\": 1, \"until\": 0,"
			  "  \"more\": true}], \"more\": 1}");
	reopen_logging(bench);
	expect_reason(bench, "n1", "r");
}

static void a_file_cut_anywhere_is_survived(void **state)
{
	static char text[4096], cut[4096];
	struct bench *bench = *state;
	size_t length;
	FILE *file;

	drains_set(bench->drains, "n1", "new kernel", 0, bench->now);
	file = fopen(bench->path, "r");
	length = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	for (size_t i = 0; i < length - 1; i++) {
		memcpy(cut, text, i);
		cut[i] = '\0';
		write_text(bench, cut);
		reopen_logging(bench);
		assert_null(drains_find(bench->drains, "n1"));
	}
	assert_int_equal(drains_set(bench->drains, "n1", NULL, 0, bench->now), 0);
	reopen(bench);
	assert_non_null(drains_find(bench->drains, "n1"));
}

static void without_a_file_an_order_holds_all_the_same(void **state)
{
	struct bench *bench = *state;
	const struct drain *drain;

	rmdir(bench->directory);
	drains_set(bench->drains, "n1", NULL, 0, bench->now);
	drain = drains_find(bench->drains, "n1");
	mkdir(bench->directory, 0700);
	assert_non_null(drain);
	assert_int_equal(bench->calls, 1);
}

/* Orders of other nodes. */

static struct drain_order order_of(const struct bench *bench, const char *node)
{
	struct drain_order orders[MAX_PEERS];
	size_t count = drains_orders(bench->drains, orders);

	for (size_t i = 0; i < count; i++)
		if (strcmp(orders[i].node, node) == 0)
			return orders[i];
	return (struct drain_order){};
}

static bool adopt(struct bench *bench, uint64_t at, bool drained)
{
	struct drain_order order = {.node = "n2", .at = at, .drained = drained};

	return drains_adopt(bench->drains, &order, bench->now);
}

static void the_later_order_is_in_force(void **state)
{
	struct bench *bench = *state;
	uint64_t now = bench->now / NS_PER_MS;

	assert_true(adopt(bench, now, true));
	assert_non_null(drains_find(bench->drains, "n2"));
	assert_true(bench->calls == 1 && bench->drained);
	assert_false(adopt(bench, now, false));
	assert_false(adopt(bench, now - 1, false));
	assert_non_null(drains_find(bench->drains, "n2"));
	assert_true(adopt(bench, now + 1, false));
	assert_null(drains_find(bench->drains, "n2"));
	assert_false(adopt(bench, now, true));
	assert_null(drains_find(bench->drains, "n2"));
}

/* Also where the clock of whoever gave the other one was ahead. */
static void our_own_order_is_the_last_one(void **state)
{
	struct bench *bench = *state;
	uint64_t ahead = bench->now / NS_PER_MS + 3600000;

	assert_true(adopt(bench, ahead, true));
	assert_int_equal(drains_clear(bench->drains, "n2"), 0);
	assert_int_equal(order_of(bench, "n2").at, ahead + 1);
	assert_false(order_of(bench, "n2").drained);
	assert_int_equal(drains_set(bench->drains, "n2", NULL, 0, bench->now), 0);
	assert_int_equal(order_of(bench, "n2").at, ahead + 2);
	assert_false(adopt(bench, ahead + 1, false));
}

static void nobody_orders_for_all_times(void **state)
{
	struct bench *bench = *state;

	assert_false(adopt(bench, UINT64_MAX, true));
	assert_false(adopt(bench, bench->now / NS_PER_MS + 2 * 86400000, true));
	assert_null(drains_find(bench->drains, "n2"));
}

static void orders_outlive_the_controller(void **state)
{
	struct bench *bench = *state;
	uint64_t now = bench->now / NS_PER_MS;

	assert_true(adopt(bench, now, true));
	assert_true(adopt(bench, now + 1, false));
	drains_set(bench->drains, "n1", NULL, HOUR, bench->now);
	reopen(bench);
	assert_int_equal(order_of(bench, "n2").at, now + 1);
	assert_false(order_of(bench, "n2").drained);
	assert_false(adopt(bench, now, true));
	assert_true(order_of(bench, "n1").drained);
	assert_int_equal(order_of(bench, "n1").until, bench->now + HOUR);
}

static void an_order_that_is_over_drains_nobody(void **state)
{
	struct bench *bench = *state;
	struct drain_order order = {
		.node = "n2",
		.at = bench->now / NS_PER_MS,
		.until = bench->now - 1,
		.drained = true,
	};

	assert_true(drains_adopt(bench->drains, &order, bench->now));
	assert_null(drains_find(bench->drains, "n2"));
	order.at++;
	order.until = bench->now + HOUR;
	assert_true(drains_adopt(bench->drains, &order, bench->now));
	assert_int_equal(drains_find(bench->drains, "n2")->until, bench->now + HOUR);
}

#define test(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(an_order_lasts_until_it_is_ended),
		test(the_later_order_is_in_force),
		test(our_own_order_is_the_last_one),
		test(nobody_orders_for_all_times),
		test(orders_outlive_the_controller),
		test(an_order_that_is_over_drains_nobody),
		test(another_order_does_not_begin_anew),
		test(nodes_are_drained_one_by_one),
		test(what_does_not_fit_is_refused),
		test(an_order_ends_by_itself),
		test(a_hold_is_ended_by_its_condition_alone),
		test(orders_and_holds_do_not_end_each_other),
		test(a_hold_is_left_when_an_order_runs_out),
		test(orders_outlive_the_controller_and_holds_do_not),
		test(an_order_runs_out_after_a_restart_too),
		test(what_ran_out_meanwhile_is_told_and_gone),
		test(a_beginning_in_the_future_is_survived),
		test(bad_files_are_told_and_ignored),
		test(a_bad_entry_does_not_spoil_the_others),
		test(a_file_cut_anywhere_is_survived),
		test(without_a_file_an_order_holds_all_the_same),
	};

	return cmocka_run_group_tests_name("drain", tests, NULL, NULL);
}
