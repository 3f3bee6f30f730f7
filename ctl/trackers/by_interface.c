// SPDX-License-Identifier: GPL-2.0-only
/* Is an interface of this node up, with a carrier? */
#include <string.h>

#include "ctl/net/track.h"
#include "ctl/trackers/internal.h"

static void look(struct tracker *tracker)
{
	bool down = track_down(tracker->own) != NULL;

	tracker_report(tracker, down ? TRACKED_DOWN : TRACKED_UP, 0,
		       down ? "missing, down or without carrier" : "up, with a carrier");
}

static void on_change(const char *name, bool up, void *context)
{
	(void)name;
	(void)up;
	look(context);
}

static int open_interface(struct tracker *tracker, const struct tracker_tools *tools)
{
	char names[1][IF_NAMESIZE];
	struct track *track = NULL;
	int error;

	memcpy(names[0], tracker->config->interface, IF_NAMESIZE);
	error = track_open(names, 1, tools->monitor, on_change, tracker, &track);
	tracker->own = track;
	return error;
}

static void close_interface(struct tracker *tracker)
{
	track_close(tracker->own);
}

const struct tracker_type tracker_by_interface = {open_interface, look, close_interface};
