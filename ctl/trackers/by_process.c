// SPDX-License-Identifier: GPL-2.0-only
/*
 * Is there a process of a name? One is searched for in /proc, and then held by a pidfd, whose end
 * the kernel tells at once: nothing is polled while all is well. The kernel's process events would
 * tell the beginning at once, too, but wake us for every process on the machine.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "ctl/base/cleanup.h"
#include "ctl/base/clock.h"
#include "ctl/trackers/internal.h"

struct own_process {
	sd_event *event;
	int pidfd;            /* of one that has the name; -1: none is known */
	sd_event_source *end; /* it ends */
};

/* "PID (NAME) STATE ...", proc(5). A name can have anything in it, also ") ". */
static bool is_alive_as(const char *stat, const char *name)
{
	const char *begin = strchr(stat, '('), *end = strrchr(stat, ')');
	size_t length;

	if (!begin || !end || end < begin || end[1] != ' ')
		return false;
	length = (size_t)(end - begin - 1);
	return length == strlen(name) && memcmp(begin + 1, name, length) == 0 &&
	       !strchr("ZXx", end[2]);
}

static bool has_name(pid_t pid, const char *name)
{
	char path[sizeof("/proc//stat") + 3 * sizeof(pid)], stat[256] = "";
	FILE *file CLEANUP(cleanup_fclose) = NULL;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "re");
	return file && fgets(stat, sizeof(stat), file) && is_alive_as(stat, name);
}

/* Asked again once it is held: the number may be another process's by then. */
static int hold(pid_t pid, const char *name)
{
	int pidfd CLEANUP(cleanup_close) = has_name(pid, name) ? pidfd_open(pid, 0) : -1;

	if (pidfd < 0 || !has_name(pid, name))
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

static void let_go(struct own_process *own)
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
	let_go(tracker->own);
	tracker_look_again(tracker, clock_now());
	return 0;
}

static void find(struct tracker *tracker)
{
	struct own_process *own = tracker->own;

	own->pidfd = find_process(tracker->config->process);
	if (own->pidfd >= 0 &&
	    sd_event_add_io(own->event, &own->end, own->pidfd, EPOLLIN, on_end, tracker) < 0)
		let_go(own);
}

static void look(struct tracker *tracker)
{
	struct own_process *own = tracker->own;
	bool found;

	if (own->pidfd < 0)
		find(tracker);
	found = own->pidfd >= 0;
	tracker_count(tracker, found, found ? "runs" : "no process of this name");
	if (!found || tracker->verdict.state != HEALTH_UP)
		tracker_look_again(tracker, tracker->looked_at + tracker->config->check.interval);
}

static int open_process(struct tracker *tracker, const struct tracker_tools *tools)
{
	struct own_process *own = calloc(1, sizeof(*own));

	if (!own)
		return -ENOMEM;
	own->event = tools->event;
	own->pidfd = -1;
	tracker->own = own;
	return 0;
}

static void close_process(struct tracker *tracker)
{
	let_go(tracker->own);
	free(tracker->own);
}

const struct tracker_type tracker_by_process = {open_process, look, close_process};
