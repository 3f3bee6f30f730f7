// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/net/monitor.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <netlink/socket.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "ctl/base/cleanup.h"
#include "ctl/base/clock.h"
#include "ctl/base/log.h"
#include "ctl/net/netlink.h"

/* What may have changed when the kernel could not tell us. */
#define NOTIFIED (MONITOR_LINK | MONITOR_ADDRESS | MONITOR_ROUTE | MONITOR_RULE | MONITOR_NEIGHBOUR)

#define RECEIVE_BUFFER    (1 << 20)
#define TIMER_ACCURACY_US 1000

/* Even a flood of notifications lets the rest of the loop have its turn. */
#define NOTIFICATIONS_PER_TURN 4096

struct monitor_subscription {
	struct monitor *monitor;
	struct monitor_subscription *next;
	unsigned int kinds;
	unsigned int raised; /* those of them that the subscriber is yet to be told of */
	bool ended;          /* it is freed after the round of calls that goes on */
	monitor_told told;
	void *context;
};

struct monitor {
	sd_event *event;
	struct nl_sock *socket;
	sd_event_source *wake_up, *timer;
	uint64_t look_interval;                    /* ns */
	struct monitor_subscription *subscription; /* the first */
	bool telling;                              /* a round of calls goes on */
};

/* The subscribers. */

static void free_ended(struct monitor *monitor)
{
	struct monitor_subscription **link = &monitor->subscription;

	while (*link) {
		struct monitor_subscription *subscription = *link;

		if (!subscription->ended) {
			link = &subscription->next;
			continue;
		}
		*link = subscription->next;
		free(subscription);
	}
}

/* Whoever subscribes meanwhile has nothing raised; whoever ends stays listed until all are told. */
static void tell(struct monitor *monitor, unsigned int kinds)
{
	struct monitor_subscription *subscription;

	for (subscription = monitor->subscription; subscription; subscription = subscription->next)
		subscription->raised = kinds & subscription->kinds;
	monitor->telling = true;
	for (subscription = monitor->subscription; subscription;
	     subscription = subscription->next) {
		if (subscription->raised && !subscription->ended)
			subscription->told(subscription->raised, subscription->context);
	}
	monitor->telling = false;
	free_ended(monitor);
}

int monitor_subscribe(struct monitor *monitor, unsigned int kinds, monitor_told told, void *context,
		      struct monitor_subscription **subscription)
{
	struct monitor_subscription **last = &monitor->subscription;
	struct monitor_subscription *new = calloc(1, sizeof(*new));

	if (!new)
		return -ENOMEM;
	new->monitor = monitor;
	new->kinds = kinds;
	new->told = told;
	new->context = context;
	while (*last)
		last = &(*last)->next;
	*last = new;
	*subscription = new;
	return 0;
}

void monitor_unsubscribe(struct monitor_subscription *subscription)
{
	if (!subscription)
		return;
	subscription->ended = true;
	if (!subscription->monitor->telling)
		free_ended(subscription->monitor);
}

/* The kernel's notifications. */

static unsigned int kind_of(const struct nlmsghdr *header)
{
	switch (header->nlmsg_type) {
	case RTM_NEWLINK:
	case RTM_DELLINK:
		return MONITOR_LINK;
	case RTM_NEWADDR:
	case RTM_DELADDR:
		return MONITOR_ADDRESS;
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		return MONITOR_ROUTE;
	case RTM_NEWRULE:
	case RTM_DELRULE:
		return MONITOR_RULE;
	case RTM_NEWNEIGH:
	case RTM_DELNEIGH:
		return MONITOR_NEIGHBOUR;
	default:
		return 0;
	}
}

/* A notification is one message in a datagram of its own. Its header has all that we want of it;
 * recv() discards the rest. ENOBUFS: some were lost, and the others are still to be read. */
static unsigned int receive(int fd)
{
	unsigned int kinds = 0;

	for (int i = 0; i < NOTIFICATIONS_PER_TURN; i++) {
		struct nlmsghdr header = {};
		ssize_t length = recv(fd, &header, sizeof(header), MSG_DONTWAIT);

		if (length == (ssize_t)sizeof(header))
			kinds |= kind_of(&header);
		else if (length >= 0 || errno == ENOBUFS)
			kinds |= NOTIFIED;
		else if (errno != EINTR)
			break;
	}
	return kinds;
}

static int on_wake_up(sd_event_source *source, int fd, uint32_t revents, void *context)
{
	(void)source;
	(void)revents;
	tell(context, receive(fd));
	return 0;
}

static int schedule_look(struct monitor *monitor)
{
	int error = sd_event_source_set_time_relative(monitor->timer,
						      monitor->look_interval / NS_PER_US);

	if (error < 0)
		return error;
	return sd_event_source_set_enabled(monitor->timer, SD_EVENT_ONESHOT);
}

static int on_timer(sd_event_source *source, uint64_t due, void *context)
{
	struct monitor *monitor = context;

	(void)source;
	(void)due;
	schedule_look(monitor);
	tell(monitor, NOTIFIED | MONITOR_SLOW_LOOK);
	return 0;
}

/* Its life. */

static int listen_to_kernel(struct nl_sock *socket)
{
	int error = nl_connect(socket, NETLINK_ROUTE);

	if (error == 0)
		error = nl_socket_set_buffer_size(socket, RECEIVE_BUFFER, 0);
	if (error == 0)
		error = nl_socket_add_memberships(socket, RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR,
						  RTNLGRP_IPV6_IFADDR, RTNLGRP_IPV4_ROUTE,
						  RTNLGRP_IPV6_ROUTE, RTNLGRP_IPV4_RULE,
						  RTNLGRP_IPV6_RULE, RTNLGRP_NEIGH, RTNLGRP_NONE);
	if (error == 0)
		error = nl_socket_set_nonblocking(socket);
	return netlink_errno(error);
}

static int add_sources(struct monitor *monitor)
{
	int error =
		sd_event_add_io(monitor->event, &monitor->wake_up,
				nl_socket_get_fd(monitor->socket), EPOLLIN, on_wake_up, monitor);

	if (error < 0)
		return error;
	error = sd_event_add_time(monitor->event, &monitor->timer, CLOCK_MONOTONIC, 0,
				  TIMER_ACCURACY_US, on_timer, monitor);
	if (error < 0)
		return error;
	return schedule_look(monitor);
}

static int start(struct monitor *monitor)
{
	int error;

	monitor->socket = nl_socket_alloc();
	if (!monitor->socket)
		return -ENOMEM;
	error = listen_to_kernel(monitor->socket);
	if (error)
		return error;
	return add_sources(monitor);
}

static void cleanup_monitor(struct monitor **monitor)
{
	monitor_stop(*monitor);
}

int monitor_start(sd_event *event, uint64_t look_interval, struct monitor **monitor)
{
	CLEANUP(cleanup_monitor) struct monitor *new = calloc(1, sizeof(*new));
	int error = -ENOMEM;

	if (new) {
		new->event = sd_event_ref(event);
		new->look_interval = look_interval;
		error = start(new);
	}
	if (error < 0)
		return log_failure(error, "cannot listen to the kernel's network changes");
	*monitor = TAKE_POINTER(new);
	return 0;
}

sd_event *monitor_event(const struct monitor *monitor)
{
	return monitor->event;
}

void monitor_stop(struct monitor *monitor)
{
	if (!monitor)
		return;
	sd_event_source_disable_unref(monitor->timer);
	sd_event_source_disable_unref(monitor->wake_up);
	nl_socket_free(monitor->socket);
	sd_event_unref(monitor->event);
	free(monitor);
}
