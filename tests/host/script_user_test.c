// SPDX-License-Identifier: GPL-2.0-only
/* Whom a script runs as, when the directory that knows is slow, gone, or wrong. Needs root. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <pwd.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/base/clock.h"
#include "tests/unit/health_fixture.h"

#define UID_OF_NOBODY 65534

enum {
	DIRECTORY_HANGS = -1,
	DIRECTORY_LACKS_HIM = 0,
	/* else: the error it answers with, or the user's number */
	DIRECTORY_FAILS = EIO,
};

static atomic_int directory;
static atomic_int questions;

/* Ours is found before the C library's. */
int getpwnam_r(const char *name, struct passwd *entry, char *strings, size_t size,
	       struct passwd **found)
{
	int answer;

	(void)name, (void)strings, (void)size;
	questions++;
	while ((answer = directory) == DIRECTORY_HANGS)
		usleep(1000);
	*found = NULL;
	if (answer == DIRECTORY_LACKS_HIM || answer == DIRECTORY_FAILS)
		return answer;
	entry->pw_uid = entry->pw_gid = (uid_t)answer;
	*found = entry;
	return 0;
}

static void have_script(struct bench *bench, uint64_t timeout)
{
	struct config_check *check = &bench->service.check;

	if (geteuid() != 0)
		skip();
	check->method = CHECK_SCRIPT;
	strcpy(check->path, "/bin/true");
	check->timeout = timeout;
	questions = 0;
}

/* The directory's thread ends by itself, but after the test. */
static void end_of_thread(int files)
{
	uint64_t deadline = clock_now() + PATIENCE;

	while (count_open_files() > files) {
		assert_true(clock_now() < deadline);
		usleep(1000);
	}
}

static void the_loop_does_not_wait_for_a_slow_one(void **state)
{
	struct bench *bench = *state;
	uint64_t longest = 0;

	have_script(bench, PATIENCE);
	directory = DIRECTORY_HANGS;
	for (int i = 0; i < 50; i++) {
		uint64_t before = clock_now();

		if (i == 0)
			bench_start(bench);
		assert_true(sd_event_run(bench->event, 5000) >= 0);
		if (clock_now() - before > longest)
			longest = clock_now() - before;
	}
	assert_true(questions > 0);
	assert_true(longest < PATIENCE / 10);
	assert_int_equal(bench->changes, 0);
	directory = UID_OF_NOBODY;
	bench_wait_for_changes(bench, 1);
	bench_expect(bench, 0, HEALTH_UP, "exit status 0 in ");
}

static void one_that_never_answers_is_a_failure(void **state)
{
	struct bench *bench = *state;
	int files = count_open_files();

	have_script(bench, 100 * NS_PER_MS);
	bench->service.check.interval = 100 * NS_PER_MS;
	directory = DIRECTORY_HANGS;
	bench_start(bench);
	bench_wait_for_changes(bench, 1);
	bench_expect(bench, 0, HEALTH_DOWN, "user nobody was not found within 0.1 s");
	while (bench_status(bench, 0).failures < 5)
		assert_true(sd_event_run(bench->event, 10000) >= 0);
	assert_int_equal(questions, 1);
	directory = UID_OF_NOBODY;
	bench_wait_for_changes(bench, 2);
	bench_expect(bench, 0, HEALTH_UP, "exit status 0 in ");
	assert_int_equal(questions, 1);
	bench_stop(bench);
	end_of_thread(files + 2); /* what the loop keeps: epoll's timer and signals */
}

/* Nobody reads the answer; memory is for the address sanitizer to judge. */
static void the_checks_may_end_first(void **state)
{
	struct bench *bench = *state;
	int files;

	have_script(bench, PATIENCE);
	directory = DIRECTORY_HANGS;
	bench_start(bench);
	while (!questions)
		assert_true(sd_event_run(bench->event, 1000) >= 0);
	files = count_open_files();
	bench_stop(bench);
	directory = DIRECTORY_LACKS_HIM;
	end_of_thread(files - 2);
	assert_true(sd_event_run(bench->event, 1000) >= 0);
	assert_int_equal(bench->changes, 0);
}

static void a_user_may_come_later(void **state)
{
	struct bench *bench = *state;

	have_script(bench, PATIENCE);
	directory = DIRECTORY_LACKS_HIM;
	bench_start(bench);
	bench_wait_for_changes(bench, 1);
	bench_expect(bench, 0, HEALTH_DOWN, "there is no user nobody on this node");
	directory = UID_OF_NOBODY;
	bench_wait_for_changes(bench, 2);
	bench_expect(bench, 0, HEALTH_UP, "exit status 0 in ");
}

static void a_directory_may_fail(void **state)
{
	struct bench *bench = *state;

	have_script(bench, PATIENCE);
	directory = DIRECTORY_FAILS;
	bench_start(bench);
	bench_wait_for_changes(bench, 1);
	bench_expect(bench, 0, HEALTH_DOWN, "cannot look user nobody up: Input/output error");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BENCH_TEST(the_loop_does_not_wait_for_a_slow_one),
		BENCH_TEST(one_that_never_answers_is_a_failure),
		BENCH_TEST(the_checks_may_end_first),
		BENCH_TEST(a_user_may_come_later),
		BENCH_TEST(a_directory_may_fail),
	};

	return cmocka_run_group_tests_name("users of scripts", tests, NULL, NULL);
}
