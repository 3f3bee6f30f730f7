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
#include <sys/resource.h>
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
static struct checks *checks;
static struct trackers *trackers;
static struct tracker_status last;
static int changes;
static char directory[] = "/tmp/vipd-trackers-XXXXXX";
static char path[256];

static void on_change(const char *name, const struct tracker_status *status, void *context)
{
	(void)context;
	assert_string_equal(name, tracker.name);
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
	trackers_free(trackers);
	trackers = NULL;
	checks_free(checks);
	checks = NULL;
	loop = sd_event_unref(loop);
	unlink(path);
	rmdir(directory);
	return 0;
}

static void reload(void)
{
	struct trackers_plan *plan;

	assert_int_equal(trackers_prepare(trackers, &config, &plan), 0);
	trackers_commit(trackers, plan);
}

static void start(void)
{
	if (!checks)
		assert_int_equal(checks_new(loop, "n1", &checks), 0);
	assert_int_equal(trackers_new(&(struct trackers_setup){loop, checks, NULL, on_change, NULL},
				      &trackers),
			 0);
	reload();
}

static struct tracker_status status_now(void)
{
	struct tracker_status status;

	trackers_read(trackers, &config, &status);
	return status;
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

static void ignore_result(const struct health_status *status, bool changed, void *context)
{
	(void)status, (void)changed, (void)context;
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
	start();
	assert_int_equal(status_now().state, TRACKED_UNDECIDED);
	expect_number(1, 0);
	assert_string_equal(status_now().detail, "no such file");
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
	start();
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
	start();
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
	start();
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
	start();
	wait_for(1);
	assert_int_equal(last.state, TRACKED_DOWN);
	pid = start_process();
	wait_for(2);
	assert_int_equal(last.state, TRACKED_UP);
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
	start();
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
	start();
	wait_for(1);
	assert_int_equal(last.state, TRACKED_DOWN);
	waitpid(pid, NULL, 0);
}

#define CROWD 300

/* Nobody waits for them at first, so that they keep their entries in /proc. */
static void start_and_kill(pid_t crowd[static CROWD])
{
	for (size_t i = 0; i < CROWD; i++) {
		crowd[i] = start_process();
		kill(crowd[i], SIGKILL);
	}
	usleep(50000);
}

static void wait_for_all(const pid_t crowd[static CROWD])
{
	for (size_t i = 0; i < CROWD; i++)
		waitpid(crowd[i], NULL, 0);
}

/* How many turns the loop takes until the tracker has had its result. */
static int turns_of_a_search(void)
{
	uint64_t deadline = clock_now() + PATIENCE;
	int turns = 0;

	track_process();
	start();
	while (!changes && clock_now() < deadline) {
		sd_event_run(loop, 20000);
		turns++;
	}
	assert_int_equal(changes, 1);
	return turns;
}

/* Whatever else the loop has to do gets its turn meanwhile. */
static void a_search_among_many_processes_takes_turns(void **state)
{
	pid_t crowd[CROWD];

	(void)state;
	start_and_kill(crowd);
	assert_true(turns_of_a_search() > 3);
	assert_int_equal(last.state, TRACKED_DOWN);
	wait_for_all(crowd);
}

static void a_reload_may_end_a_search(void **state)
{
	pid_t crowd[CROWD];

	(void)state;
	start_and_kill(crowd);
	track_process();
	start();
	sd_event_run(loop, 20000);
	strcpy(tracker.process, "another");
	reload();
	wait_for(1);
	assert_int_equal(last.state, TRACKED_DOWN);
	wait_for_all(crowd);
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
	start();
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
	(void)state;
	track_file("flag");
	write_file("9");
	start();
	expect_number(1, 9);
	tracker.check.interval *= 2; /* it is another one now, and has not looked yet */
	reload();
	assert_int_equal(status_now().number, 9);
	write_file("8");
	expect_number(2, 8);
}

static void a_new_tracker_begins_as_up_after_a_reload(void **state)
{
	struct config_tracker other = tracker;

	(void)state;
	track_process();
	strcpy(other.name, "other");
	config.trackers = &other;
	start();
	config.trackers = &tracker;
	reload();
	assert_int_equal(status_now().state, TRACKED_UP);
	wait_for(1);
	assert_int_equal(last.state, TRACKED_DOWN);
}

static void a_reload_leaves_alone_what_is_the_same(void **state)
{
	int files;

	(void)state;
	track_file("flag");
	write_file("9");
	start();
	expect_number(1, 9);
	files = count_open_files();
	for (int i = 0; i < 3; i++) {
		reload();
		wait_for(1);
	}
	assert_int_equal(count_open_files(), files);
	write_file("8");
	expect_number(2, 8);
}

static void an_aborted_reload_leaves_all_alone(void **state)
{
	struct config_tracker before;
	struct trackers_plan *plan;

	(void)state;
	track_file("flag");
	write_file("9");
	start();
	expect_number(1, 9);
	before = tracker;
	tracker.check.interval *= 2;
	assert_int_equal(trackers_prepare(trackers, &config, &plan), 0);
	wait_for(1);
	trackers_abort(trackers, plan);
	tracker = before;
	write_file("8");
	expect_number(2, 8);
}

/* The tracker of an interface needs a socket, and there is no descriptor for one. */
static void a_reload_that_cannot_be_prepared_changes_nothing(void **state)
{
	struct config_tracker both[2] = {tracker, tracker};
	struct trackers_plan *plan = NULL;
	struct rlimit limit, none;

	(void)state;
	track_file("flag");
	write_file("9");
	start();
	expect_number(1, 9);
	both[0] = both[1] = tracker;
	strcpy(both[1].name, "uplink");
	both[1].kind = TRACKER_INTERFACE;
	strcpy(both[1].interface, "lo");
	config.trackers = both;
	config.tracker_count = 2;
	getrlimit(RLIMIT_NOFILE, &limit);
	none = (struct rlimit){.rlim_cur = 3, .rlim_max = limit.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	assert_true(trackers_prepare(trackers, &config, &plan) < 0);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_null(plan);
	config.trackers = &tracker;
	config.tracker_count = 1;
	assert_int_equal(status_now().number, 9);
	write_file("8");
	expect_number(2, 8);
}

/* It answers the service's question, and is not asked twice. */
static void a_check_may_be_known_already(void **state)
{
	struct check_question question = {.address = self.address};
	struct subscription service = {};
	uint16_t port = 0;
	int listener = listen_on_loopback(&port, 8);

	(void)state;
	tracker.check.method = CHECK_TCP;
	tracker.check.port = port;
	tracker.check.timeout = tracker.check.interval = 3600 * NS_PER_S;
	question.check = tracker.check;
	assert_int_equal(checks_new(loop, "n1", &checks), 0);
	assert_int_equal(subscription_open(&service, checks, &question, ignore_result, NULL), 0);
	subscription_start(&service);
	while (subscription_status(&service)->state == HEALTH_UNKNOWN)
		sd_event_run(loop, 20000);
	close(listener);
	start();
	wait_for(1);
	assert_int_equal(last.state, TRACKED_UP);
	assert_int_equal(subscription_status(&service)->successes, 1);
	subscription_close(&service);
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
		test(a_search_among_many_processes_takes_turns),
		test(a_reload_may_end_a_search),
		test(a_check_is_of_this_node),
		test(a_reload_begins_where_it_was),
		test(a_new_tracker_begins_as_up_after_a_reload),
		test(a_reload_leaves_alone_what_is_the_same),
		test(an_aborted_reload_leaves_all_alone),
		test(a_reload_that_cannot_be_prepared_changes_nothing),
		test(a_check_may_be_known_already),
	};

	return cmocka_run_group_tests_name("trackers", tests, NULL, NULL);
}
