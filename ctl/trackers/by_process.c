// SPDX-License-Identifier: GPL-2.0-only
/*
 * Does a process of a given name run? We search /proc for one and then hold it by a pidfd, which
 * the kernel marks readable when the process ends: nothing is polled while all is well. The
 * kernel's process events would tell of the beginning as well, but wake us for every process on the
 * host.
 *
 * A host can have tens of thousands of processes, and each costs three system calls, so a search
 * looks at a few of them in each turn of the loop.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "ctl/base/cleanup.h"
#include "ctl/base/clock.h"
#include "ctl/trackers/internal.h"

/* How many entries of /proc a turn of the loop looks at. */
#define ENTRIES_IN_A_TURN 64

struct process_tracker {
	struct tracker tracker;
	sd_event *event;
	DIR *search;          /* the rest of /proc; NULL: no search is under way */
	int pidfd;            /* of a process with the name; -1: none is known */
	sd_event_source *end; /* it has ended */
};

/* /proc/PID/comm has the name and a newline. A name may contain anything, newlines too. */
static bool has_name(pid_t pid, const char *name)
{
	char path[sizeof("/proc//comm") + 3 * sizeof(pid)], text[CONFIG_PROCESS_MAX];
	int file CLEANUP(cleanup_close) = -1;
	ssize_t length;

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	file = open(path, O_RDONLY | O_CLOEXEC);
	length = file < 0 ? -1 : read(file, text, sizeof(text));
	return length > 0 && (size_t)length == strlen(name) + 1 &&
	       memcmp(text, name, (size_t)length - 1) == 0;
}

/* A process that nobody has waited for yet still has its name. */
static bool has_ended(int pidfd)
{
	return poll(&(struct pollfd){.fd = pidfd, .events = POLLIN}, 1, 0) != 0;
}

/* The name is read again once we hold the process, for its number may have been reused. */
static int hold(pid_t pid, const char *name)
{
	int pidfd CLEANUP(cleanup_close) = has_name(pid, name) ? pidfd_open(pid, 0) : -1;

	if (pidfd < 0 || !has_name(pid, name) || has_ended(pidfd))
		return -1;
	return TAKE_FD(pidfd);
}

/* Return: a pidfd, or -1: it is no process of that name. */
static int hold_entry(const struct dirent *entry, const char *name)
{
	char *end;
	long pid = strtol(entry->d_name, &end, 10);

	return pid > 0 && *end == '\0' ? hold((pid_t)pid, name) : -1;
}

static void end_search(struct process_tracker *own)
{
	if (own->search)
		closedir(own->search);
	own->search = NULL;
}

/* One turn of a search. Return: whether it has ended, with a process or without. */
static bool search_on(struct process_tracker *own)
{
	const struct dirent *entry = NULL;

	if (!own->search)
		own->search = opendir("/proc");
	for (int i = 0; own->search && i < ENTRIES_IN_A_TURN; i++) {
		entry = readdir(own->search);
		own->pidfd = entry ? hold_entry(entry, own->tracker.config.process) : -1;
		if (!entry || own->pidfd >= 0)
			end_search(own);
	}
	return !own->search;
}

static void let_go(struct process_tracker *own)
{
	own->end = sd_event_source_disable_unref(own->end);
	if (own->pidfd >= 0)
		close(TAKE_FD(own->pidfd));
}

static int on_end(sd_event_source *source, int fd, uint32_t events, void *context)
{
	struct tracker *tracker = context;

	(void)source;
	(void)fd;
	(void)events;
	let_go((struct process_tracker *)tracker);
	tracker_look_again(tracker, clock_now());
	return 0;
}

/* Return: whether that is known by now. */
static bool find(struct process_tracker *own)
{
	if (own->pidfd >= 0)
		return true;
	if (!search_on(own))
		return false;
	if (own->pidfd >= 0 &&
	    sd_event_add_io(own->event, &own->end, own->pidfd, EPOLLIN, on_end, &own->tracker) < 0)
		let_go(own);
	return true;
}

static void process_start(struct tracker *tracker)
{
	struct process_tracker *own = (struct process_tracker *)tracker;
	bool found;

	if (!find(own)) {
		tracker_look_again(tracker, tracker->looked_at);
		return;
	}
	found = own->pidfd >= 0;
	tracker_count(tracker, found, found ? "runs" : "no process of this name");
	if (!found || tracker->verdict.state != HEALTH_UP)
		tracker_look_again(tracker, tracker->looked_at + tracker->config.check.interval);
}

static int process_open(struct tracker *tracker, const struct tracker_tools *tools)
{
	struct process_tracker *own = (struct process_tracker *)tracker;

	own->event = tools->event;
	own->pidfd = -1;
	return 0;
}

static void process_close(struct tracker *tracker)
{
	struct process_tracker *own = (struct process_tracker *)tracker;

	end_search(own);
	let_go(own);
}

const struct tracker_type tracker_by_process = {
	.size = sizeof(struct process_tracker),
	.open = process_open,
	.start = process_start,
	.close = process_close,
};
