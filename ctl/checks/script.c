// SPDX-License-Identifier: GPL-2.0-only
/*
 * A program on this node decides by its exit status. It runs as an unprivileged user, in a process
 * group of its own, and for no longer than the timeout.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/base/cleanup.h"
#include "ctl/base/clock.h"
#include "ctl/checks/target.h"
#include "ctl/process/run.h"
#include "ctl/process/user.h"

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

static void on_end(bool success, const char *detail, void *context)
{
	struct script_target *script = context;

	target_finish(&script->target, success, "%s", detail);
}

static void start_run(struct script_target *script)
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
	int error = run_start(script->event, &spawn, on_end, script, &script->run, &step);

	if (error)
		target_finish(&script->target, false, "cannot %s: %s", step, strerror(-error));
}

/* The user. */

/* Called once the user is known. */
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

/* If the directory of users fails, the last answer is used. */
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

	run_abandon(script->run);
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
