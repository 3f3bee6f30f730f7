// SPDX-License-Identifier: GPL-2.0-only
/*
 * Does a process of a given name run? We search /proc for one and then hold it by a pidfd, which
 * the kernel marks readable when the process ends: nothing is polled while all is well. The
 * kernel's process events would tell of the beginning as well, but wake us for every process on the
 * host.
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

struct process_tracker {
	struct tracker tracker;
	sd_event *event;
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

/* Return: a pidfd, or -1. */
static int find_process(const char *name)
{
	DIR *directory = opendir("/proc");
	const struct dirent *entry;
	int pidfd = -1;

	if (!directory)
		return -1;
	while (pidfd < 0 && (entry = readdir(directory))) {
		char *end;
		long pid = strtol(entry->d_name, &end, 10);

		if (pid > 0 && *end == '\0')
			pidfd = hold((pid_t)pid, name);
	}
	closedir(directory);
	return pidfd;
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

static void find(struct tracker *tracker)
{
	struct process_tracker *own = (struct process_tracker *)tracker;

	own->pidfd = find_process(tracker->config.process);
	if (own->pidfd >= 0 &&
	    sd_event_add_io(own->event, &own->end, own->pidfd, EPOLLIN, on_end, tracker) < 0)
		let_go(own);
}

static void process_start(struct tracker *tracker)
{
	struct process_tracker *own = (struct process_tracker *)tracker;
	bool found;

	if (own->pidfd < 0)
		find(tracker);
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
	let_go((struct process_tracker *)tracker);
}

const struct tracker_type tracker_by_process = {
	.size = sizeof(struct process_tracker),
	.open = process_open,
	.start = process_start,
	.close = process_close,
};
