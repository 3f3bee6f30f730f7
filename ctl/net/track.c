// SPDX-License-Identifier: GPL-2.0-only
/*
 * As in watch.c, a notification is a wake-up and no more: what is true is read anew, so a lost one
 * costs nothing.
 */
#include "ctl/net/track.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <netlink/route/link.h>
#include <netlink/socket.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "ctl/base/cleanup.h"
#include "ctl/base/log.h"
#include "ctl/config/config.h"
#include "ctl/net/netlink.h"

struct track {
	struct netlink netlink;
	struct nl_sock *events;
	sd_event_source *source;
	struct tracked {
		char name[IF_NAMESIZE];
		bool up;
	} interfaces[CONFIG_TRACKED_MAX];
	size_t count;
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

static void discard(int fd)
{
	char discarded[4096];

	while (recv(fd, discarded, sizeof(discarded), MSG_DONTWAIT) >= 0 || errno == ENOBUFS ||
	       errno == EINTR)
		;
}

static int on_wake_up(sd_event_source *source, int fd, uint32_t revents, void *context)
{
	struct track *track = context;

	(void)source;
	(void)revents;
	discard(fd);
	for (size_t i = 0; i < track->count; i++)
		look_again(track, &track->interfaces[i]);
	return 0;
}

static int subscribe(struct track *track, sd_event *event)
{
	int error = nl_connect(track->events, NETLINK_ROUTE);

	if (error == 0)
		error = nl_socket_add_memberships(track->events, RTNLGRP_LINK, RTNLGRP_NONE);
	if (error == 0)
		error = nl_socket_set_nonblocking(track->events);
	if (error < 0)
		return netlink_errno(error);
	error = sd_event_add_io(event, &track->source, nl_socket_get_fd(track->events), EPOLLIN,
				on_wake_up, track);
	return error < 0 ? error : 0;
}

/* Listen first, then look: so nothing is missed in between. */
static int start(struct track *track, sd_event *event)
{
	int error = netlink_open(&track->netlink);

	if (error)
		return error;
	track->events = nl_socket_alloc();
	error = track->events ? subscribe(track, event) : -ENOMEM;
	for (size_t i = 0; i < track->count && !error; i++)
		error = read_state(track, track->interfaces[i].name, &track->interfaces[i].up);
	return error;
}

static void cleanup_track(struct track **track)
{
	track_close(*track);
}

int track_open(const char (*names)[IF_NAMESIZE], size_t count, sd_event *event,
	       track_changed changed, void *context, struct track **track)
{
	CLEANUP(cleanup_track) struct track *new = calloc(1, sizeof(*new));
	int error = -ENOMEM;

	if (new) {
		new->changed = changed;
		new->context = context;
		new->count = count;
		for (size_t i = 0; i < count; i++)
			memcpy(new->interfaces[i].name, names[i], IF_NAMESIZE);
		error = start(new, event);
	}
	if (error)
		return log_failure(error, "cannot watch the state of network interfaces");
	*track = TAKE_POINTER(new);
	return 0;
}

const char *track_down(const struct track *track)
{
	for (size_t i = 0; i < track->count; i++)
		if (!track->interfaces[i].up)
			return track->interfaces[i].name;
	return NULL;
}

void track_close(struct track *track)
{
	if (!track)
		return;
	sd_event_source_disable_unref(track->source);
	nl_socket_free(track->events);
	if (track->netlink.socket)
		netlink_close(&track->netlink);
	free(track);
}
