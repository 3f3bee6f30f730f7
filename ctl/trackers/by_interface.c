// SPDX-License-Identifier: GPL-2.0-only
/* Is an interface of this node up, with a carrier? */
#include <string.h>

#include "ctl/net/interfaces.h"
#include "ctl/trackers/internal.h"

struct interface_tracker {
	struct tracker tracker;
	struct interfaces *track;
};

static void interface_start(struct tracker *tracker)
{
	bool down = interfaces_find_down(((struct interface_tracker *)tracker)->track) != NULL;

	tracker_report(tracker, down ? TRACKED_DOWN : TRACKED_UP, 0,
		       down ? "missing, down or without carrier" : "up, with a carrier");
}

static void on_change(const char *name, bool up, void *context)
{
	(void)name;
	(void)up;
	interface_start(context);
}

static int interface_open(struct tracker *tracker, const struct tracker_tools *tools)
{
	struct interface_tracker *own = (struct interface_tracker *)tracker;
	char names[1][IF_NAMESIZE];

	memcpy(names[0], tracker->config.interface, IF_NAMESIZE);
	return interfaces_open(names, 1, tools->monitor, on_change, tracker, &own->track);
}

static void interface_close(struct tracker *tracker)
{
	interfaces_close(((struct interface_tracker *)tracker)->track);
}

const struct tracker_type tracker_by_interface = {
	.size = sizeof(struct interface_tracker),
	.open = interface_open,
	.start = interface_start,
	.close = interface_close,
};
