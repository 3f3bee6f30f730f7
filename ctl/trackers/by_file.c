// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which number is in a file? Its directory is watched, so that the file may come, go, and be
 * replaced. A file that does not exist or is empty counts as 0.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "ctl/base/cleanup.h"
#include "ctl/base/clock.h"
#include "ctl/trackers/internal.h"

/* No number has so many digits. */
#define TEXT_MAX 32

/* How long to wait before looking for a missing directory again. */
#define PATIENCE NS_PER_S

#define CHANGES (IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO)
#define LOST    (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED | IN_UNMOUNT)

struct file_tracker {
	struct tracker tracker;
	sd_event *event;
	sd_event_source *watch; /* NULL: the directory does not exist */
	char directory[256];
	const char *name; /* of the file in the directory */
};

/* Return: how many bytes of the file were read, or a negative errno. */
static ssize_t read_text(const char *path, char text[static TEXT_MAX])
{
	int file CLEANUP(cleanup_close) = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	ssize_t length = file < 0 ? -1 : read(file, text, TEXT_MAX - 1);

	if (length < 0)
		return -errno;
	text[length] = '\0';
	return length;
}

static bool parse_number(const char *text, int *number)
{
	char *end;
	long parsed;

	errno = 0;
	parsed = strtol(text, &end, 10);
	if (end == text || errno || parsed < INT_MIN || parsed > INT_MAX)
		return false;
	*number = (int)parsed;
	return end[strspn(end, " \t\r\n")] == '\0';
}

static void read_file(struct tracker *tracker)
{
	char text[TEXT_MAX] = "", detail[TEXT_MAX];
	ssize_t length = read_text(tracker->config.file, text);
	int number = 0;

	if (length == -ENOENT || length == -ENOTDIR || length == 0) {
		tracker_report(tracker, TRACKED_UP, 0, length ? "no such file" : "empty");
	} else if (length < 0) {
		tracker_report(tracker, TRACKED_DOWN, 0, strerror((int)-length));
	} else if (!parse_number(text, &number)) {
		tracker_report(tracker, TRACKED_DOWN, 0, "what is in it is not a number");
	} else {
		snprintf(detail, sizeof(detail), "%d", number);
		tracker_report(tracker, TRACKED_UP, number, detail);
	}
}

static int on_change(sd_event_source *source, const struct inotify_event *change, void *context)
{
	struct file_tracker *own = context;
	struct tracker *tracker = &own->tracker;

	(void)source;
	if (change->mask & LOST) {
		own->watch = sd_event_source_disable_unref(own->watch);
		tracker_look_again(tracker, clock_now());
	} else if (change->mask & IN_Q_OVERFLOW || strcmp(change->name, own->name) == 0) {
		read_file(tracker);
	}
	return 0;
}

/* The watch comes first, so that no change is missed before the file is read. */
static void file_start(struct tracker *tracker)
{
	struct file_tracker *own = (struct file_tracker *)tracker;

	if (!own->watch &&
	    sd_event_add_inotify(own->event, &own->watch, own->directory,
				 CHANGES | LOST | IN_ONLYDIR, on_change, tracker) < 0)
		tracker_look_again(tracker, tracker->looked_at + PATIENCE);
	read_file(tracker);
}

static int file_open(struct tracker *tracker, const struct tracker_tools *tools)
{
	const char *path = tracker->config.file;
	const char *slash = strrchr(path, '/');
	struct file_tracker *own = (struct file_tracker *)tracker;

	own->event = tools->event;
	own->name = slash + 1;
	snprintf(own->directory, sizeof(own->directory), "%.*s",
		 slash == path ? 1 : (int)(slash - path), path);
	return 0;
}

static void file_close(struct tracker *tracker)
{
	struct file_tracker *own = (struct file_tracker *)tracker;

	sd_event_source_disable_unref(own->watch);
}

const struct tracker_type tracker_by_file = {
	.size = sizeof(struct file_tracker),
	.open = file_open,
	.start = file_start,
	.close = file_close,
};
