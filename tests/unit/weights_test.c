// SPDX-License-Identifier: GPL-2.0-only
/* What weights make of trackers, what a sync group makes of its members, and what is told when. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <limits.h>

#include "ctl/base/clock.h"
#include "ctl/trackers/weights.h"
#include "ctl/vrrp/mismatch.h"
#include "ctl/vrrp/sync.h"

#define TRACKERS 3

/* Two of them are interfaces or the like, the third is a file. */
static struct config_tracker trackers[TRACKERS] = {{}, {}, {.kind = TRACKER_FILE}};
static struct tracker_status statuses[TRACKERS];

static struct weighed weigh(uint8_t priority, const struct config_track *tracks, size_t count)
{
	struct config_instance instance = {
		.priority = {priority},
		.tracks = (struct config_track *)tracks,
		.track_count = count,
	};
	const struct config config = {.trackers = trackers, .tracker_count = TRACKERS};

	return weights_of_instance(&config, &instance, statuses);
}

static void set(enum tracker_state first, enum tracker_state second, int number)
{
	statuses[0].state = first;
	statuses[1].state = second;
	statuses[2] = (struct tracker_status){TRACKED_UP, number, ""};
}

static void weights_add_while_up_or_down(void **state)
{
	static const struct {
		enum tracker_state state;
		int weight;
		uint8_t priority, expected;
	} rows[] = {
		{TRACKED_UP, -30, 150, 150},    {TRACKED_DOWN, -30, 150, 120},
		{TRACKED_UP, 30, 150, 180},     {TRACKED_DOWN, 30, 150, 150},
		{TRACKED_UP, 253, 150, 254},    {TRACKED_DOWN, -253, 150, 1},
		{TRACKED_UP, 1, 254, 254},      {TRACKED_DOWN, -253, 254, 1},
		{TRACKED_DOWN, -1, 1, 1},       {TRACKED_UP, 253, 255, 255},
		{TRACKED_DOWN, -253, 255, 255},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct config_track track = {.tracker = 0, .weight = rows[i].weight};
		struct weighed weighed;

		set(rows[i].state, TRACKED_UP, 0);
		weighed = weigh(rows[i].priority, &track, 1);
		assert_int_equal(weighed.priority, rows[i].expected);
		assert_false(weighed.fails);
		assert_false(weighed.undecided);
	}
}

static void the_sum_is_clamped_not_its_parts(void **state)
{
	static const struct config_track tracks[] = {{0, -200}, {1, 200}};

	(void)state;
	set(TRACKED_DOWN, TRACKED_UP, 0);
	assert_int_equal(weigh(100, tracks, 2).priority, 100);
}

static void without_a_weight_a_failure_is_a_fault(void **state)
{
	static const struct config_track tracks[] = {{0, 0}, {1, -30}};

	(void)state;
	set(TRACKED_UP, TRACKED_DOWN, 0);
	assert_false(weigh(100, tracks, 2).fails);
	set(TRACKED_DOWN, TRACKED_UP, 0);
	assert_true(weigh(100, tracks, 2).fails);
	assert_int_equal(weigh(100, tracks, 2).priority, 100);
	assert_true(weigh(255, tracks, 2).fails);
}

static void what_is_not_known_yet_is_said(void **state)
{
	static const struct config_track tracks[] = {{0, 0}, {1, 30}};

	(void)state;
	set(TRACKED_UNDECIDED, TRACKED_UP, 0);
	assert_true(weigh(100, tracks, 2).undecided);
	set(TRACKED_UP, TRACKED_UNDECIDED, 0);
	assert_true(weigh(100, tracks, 2).undecided);
	set(TRACKED_UP, TRACKED_UP, 0);
	assert_false(weigh(100, tracks, 2).undecided);
}

static void a_files_number_counts_times_the_weight(void **state)
{
	static const struct {
		int weight, number;
		uint8_t expected;
		bool fails;
	} rows[] = {
		{0, 0, 100, false},       {0, 1, 100, true},          {0, -1, 100, true},
		{1, 10, 110, false},      {-1, 10, 90, false},        {2, -20, 60, false},
		{1, -253, 1, false},      {1, -254, 1, true},         {-1, 254, 1, true},
		{1, INT_MAX, 254, false}, {253, INT_MAX, 254, false}, {253, INT_MIN, 1, true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct config_track track = {.tracker = 2, .weight = rows[i].weight};
		struct weighed weighed;

		set(TRACKED_UP, TRACKED_UP, rows[i].number);
		weighed = weigh(100, &track, 1);
		assert_int_equal(weighed.priority, rows[i].expected);
		assert_int_equal(weighed.fails, rows[i].fails);
	}
}

static void who_pulls_down_is_known(void **state)
{
	static const struct config_track negative = {0, -30}, positive = {0, 30}, none = {0, 0};
	static const struct tracker_status up = {.state = TRACKED_UP};
	static const struct tracker_status down = {.state = TRACKED_DOWN};

	(void)state;
	assert_true(weights_effect(&negative, TRACKER_CHECK, &down).pulls_down);
	assert_true(weights_effect(&positive, TRACKER_CHECK, &down).pulls_down);
	assert_false(weights_effect(&none, TRACKER_CHECK, &down).pulls_down);
	assert_false(weights_effect(&negative, TRACKER_CHECK, &up).pulls_down);
	assert_false(weights_effect(&positive, TRACKER_CHECK, &up).pulls_down);
}

static void a_groups_tracks_count_for_its_instances(void **state)
{
	struct config_track own[] = {{0, 0}}, shared[] = {{1, -30}};
	struct config_sync_group group = {.tracks = shared, .track_count = 1};
	struct config_instance instance = {
		.priority = {100}, .tracks = own, .track_count = 1, .sync_group = 1};
	const struct config config = {.trackers = trackers,
				      .tracker_count = TRACKERS,
				      .sync_groups = &group,
				      .sync_group_count = 1};

	(void)state;
	set(TRACKED_DOWN, TRACKED_DOWN, 0);
	assert_int_equal(weights_of_instance(&config, &instance, statuses).priority, 70);
	assert_true(weights_of_instance(&config, &instance, statuses).fails);
}

/* Sync groups. */

static void members_follow_whoever_moved(void **state)
{
	static const struct {
		struct sync_member members[2];
		enum sync_move expected;
	} rows[] = {
		{{{VRRP_BACKUP, VRRP_BACKUP}, {VRRP_BACKUP, VRRP_BACKUP}}, SYNC_STAY},
		{{{VRRP_ACTIVE, VRRP_ACTIVE}, {VRRP_ACTIVE, VRRP_ACTIVE}}, SYNC_STAY},
		{{{VRRP_BACKUP, VRRP_ACTIVE}, {VRRP_BACKUP, VRRP_BACKUP}}, SYNC_TAKE_OVER},
		{{{VRRP_FAULT, VRRP_ACTIVE}, {VRRP_FAULT, VRRP_BACKUP}}, SYNC_TAKE_OVER},
		{{{VRRP_ACTIVE, VRRP_BACKUP}, {VRRP_ACTIVE, VRRP_ACTIVE}}, SYNC_HAND_OVER},
		{{{VRRP_ACTIVE, VRRP_FAULT}, {VRRP_ACTIVE, VRRP_ACTIVE}}, SYNC_HAND_OVER},
		/* It could not follow, and is not asked again. */
		{{{VRRP_ACTIVE, VRRP_ACTIVE}, {VRRP_BACKUP, VRRP_BACKUP}}, SYNC_STAY},
		/* One lost, one won. */
		{{{VRRP_ACTIVE, VRRP_BACKUP}, {VRRP_BACKUP, VRRP_ACTIVE}}, SYNC_HAND_OVER},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(sync_decide(rows[i].members, 2), rows[i].expected);
}

/* What peers have configured otherwise. */

static void differences_are_counted_and_told_once_a_minute(void **state)
{
	struct mismatch mismatch = {};
	uint64_t now = NS_PER_S;

	(void)state;
	assert_false(mismatch_note(&mismatch, false, 0, now));
	assert_true(mismatch_note(&mismatch, true, 0, now));
	assert_true(mismatch.last);
	assert_false(mismatch_note(&mismatch, true, 0, now + 59 * NS_PER_S));
	assert_true(mismatch_note(&mismatch, true, 0, now + 60 * NS_PER_S));
	assert_int_equal(mismatch.count, 3);
	assert_false(mismatch_note(&mismatch, false, 0, now + 61 * NS_PER_S));
	assert_false(mismatch.last);
	assert_int_equal(mismatch.count, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(weights_add_while_up_or_down),
		cmocka_unit_test(the_sum_is_clamped_not_its_parts),
		cmocka_unit_test(without_a_weight_a_failure_is_a_fault),
		cmocka_unit_test(what_is_not_known_yet_is_said),
		cmocka_unit_test(a_files_number_counts_times_the_weight),
		cmocka_unit_test(who_pulls_down_is_known),
		cmocka_unit_test(a_groups_tracks_count_for_its_instances),
		cmocka_unit_test(members_follow_whoever_moved),
		cmocka_unit_test(differences_are_counted_and_told_once_a_minute),
	};

	return cmocka_run_group_tests_name("weights", tests, NULL, NULL);
}
