// SPDX-License-Identifier: GPL-2.0-only
/* Trackers of files, processes and checks, in a real event loop. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ctl/base/address.h"
#include "ctl/base/clock.h"
#include "ctl/trackers/trackers.h"
#include "tests/unit/health_fixture.h"

#define PROCESS "tracked one"

/* One tracker, and what it reported last. */
static sd_event *loop;
static struct config_peer self;
static struct config_tracker tracker;
static struct config config;
static struct trackers *trackers;
static struct tracker_status last;
static int changes;
static char directory[] = "/tmp/vipd-trackers-XXXXXX";
static char path[256];

static void on_change(size_t index, const struct tracker_status *status, void *context)
{
	(void)context;
	assert_int_equal(index, 0);
	last = *status;
	changes++;
}

static int set_up(void **state)
{
	(void)state;
	strcpy(directory + sizeof(directory) - 7, "XXXXXX");
	assert_non_null(mkdtemp(directory));
	assert_int_equal(sd_event_new(&loop), 0);
	address_parse("127.0.0.1", &self.address);
	strcpy(self.name, "n1");
	tracker = (struct config_tracker){
		.name = "it",
		.check = {.interval = INTERVAL, .timeout = INTERVAL, .fall = 1, .rise = 1},
	};
	config = (struct config){
		.peers = &self, .peer_count = 1, .trackers = &tracker, .tracker_count = 1};
	changes = 0;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	trackers_stop(trackers);
	trackers = NULL;
	loop = sd_event_unref(loop);
	unlink(path);
	rmdir(directory);
	return 0;
}

static void start(const struct trackers *before)
{
	assert_int_equal(trackers_start(&config, before, loop, NULL, on_change, NULL, &trackers),
			 0);
}

/* Until so many changes were told; and no more in what is at hand. */
static void wait_for(int count)
{
	uint64_t deadline = clock_now() + PATIENCE;

	while (changes < count && clock_now() < deadline)
		sd_event_run(loop, 20000);
	while (sd_event_run(loop, 0) > 0)
		;
	assert_int_equal(changes, count);
}

/* Files. */

static void track_file(const char *name)
{
	tracker.kind = TRACKER_FILE;
	snprintf(path, sizeof(path), "%s/%s", directory, name);
	snprintf(tracker.file, sizeof(tracker.file), "%s", path);
}

static void write_file(const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static void expect_number(int count, int number)
{
	wait_for(count);
	assert_int_equal(last.state, TRACKED_UP);
	assert_int_equal(last.number, number);
}

static void a_file_may_come_change_and_go(void **state)
{
	(void)state;
	track_file("flag");
	start(NULL);
	assert_int_equal(trackers_statuses(trackers)[0].state, TRACKED_UNDECIDED);
	expect_number(1, 0);
	assert_string_equal(trackers_statuses(trackers)[0].detail, "no such file");
	write_file("7\n");
	expect_number(2, 7);
	write_file(" -30 ");
	expect_number(3, -30);
	unlink(path);
	expect_number(4, 0);
}

static void a_file_may_be_replaced(void **state)
{
	char real[sizeof(path)];

	(void)state;
	track_file("new");
	write_file("5");
	snprintf(real, sizeof(real), "%s", path);
	track_file("flag");
	start(NULL);
	expect_number(1, 0);
	assert_int_equal(rename(real, path), 0);
	expect_number(2, 5);
}

static void what_is_no_number_is_a_failure(void **state)
{
	static const char *const texts[] = {"on\n", "1 2", "99999999999", "0x10"};
	int count = 1;

	(void)state;
	track_file("flag");
	start(NULL);
	wait_for(1);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		write_file(texts[i]);
		wait_for(++count);
		assert_int_equal(last.state, TRACKED_DOWN);
		write_file("");
		expect_number(++count, 0);
	}
}

static void a_directory_may_come_later(void **state)
{
	char whole[sizeof(path)];

	(void)state;
	snprintf(whole, sizeof(whole), "%s", directory);
	track_file("flag");
	rmdir(directory);
	start(NULL);
	expect_number(1, 0);
	mkdir(whole, 0700);
	write_file("3");
	expect_number(2, 3);
}

/* Processes. */

static pid_t start_process(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		prctl(PR_SET_NAME, PROCESS);
		while (true)
			pause();
	}
	assert_true(pid > 0);
	return pid;
}

static void end_process(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void track_process(void)
{
	tracker.kind = TRACKER_PROCESS;
	strcpy(tracker.process, PROCESS);
}

static void a_process_may_come_and_go(void **state)
{
	pid_t pid;

	(void)state;
	track_process();
	start(NULL);
	wait_for(1);
	assert_int_equal(last.state, TRACKED_DOWN);
	pid = start_process();
	wait_for(2);
	assert_int_equal(last.state, TRACKED_UP);
	tracker.check.interval = 3600 * NS_PER_S; /* its end is told, not found out */
	end_process(pid);
	wait_for(3);
	assert_int_equal(last.state, TRACKED_DOWN);
	assert_string_equal(last.detail, "no process of this name");
}

static void one_of_several_processes_is_enough(void **state)
{
	pid_t first = start_process(), second = start_process();

	(void)state;
	usleep(50000); /* until they have their names */
	track_process();
	start(NULL);
	wait_for(1);
	end_process(first);
	for (int i = 0; i < 10; i++)
		sd_event_run(loop, 10000);
	assert_int_equal(changes, 1);
	end_process(second);
	wait_for(2);
	assert_int_equal(last.state, TRACKED_DOWN);
}

/* One that nobody has waited for has a name still. */
static void a_dead_process_does_not_count(void **state)
{
	pid_t pid = start_process();

	(void)state;
	usleep(50000);
	kill(pid, SIGKILL);
	usleep(50000);
	track_process();
	start(NULL);
	wait_for(1);
	assert_int_equal(last.state, TRACKED_DOWN);
	waitpid(pid, NULL, 0);
}

/* Checks. */

static void a_check_is_of_this_node(void **state)
{
	uint16_t port = 0;
	int listener = listen_on_loopback(&port, 8);

	(void)state;
	tracker.check.method = CHECK_TCP;
	tracker.check.port = port;
	tracker.check.timeout = tracker.check.interval = 10 * INTERVAL;
	start(NULL);
	wait_for(1);
	assert_int_equal(last.state, TRACKED_UP);
	close(listener);
	wait_for(2);
	assert_int_equal(last.state, TRACKED_DOWN);
	assert_non_null(strstr(last.detail, "refused"));
}

/* Reloads. */

static void a_reload_begins_where_it_was(void **state)
{
	struct trackers *before;

	(void)state;
	track_file("flag");
	write_file("9");
	start(NULL);
	expect_number(1, 9);
	before = trackers;
	start(before);
	trackers_stop(before);
	assert_int_equal(trackers_statuses(trackers)[0].number, 9);
	write_file("8");
	expect_number(2, 8);
}

static void a_new_tracker_begins_as_up_after_a_reload(void **state)
{
	struct config_tracker other = tracker;
	struct trackers *before;

	(void)state;
	track_process();
	strcpy(other.name, "other");
	config.trackers = &other;
	start(NULL);
	before = trackers;
	config.trackers = &tracker;
	start(before);
	trackers_stop(before);
	assert_int_equal(trackers_statuses(trackers)[0].state, TRACKED_UP);
	wait_for(1);
	assert_int_equal(last.state, TRACKED_DOWN);
}

#define test(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_file_may_come_change_and_go),
		test(a_file_may_be_replaced),
		test(what_is_no_number_is_a_failure),
		test(a_directory_may_come_later),
		test(a_process_may_come_and_go),
		test(one_of_several_processes_is_enough),
		test(a_dead_process_does_not_count),
		test(a_check_is_of_this_node),
		test(a_reload_begins_where_it_was),
		test(a_new_tracker_begins_as_up_after_a_reload),
	};

	return cmocka_run_group_tests_name("trackers", tests, NULL, NULL);
}
