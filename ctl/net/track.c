// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/net/track.h"

#include <errno.h>
#include <netlink/route/link.h>
#include <string.h>

#include "ctl/base/cleanup.h"
#include "ctl/base/log.h"
#include "ctl/config/config.h"
#include "ctl/net/netlink.h"

struct tracked {
	char name[IF_NAMESIZE];
	bool up;
};

struct track_plan {
	struct tracked interfaces[CONFIG_TRACKED_MAX];
	size_t count;
};

struct track {
	struct netlink netlink;
	struct monitor_subscription *subscription;
	struct track_plan watched;
	track_changed changed;
	void *context;
};

static void keep_state(struct nl_object *object, void *context)
{
	const unsigned int up = IFF_UP | IFF_RUNNING;

	*(bool *)context = (rtnl_link_get_flags((struct rtnl_link *)object) & up) == up;
}

static int read_state(struct track *track, const char *name, bool *up)
{
	*up = false;
	return netlink_read_device(&track->netlink, name, keep_state, up);
}

static void look_again(struct track *track, struct tracked *interface)
{
	bool up;
	int error = read_state(track, interface->name, &up);

	if (error)
		log_failure(error, "cannot read the state of interface %s", interface->name);
	if (error || up == interface->up)
		return;
	interface->up = up;
	if (track->changed)
		track->changed(interface->name, up, track->context);
}

static void on_link_changes(unsigned int kinds, void *context)
{
	struct track *track = context;

	(void)kinds;
	for (size_t i = 0; i < track->watched.count; i++)
		look_again(track, &track->watched.interfaces[i]);
}

static int look(struct track *track, const char (*names)[IF_NAMESIZE], size_t count,
		struct track_plan *watched)
{
	int error = 0;

	watched->count = count;
	for (size_t i = 0; i < count && !error; i++) {
		memcpy(watched->interfaces[i].name, names[i], IF_NAMESIZE);
		error = read_state(track, names[i], &watched->interfaces[i].up);
	}
	return error;
}

/* Listen first, then look: so nothing is missed in between. */
static int start(struct track *track, struct monitor *monitor, const char (*names)[IF_NAMESIZE],
		 size_t count)
{
	int error = netlink_open(&track->netlink);

	if (error)
		return error;
	error = monitor_subscribe(monitor, MONITOR_LINK | MONITOR_SLOW_LOOK, on_link_changes, track,
				  &track->subscription);
	if (error)
		return error;
	return look(track, names, count, &track->watched);
}

static void cleanup_track(struct track **track)
{
	track_close(*track);
}

int track_open(const char (*names)[IF_NAMESIZE], size_t count, struct monitor *monitor,
	       track_changed changed, void *context, struct track **track)
{
	CLEANUP(cleanup_track) struct track *new = calloc(1, sizeof(*new));
	int error = -ENOMEM;

	if (new) {
		new->changed = changed;
		new->context = context;
		error = start(new, monitor, names, count);
	}
	if (error)
		return log_failure(error, "cannot watch the state of network interfaces");
	*track = TAKE_POINTER(new);
	return 0;
}

int track_prepare(struct track *track, const char (*names)[IF_NAMESIZE], size_t count,
		  struct track_plan **plan)
{
	CLEANUP(cleanup_free) struct track_plan *new = calloc(1, sizeof(*new));
	int error = new ? look(track, names, count, new) : -ENOMEM;

	if (error)
		return log_failure(error, "cannot read the state of network interfaces");
	*plan = TAKE_POINTER(new);
	return 0;
}

void track_commit(struct track *track, struct track_plan *plan)
{
	track->watched = *plan;
	free(plan);
}

void track_abort(struct track *track, struct track_plan *plan)
{
	(void)track;
	free(plan);
}

const char *track_down(const struct track *track)
{
	for (size_t i = 0; i < track->watched.count; i++)
		if (!track->watched.interfaces[i].up)
			return track->watched.interfaces[i].name;
	return NULL;
}

void track_close(struct track *track)
{
	if (!track)
		return;
	monitor_unsubscribe(track->subscription);
	if (track->netlink.socket)
		netlink_close(&track->netlink);
	free(track);
}
