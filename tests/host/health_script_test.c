// SPDX-License-Identifier: GPL-2.0-only
/* Checks by script: what it is told, what it may do, and how it is got rid of. Needs root. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ctl/base/clock.h"
#include "tests/unit/health_fixture.h"

#define DIRECTORY "/tmp/vipd-script-XXXXXX"

/* Where the script is, and where it may write. */
static char directory[sizeof(DIRECTORY)];

static int setup(void **state)
{
	strcpy(directory, DIRECTORY);
	if (!mkdtemp(directory) || chmod(directory, 0777) < 0)
		return -1;
	return bench_setup(state);
}

static int teardown(void **state)
{
	DIR *files = opendir(directory);
	const struct dirent *entry;

	while (files && (entry = readdir(files)))
		unlinkat(dirfd(files), entry->d_name, 0);
	if (files)
		closedir(files);
	rmdir(directory);
	return bench_teardown(state);
}

static void path_of(const char *name, char path[static 64])
{
	snprintf(path, 64, "%s/%s", directory, name);
}

/* The check is this script, in a directory that it finds as $0's. */
static void use_script(struct bench *bench, const char *text)
{
	struct config_check *check = &bench->service.check;
	char path[64];
	FILE *file;

	if (geteuid() != 0)
		skip();
	path_of("script", path);
	file = fopen(path, "we");
	assert_non_null(file);
	fprintf(file, "#!/bin/sh\n%s\n", text);
	fclose(file);
	assert_int_equal(chmod(path, 0755), 0);
	check->method = CHECK_SCRIPT;
	strcpy(check->path, path);
	bench_be_patient(bench);
}

/* What the script wrote to a file, with "" for nothing. */
static const char *written(const char *name)
{
	static char text[16384];
	char path[64];
	FILE *file;

	path_of(name, path);
	file = fopen(path, "re");
	text[0] = '\0';
	if (!file)
		return text;
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	return text;
}

static void assert_written(const char *name, const char *line)
{
	if (!strstr(written(name), line))
		fail_msg("expected \"%s\" in:\n%s", line, written(name));
}

/* Which signals a line of status has, but for the two that the C library keeps to itself. */
static void assert_signals(const char *key, unsigned long long expected)
{
	const unsigned long long reserved = 3ULL << 31; /* 32 and 33, see nptl(7) */
	const char *line = strstr(written("status"), key);

	assert_non_null(line);
	assert_int_equal(strtoull(line + strlen(key), NULL, 16) & ~reserved, expected);
}

static pid_t written_pid(struct bench *bench, const char *name)
{
	uint64_t deadline = clock_now() + PATIENCE;

	while (!strchr(written(name), '\n')) {
		assert_true(clock_now() < deadline);
		assert_true(sd_event_run(bench->event, 1000) >= 0);
	}
	return (pid_t)atoi(written(name));
}

/* Gone, or a zombie that another process will reap: a child of the script has a new parent. */
static bool is_running(pid_t pid)
{
	char path[64], state = 'Z';
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "re");
	if (!file)
		return false;
	if (fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
		state = 'Z';
	fclose(file);
	return state != 'Z' && state != 'X';
}

static void wait_for_end(struct bench *bench, pid_t pid)
{
	uint64_t deadline = clock_now() + PATIENCE;

	while (is_running(pid)) {
		assert_true(clock_now() < deadline);
		assert_true(sd_event_run(bench->event, 1000) >= 0);
	}
}

static void expect_no_children(struct bench *bench)
{
	uint64_t deadline = clock_now() + PATIENCE;

	while (waitid(P_ALL, 0, &(siginfo_t){}, WEXITED | WNOWAIT | WNOHANG) == 0) {
		assert_true(clock_now() < deadline);
		assert_true(sd_event_run(bench->event, 1000) >= 0);
	}
	assert_int_equal(errno, ECHILD);
}

static void its_exit_status_decides(void **state)
{
	struct bench *bench = *state;
	char path[64];

	path_of("bad", path);
	use_script(bench, "[ ! -e ${0%/*}/bad ] || exit 3");
	bench_start(bench);
	bench_wait_for_changes(bench, 1);
	bench_expect(bench, 0, HEALTH_UP, "exit status 0 in ");
	close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
	bench_wait_for_changes(bench, 2);
	bench_expect(bench, 0, HEALTH_DOWN, "exit status 3");
	assert_int_equal(bench->last.failures, 3);
	unlink(path);
	bench_wait_for_changes(bench, 3);
	bench_expect(bench, 0, HEALTH_UP, "exit status 0 in ");
}

static void it_is_told_whom_to_check(void **state)
{
	struct bench *bench = *state;
	char port[32];

	use_script(bench, "env > ${0%/*}/$VIPD_NODE");
	bench->service.check.interval = 10 * NS_PER_S; /* the next run would empty the file */
	bench_add_backends(bench, 2);
	bench_start(bench);
	bench_wait_for_changes(bench, 2);
	snprintf(port, sizeof(port), "VIPD_PORT=%u\n", bench->servers[0].port);
	assert_written("n2", "VIPD_SERVICE=web\n");
	assert_written("n2", "VIPD_NODE=n2\n");
	assert_written("n2", "VIPD_ADDRESS=127.0.0.2\n");
	assert_written("n2", port);
	assert_written("n2", "PATH=/usr");
	assert_written("n1", "VIPD_ADDRESS=127.0.0.1\n");
	assert_null(strstr(written("n1"), "HOME="));
}

static void it_may_do_nothing(void **state)
{
	struct bench *bench = *state;
	sigset_t blocked;

	sigemptyset(&blocked);
	sigaddset(&blocked, SIGHUP);
	sigprocmask(SIG_BLOCK, &blocked, NULL);
	signal(SIGPIPE, SIG_IGN);
	use_script(bench, "d=${0%/*}; cat /proc/self/status > $d/status; id > $d/id; pwd > $d/pwd;"
			  "cat /proc/self/oom_score_adj > $d/oom");
	bench_start(bench);
	bench_wait_for_changes(bench, 1);
	signal(SIGPIPE, SIG_DFL);
	sigprocmask(SIG_UNBLOCK, &blocked, NULL);
	assert_written("id", "uid=65534(nobody) gid=65534(nogroup) groups=65534(nogroup)\n");
	assert_written("status", "Uid:\t65534\t65534\t65534\t65534\n");
	assert_written("status", "Groups:\t \n");
	assert_written("status", "NoNewPrivs:\t1\n");
	assert_written("status", "CapInh:\t0000000000000000\n");
	assert_written("status", "CapPrm:\t0000000000000000\n");
	assert_written("status", "CapEff:\t0000000000000000\n");
	assert_written("status", "CapAmb:\t0000000000000000\n");
	assert_signals("SigIgn:\t", 0);
	assert_signals("SigBlk:\t", 0);
	assert_written("pwd", "/\n");
	assert_written("oom", "0\n");
}

/* Not for ever, even where it cannot be killed; and not as urgently as we. */
static void its_share_is_limited(void **state)
{
	struct bench *bench = *state;

	use_script(bench, "d=${0%/*}; { ulimit -t; ulimit -c; nice; } > $d/limits");
	bench->service.check.interval = 3600 * NS_PER_S;
	bench->service.check.timeout = 2500 * NS_PER_MS;
	assert_int_equal(setpriority(PRIO_PROCESS, 0, -5), 0);
	bench_start(bench);
	bench_wait_for_changes(bench, 1);
	assert_int_equal(setpriority(PRIO_PROCESS, 0, 0), 0);
	assert_string_equal(written("limits"), "4\n0\n0\n");
}

/* Not even one that its owner forgot to mark close-on-exec. */
static void it_has_none_of_our_files(void **state)
{
	struct bench *bench = *state;
	int forgotten = open("/etc/passwd", O_RDONLY); /* NOLINT(android-cloexec-open) */

	assert_true(forgotten > STDERR_FILENO);
	use_script(bench, "for fd in 0 1 2; do [ /proc/$$/fd/$fd -ef /dev/null ] || exit 1; done;"
			  "ls -l /proc/self/fd > ${0%/*}/open");
	bench_start(bench);
	bench_wait_for_changes(bench, 1);
	bench_expect(bench, 0, HEALTH_UP, "exit status 0 in ");
	assert_written("open", " 0 -> /dev/null\n");
	assert_null(strstr(written("open"), "passwd"));
	assert_null(strstr(written("open"), " 4 -> ")); /* 3 is the directory that is listed */
	close(forgotten);
}

static void what_it_says_is_ignored(void **state)
{
	struct bench *bench = *state;

	use_script(bench, "yes | head -c 1000000; yes | head -c 1000000 >&2");
	bench_start(bench);
	bench_wait_for_changes(bench, 1);
	bench_expect(bench, 0, HEALTH_UP, "exit status 0 in ");
}

static void death_by_signal_is_down(void **state)
{
	struct bench *bench = *state;

	use_script(bench, "kill -SEGV $$");
	bench_start(bench);
	bench_wait_for_changes(bench, 1);
	bench_expect(bench, 0, HEALTH_DOWN, "killed by signal 11 (Segmentation fault)");
}

static void set_short_timeout(struct bench *bench)
{
	bench->service.check.interval = 10 * NS_PER_S;
	bench->service.check.timeout = 200 * NS_PER_MS;
}

static void one_that_hangs_is_asked_to_end(void **state)
{
	struct bench *bench = *state;

	use_script(bench, "trap 'echo asked > ${0%/*}/end; exit 0' TERM; while :; do sleep 0.01; "
			  "done");
	set_short_timeout(bench);
	bench_start(bench);
	bench_wait_for_changes(bench, 1);
	bench_expect(bench, 0, HEALTH_DOWN, "did not end within 0.2 s");
	assert_string_equal(written("end"), "asked\n");
	expect_no_children(bench);
}

static void one_that_refuses_is_killed_with_its_children(void **state)
{
	struct bench *bench = *state;
	pid_t script, child;

	use_script(bench, "trap '' TERM; sleep 1000 & echo $! > ${0%/*}/child;"
			  "echo $$ > ${0%/*}/pid; wait; sleep 1000");
	set_short_timeout(bench);
	bench_start(bench);
	script = written_pid(bench, "pid");
	child = written_pid(bench, "child");
	bench_wait_for_changes(bench, 1);
	bench_expect(bench, 0, HEALTH_DOWN, "did not end within 0.2 s");
	wait_for_end(bench, script);
	wait_for_end(bench, child);
	expect_no_children(bench);
}

static void what_it_leaves_behind_is_killed(void **state)
{
	struct bench *bench = *state;

	use_script(bench, "sleep 1000 & echo $! > ${0%/*}/child");
	bench->service.check.interval = 10 * NS_PER_S;
	bench_start(bench);
	bench_wait_for_changes(bench, 1);
	bench_expect(bench, 0, HEALTH_UP, "exit status 0 in ");
	wait_for_end(bench, written_pid(bench, "child"));
}

/* And the one after is as good as new: the timeout is as long as the interval. */
static void one_that_hung_is_run_again(void **state)
{
	struct bench *bench = *state;
	char path[64];

	path_of("good", path);
	use_script(bench, "[ -e ${0%/*}/good ] || sleep 1000");
	bench->service.check.interval = 500 * NS_PER_MS;
	bench->service.check.timeout = 500 * NS_PER_MS;
	bench_start(bench);
	bench_wait_for_changes(bench, 1);
	bench_expect(bench, 0, HEALTH_DOWN, "did not end within 0.5 s");
	close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
	bench_wait_for_changes(bench, 2);
	bench_expect(bench, 0, HEALTH_UP, "exit status 0 in ");
}

static int count_tick(sd_event_source *source, uint64_t due, void *context)
{
	int *ticks = context;

	(*ticks)++;
	assert_true(sd_event_source_set_time(source, due + 10 * NS_PER_MS / NS_PER_US) >= 0);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static void the_loop_runs_on_meanwhile(void **state)
{
	struct bench *bench = *state;
	sd_event_source *timer = NULL;
	int ticks = 0;

	use_script(bench, "sleep 1");
	assert_true(sd_event_add_time(bench->event, &timer, CLOCK_MONOTONIC,
				      clock_now() / NS_PER_US, 1000, count_tick, &ticks) >= 0);
	bench_start(bench);
	bench_wait_for_changes(bench, 1);
	bench_expect(bench, 0, HEALTH_UP, "exit status 0 in ");
	assert_true(ticks >= 50);
	sd_event_source_disable_unref(timer);
}

static void the_end_of_the_checks_is_its_end(void **state)
{
	struct bench *bench = *state;
	pid_t script;

	use_script(bench, "trap '' TERM; echo $$ > ${0%/*}/pid; while :; do sleep 1000; done");
	bench_start(bench);
	script = written_pid(bench, "pid");
	bench_stop(bench);
	wait_for_end(bench, script);
	expect_no_children(bench);
	assert_int_equal(bench->changes, 0);
}

/* Memory is for the address sanitizer to judge. */
static void the_loop_may_end_first(void **state)
{
	struct bench *bench = *state;
	siginfo_t info = {};

	use_script(bench, "echo $$ > ${0%/*}/pid; exec sleep 1000");
	bench_start(bench);
	written_pid(bench, "pid");
	bench_stop(bench);
	bench->event = sd_event_unref(bench->event);
	assert_int_equal(waitid(P_ALL, 0, &info, WEXITED), 0);
	assert_int_equal(info.si_status, SIGKILL);
}

static void expect_failure(struct bench *bench, const char *detail)
{
	bench_start(bench);
	bench_wait_for_changes(bench, 1);
	bench_expect(bench, 0, HEALTH_DOWN, detail);
	expect_no_children(bench);
}

static void a_program_that_is_missing(void **state)
{
	struct bench *bench = *state;

	use_script(bench, "");
	strcpy(bench->service.check.path, "/nonexistent/check");
	expect_failure(bench, "cannot run it: No such file or directory");
}

static void a_program_that_its_user_may_not_run(void **state)
{
	struct bench *bench = *state;

	use_script(bench, "");
	assert_int_equal(chmod(bench->service.check.path, 0700), 0);
	expect_failure(bench, "cannot run it: Permission denied");
}

static void a_user_that_does_not_exist(void **state)
{
	struct bench *bench = *state;

	use_script(bench, "");
	strcpy(bench->service.check.user, "no-such-user");
	expect_failure(bench, "there is no user no-such-user on this node");
}

static void root_under_whatever_name(void **state)
{
	struct bench *bench = *state;

	use_script(bench, "");
	strcpy(bench->service.check.user, "root");
	expect_failure(bench, "user root is root, who does not run scripts");
}

#define SCRIPT_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCRIPT_TEST(its_exit_status_decides),
		SCRIPT_TEST(it_is_told_whom_to_check),
		SCRIPT_TEST(it_may_do_nothing),
		SCRIPT_TEST(its_share_is_limited),
		SCRIPT_TEST(it_has_none_of_our_files),
		SCRIPT_TEST(what_it_says_is_ignored),
		SCRIPT_TEST(death_by_signal_is_down),
		SCRIPT_TEST(one_that_hangs_is_asked_to_end),
		SCRIPT_TEST(one_that_refuses_is_killed_with_its_children),
		SCRIPT_TEST(what_it_leaves_behind_is_killed),
		SCRIPT_TEST(one_that_hung_is_run_again),
		SCRIPT_TEST(the_loop_runs_on_meanwhile),
		SCRIPT_TEST(the_end_of_the_checks_is_its_end),
		SCRIPT_TEST(the_loop_may_end_first),
		SCRIPT_TEST(a_program_that_is_missing),
		SCRIPT_TEST(a_program_that_its_user_may_not_run),
		SCRIPT_TEST(a_user_that_does_not_exist),
		SCRIPT_TEST(root_under_whatever_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
