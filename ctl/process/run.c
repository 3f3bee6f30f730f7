// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/process/run.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>

#include "ctl/base/clock.h"

/* How long a process may take to end after SIGTERM, and after SIGKILL. */
#define GRACE (500 * NS_PER_MS)

#define TIMER_ACCURACY_US 1000
#define DETAIL_MAX        160

enum run_stage {
	RUN_IN_TIME,
	RUN_ASKED, /* SIGTERM was sent */
	RUN_TOLD,  /* SIGKILL was sent */
	RUN_STUCK, /* it hangs in the kernel; it was reported as a failure */
};

/* A process. Whoever started it may be gone before it is; its end source owns it. */
struct run {
	struct run **place; /* where whoever waits for it keeps it; NULL: nobody waits any more */
	run_ended ended;    /* NULL: it was called */
	void *context;
	struct process process;
	sd_event_source *end;
	sd_event_source *timer; /* the next stage */
	uint64_t started_at;    /* CLOCK_MONOTONIC ns */
	uint64_t timeout;       /* ns */
	enum run_stage stage;
};

/* The group keeps the leader's number until somebody has waited for the leader. */
static void signal_group(const struct run *run, int number)
{
	kill(-run->process.pid, number);
}

static __attribute__((format(printf, 3, 4))) void report(struct run *run, bool success,
							 const char *format, ...)
{
	run_ended ended = run->ended;
	char detail[DETAIL_MAX];
	va_list arguments;

	run->ended = NULL;
	if (!ended)
		return;
	va_start(arguments, format);
	vsnprintf(detail, sizeof(detail), format, arguments);
	va_end(arguments);
	ended(success, detail, run->context);
}

static void report_timeout(struct run *run, const char *more)
{
	report(run, false, "did not end within %g s%s", (double)run->timeout / (double)NS_PER_S,
	       more);
}

static void report_end(struct run *run, const siginfo_t *info, uint64_t elapsed)
{
	if (info->si_code != CLD_EXITED)
		report(run, false, "killed by signal %d (%s)", info->si_status,
		       strsignal(info->si_status));
	else if (info->si_status != 0)
		report(run, false, "exit status %d", info->si_status);
	else
		report(run, true, "exit status 0 in %.1f ms", (double)elapsed / (double)NS_PER_MS);
}

static int on_end(sd_event_source *source, int fd, uint32_t events, void *context)
{
	struct run *run = context;
	uint64_t elapsed = clock_now() - run->started_at;
	siginfo_t info = {};

	(void)events;
	signal_group(run, SIGKILL); /* ends whatever it left behind */
	waitid(P_PIDFD, (id_t)fd, &info, WEXITED | WNOHANG);
	sd_event_source_disable_unref(source); /* and with it the run, after this call */
	if (run->place)
		*run->place = NULL;
	if (run->stage == RUN_IN_TIME)
		report_end(run, &info, elapsed);
	else
		report_timeout(run, "");
	return 0;
}

static int on_overdue(sd_event_source *source, uint64_t due, void *context)
{
	struct run *run = context;

	run->stage++;
	if (run->stage == RUN_STUCK) {
		report_timeout(run, " and cannot be killed");
		return 0;
	}
	signal_group(run, run->stage == RUN_ASKED ? SIGTERM : SIGKILL);
	sd_event_source_set_time(source, due + GRACE / NS_PER_US);
	sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
	return 0;
}

/* The end source calls this when the process has ended, or when the loop itself has. */
static void free_run(void *context)
{
	struct run *run = context;

	sd_event_source_disable_unref(run->timer);
	process_close(&run->process);
	free(run);
}

static int watch_run(struct run *run, sd_event *event)
{
	int error = sd_event_add_io(event, &run->end, run->process.pidfd, EPOLLIN, on_end, run);

	if (error >= 0)
		error = sd_event_add_time(event, &run->timer, CLOCK_MONOTONIC,
					  (run->started_at + run->timeout) / NS_PER_US,
					  TIMER_ACCURACY_US, on_overdue, run);
	if (error >= 0)
		error = sd_event_source_set_destroy_callback(run->end, free_run);
	return error < 0 ? error : 0;
}

static void kill_unwatched(struct run *run)
{
	run->end = sd_event_source_disable_unref(run->end);
	signal_group(run, SIGKILL);
	waitpid(run->process.pid, NULL, 0);
	free_run(run);
}

int run_start(sd_event *event, const struct spawn *spawn, run_ended ended, void *context,
	      struct run **started, const char **step)
{
	struct run *run = calloc(1, sizeof(*run));
	int error;

	*step = "make room for it";
	if (!run)
		return -ENOMEM;
	run->place = started;
	run->ended = ended;
	run->context = context;
	run->timeout = spawn->timeout;
	run->started_at = clock_now();
	error = process_start(spawn, &run->process, step);
	if (error) {
		free(run);
		return error;
	}
	error = watch_run(run, event);
	if (error) {
		*step = "watch it";
		kill_unwatched(run);
		return error;
	}
	*started = run;
	return 0;
}

/* It has to be reaped all the same, so the loop keeps the source until then. */
void run_abandon(struct run *run)
{
	if (!run)
		return;
	*run->place = NULL;
	run->place = NULL;
	run->ended = NULL;
	signal_group(run, SIGKILL);
	run->timer = sd_event_source_disable_unref(run->timer);
	sd_event_source_set_floating(run->end, true);
	sd_event_source_unref(run->end);
}
