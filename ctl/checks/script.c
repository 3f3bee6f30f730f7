// SPDX-License-Identifier: GPL-2.0-only
/*
 * A program on this node decides, by ending with status 0 or not. It runs as a user who may do
 * nothing, in a process group of its own, and for no longer than the timeout.
 */
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ctl/base/cleanup.h"
#include "ctl/base/clock.h"
#include "ctl/checks/spawn.h"
#include "ctl/checks/target.h"
#include "ctl/checks/user.h"

/* How long a process may take to end after SIGTERM, and after SIGKILL. */
#define GRACE (500 * NS_PER_MS)

#define TIMER_ACCURACY_US 1000

/* A user may get another number, or be removed: it is looked up again after this. */
#define USER_AGE_MAX (60 * NS_PER_S)

#define VARIABLES_MAX 5

#define SCRIPT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

struct script_target {
	struct target target;
	sd_event *event;
	struct run *run;                      /* NULL: nothing is under way */
	struct user user;                     /* that it runs as, as far as is known */
	uint64_t user_found_at;               /* CLOCK_MONOTONIC ns */
	struct user_search *search;           /* NULL: none is under way */
	sd_event_source *patience;            /* on: a start waits for the search, for so long */
	char *environment[VARIABLES_MAX + 1]; /* NULL ends it */
	size_t variable_count;
};

enum run_stage {
	RUN_IN_TIME,
	RUN_ASKED, /* SIGTERM was sent */
	RUN_TOLD,  /* SIGKILL was sent */
	RUN_STUCK, /* it hangs in the kernel; the result is out */
};

/* A process. Its target may be gone before it is; its end source owns it. */
struct run {
	struct script_target *script; /* NULL: nobody waits for it any more */
	struct process process;
	sd_event_source *end;
	sd_event_source *timer; /* the next stage */
	uint64_t started_at;    /* CLOCK_MONOTONIC ns */
	enum run_stage stage;
};

/* The group keeps the leader's number until somebody has waited for the leader. */
static void signal_group(const struct run *run, int number)
{
	kill(-run->process.pid, number);
}

static void report_timeout(struct script_target *script, const char *more)
{
	double seconds = (double)script->target.question.check.timeout / (double)NS_PER_S;

	target_finish(&script->target, false, "did not end within %g s%s", seconds, more);
}

static void report_end(struct script_target *script, const siginfo_t *info, uint64_t elapsed)
{
	struct target *target = &script->target;

	if (info->si_code != CLD_EXITED)
		target_finish(target, false, "killed by signal %d (%s)", info->si_status,
			      strsignal(info->si_status));
	else if (info->si_status != 0)
		target_finish(target, false, "exit status %d", info->si_status);
	else
		target_finish(target, true, "exit status 0 in %.1f ms",
			      (double)elapsed / (double)NS_PER_MS);
}

static int on_end(sd_event_source *source, int fd, uint32_t events, void *context)
{
	struct run *run = context;
	struct script_target *script = run->script;
	uint64_t elapsed = clock_now() - run->started_at;
	enum run_stage stage = run->stage;
	siginfo_t info = {};

	(void)events;
	signal_group(run, SIGKILL); /* ends whatever it left behind */
	waitid(P_PIDFD, (id_t)fd, &info, WEXITED | WNOHANG);
	sd_event_source_disable_unref(source); /* and with it the run, after this call */
	if (!script)
		return 0;
	script->run = NULL;
	if (stage == RUN_IN_TIME)
		report_end(script, &info, elapsed);
	else if (stage != RUN_STUCK)
		report_timeout(script, "");
	return 0;
}

static int on_overdue(sd_event_source *source, uint64_t due, void *context)
{
	struct run *run = context;

	run->stage++;
	if (run->stage == RUN_STUCK) {
		report_timeout(run->script, " and cannot be killed");
		return 0;
	}
	signal_group(run, run->stage == RUN_ASKED ? SIGTERM : SIGKILL);
	sd_event_source_set_time(source, due + GRACE / NS_PER_US);
	sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
	return 0;
}

/* The end source calls this when it goes: the process has ended, or the loop itself. */
static void free_run(void *context)
{
	struct run *run = context;

	sd_event_source_disable_unref(run->timer);
	process_close(&run->process);
	free(run);
}

static int watch_run(struct run *run, sd_event *event, uint64_t timeout)
{
	int error = sd_event_add_io(event, &run->end, run->process.pidfd, EPOLLIN, on_end, run);

	if (error >= 0)
		error = sd_event_add_time(event, &run->timer, CLOCK_MONOTONIC,
					  (run->started_at + timeout) / NS_PER_US,
					  TIMER_ACCURACY_US, on_overdue, run);
	if (error >= 0)
		error = sd_event_source_set_destroy_callback(run->end, free_run);
	return error < 0 ? error : 0;
}

/* Nobody wants its result, but it has to be reaped: the loop keeps the source until then. */
static void abandon(struct run *run)
{
	run->script = NULL;
	signal_group(run, SIGKILL);
	run->timer = sd_event_source_disable_unref(run->timer);
	sd_event_source_set_floating(run->end, true);
	sd_event_source_unref(run->end);
}

static void kill_unwatched(struct run *run)
{
	run->end = sd_event_source_disable_unref(run->end);
	signal_group(run, SIGKILL);
	waitpid(run->process.pid, NULL, 0);
	free_run(run);
}

static void start_process(struct script_target *script, struct run *run)
{
	const struct config_check *check = &script->target.question.check;
	const struct spawn spawn = {
		.program = check->path,
		.environment = script->environment,
		.uid = script->user.uid,
		.gid = script->user.gid,
		.timeout = check->timeout,
	};
	const char *step;
	int error = process_start(&spawn, &run->process, &step);

	if (error) {
		free(run);
		target_finish(&script->target, false, "cannot %s: %s", step, strerror(-error));
		return;
	}
	error = watch_run(run, script->event, check->timeout);
	if (error) {
		kill_unwatched(run);
		target_finish(&script->target, false, "cannot watch it: %s", strerror(-error));
		return;
	}
	script->run = run;
}

static void start_run(struct script_target *script)
{
	struct run *run = calloc(1, sizeof(*run));

	if (!run) {
		target_finish(&script->target, false, "cannot run: %s", strerror(ENOMEM));
		return;
	}
	run->script = script;
	run->started_at = clock_now();
	start_process(script, run);
}

/* The user. */

/* Once it is known whom it runs as. */
static void run_as_user(struct script_target *script)
{
	struct target *target = &script->target;
	const char *name = target->question.check.user;

	if (script->user.error)
		target_finish(target, false, "cannot look user %s up: %s", name,
			      strerror(-script->user.error));
	else if (!script->user.exists)
		target_finish(target, false, "there is no user %s on this node", name);
	else if (script->user.uid == 0)
		target_finish(target, false, "user %s is root, who does not run scripts", name);
	else
		start_run(script);
}

static bool is_waiting(const struct script_target *script)
{
	int enabled = SD_EVENT_OFF;

	sd_event_source_get_enabled(script->patience, &enabled);
	return enabled != SD_EVENT_OFF;
}

/* Somebody who was found before is still believed in when the directory fails. */
static void on_user(const struct user *user, void *context)
{
	struct script_target *script = context;

	user_search_end(TAKE_POINTER(script->search));
	if (!user->error || !script->user.exists)
		script->user = *user;
	script->user_found_at = clock_now();
	if (!is_waiting(script))
		return;
	sd_event_source_set_enabled(script->patience, SD_EVENT_OFF);
	run_as_user(script);
}

static int on_impatience(sd_event_source *source, uint64_t due, void *context)
{
	struct script_target *script = context;
	const struct config_check *check = &script->target.question.check;

	(void)source;
	(void)due;
	target_finish(&script->target, false, "user %s was not found within %g s", check->user,
		      (double)check->timeout / (double)NS_PER_S);
	return 0;
}

static int look_user_up(struct script_target *script)
{
	const char *name = script->target.question.check.user;
	bool known = script->user.exists && clock_now() - script->user_found_at < USER_AGE_MAX;

	if (known || script->search)
		return 0;
	return user_search_start(script->event, name, on_user, script, &script->search);
}

static void wait_for_user(struct script_target *script)
{
	uint64_t timeout = script->target.question.check.timeout;
	int error = sd_event_source_set_time_relative(script->patience, timeout / NS_PER_US);

	if (error >= 0)
		error = sd_event_source_set_enabled(script->patience, SD_EVENT_ONESHOT);
	if (error < 0)
		target_finish(&script->target, false, "cannot wait for its user: %s",
			      strerror(-error));
}

/* A type of check. */

static void script_start(struct target *target)
{
	struct script_target *script = (struct script_target *)target;
	int error = look_user_up(script);

	if (script->run)
		target_finish(target, false, "the run before has not ended");
	else if (script->user.exists)
		run_as_user(script);
	else if (error)
		target_finish(target, false, "cannot look its user up: %s", strerror(-error));
	else
		wait_for_user(script);
}

static int add_variable(struct script_target *script, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static int add_variable(struct script_target *script, const char *format, ...)
{
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vasprintf(&script->environment[script->variable_count], format, arguments);
	va_end(arguments);
	if (length < 0) {
		script->environment[script->variable_count] = NULL;
		return -ENOMEM;
	}
	script->variable_count++;
	return 0;
}

static int add_patience(struct script_target *script)
{
	int error = sd_event_add_time(script->event, &script->patience, CLOCK_MONOTONIC, 0,
				      TIMER_ACCURACY_US, on_impatience, script);

	if (error >= 0)
		error = sd_event_source_set_enabled(script->patience, SD_EVENT_OFF);
	return error < 0 ? error : 0;
}

static int script_open(struct target *target, const struct check_tools *tools)
{
	struct script_target *script = (struct script_target *)target;
	const struct check_question *question = &target->question;
	char address[ADDRESS_TEXT_MAX];

	script->event = tools->event;
	address_format(&question->address, address);
	if (add_variable(script, "PATH=%s", SCRIPT_PATH) < 0 ||
	    add_variable(script, "VIPD_SERVICE=%s", question->service) < 0 ||
	    add_variable(script, "VIPD_NODE=%s", question->node) < 0 ||
	    add_variable(script, "VIPD_ADDRESS=%s", address) < 0 ||
	    add_variable(script, "VIPD_PORT=%u", question->check.port) < 0)
		return -ENOMEM;
	return add_patience(script);
}

static void script_close(struct target *target)
{
	struct script_target *script = (struct script_target *)target;

	if (script->run)
		abandon(script->run);
	user_search_end(script->search);
	sd_event_source_disable_unref(script->patience);
	for (size_t i = 0; i < script->variable_count; i++)
		free(script->environment[i]);
}

const struct check_type check_by_script = {
	.size = sizeof(struct script_target),
	.open = script_open,
	.start = script_start,
	.close = script_close,
};
