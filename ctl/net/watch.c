// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's notifications, taken as a wake-up and no more: what is true is read anew. So a lost
 * one (ENOBUFS) costs nothing, and our own changes lead to one more look that finds all in place.
 */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <netlink/socket.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "ctl/base/clock.h"
#include "ctl/base/log.h"
#include "ctl/net/internal.h"

#define REPAIR_INTERVAL (100 * NS_PER_MS)
#define RETRY_INTERVAL  (10 * NS_PER_S)

#define TIMER_ACCURACY_US 1000

#define RECEIVE_BUFFER (1 << 20)
#define NAMES_MAX      512

static void schedule_repair(struct watch *watch)
{
	sd_event_source_set_time(watch->timer, watch->repair_not_before / NS_PER_US);
	sd_event_source_set_enabled(watch->timer, SD_EVENT_ONESHOT);
}

static void log_repaired(const struct item_list *made)
{
	char names[NAMES_MAX] = "", text[ITEM_TEXT_MAX];
	size_t length = 0, shown = 0;

	while (shown < made->count && length + ITEM_TEXT_MAX + 2 < sizeof(names)) {
		item_format(&made->items[shown], text);
		length += (size_t)snprintf(names + length, sizeof(names) - length, "%s%s",
					   shown ? ", " : "", text);
		shown++;
	}
	if (shown == made->count)
		log_notice("restored what was gone: %s", names);
	else
		log_notice("restored what was gone: %s and %zu more", names, made->count - shown);
}

static int repair(struct net *net)
{
	struct item_list made = {};
	int error = settle(net, net->config, &made);

	if (made.count > 0)
		log_repaired(&made);
	item_list_free(&made);
	if (error < 0)
		return error;
	return membership_update(&net->membership, net->config, net->link.index);
}

static int on_timer(sd_event_source *source, uint64_t now_us, void *context)
{
	struct net *net = context;

	(void)source;
	(void)now_us;
	if (!net->applied)
		return 0;
	if (repair(net) == 0) {
		watch_settled(&net->watch);
		return 0;
	}
	net->watch.repair_not_before = clock_now() + RETRY_INTERVAL;
	schedule_repair(&net->watch);
	return 0;
}

static void drain(int fd)
{
	char discarded[4096];

	while (recv(fd, discarded, sizeof(discarded), MSG_DONTWAIT) >= 0 || errno == ENOBUFS ||
	       errno == EINTR)
		;
}

/* What failed on the link as it was may work on the link as it is. */
static void retry_soon(struct watch *watch)
{
	uint64_t soon = clock_now() + REPAIR_INTERVAL;

	if (watch->repair_not_before > soon)
		watch->repair_not_before = soon;
}

static int on_wake_up(sd_event_source *source, int fd, uint32_t revents, void *context)
{
	struct net *net = context;
	struct watch *watch = &net->watch;
	bool changed;

	(void)source;
	(void)revents;
	drain(fd);
	link_read(&net->netlink, net->config, &net->link);
	changed = !link_equal(&net->link, &watch->reported);
	if (changed)
		retry_soon(watch);
	if (net->applied)
		schedule_repair(watch);

	/* Last, for it may close us. */
	watch->reported = net->link;
	if (changed && watch->changed)
		watch->changed(&net->link, watch->context);
	return 0;
}

static int subscribe(struct nl_sock *events)
{
	int error = nl_connect(events, NETLINK_ROUTE);

	if (error == 0)
		error = nl_socket_set_buffer_size(events, RECEIVE_BUFFER, 0);
	if (error == 0)
		error = nl_socket_add_memberships(events, RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR,
						  RTNLGRP_IPV6_IFADDR, RTNLGRP_IPV4_ROUTE,
						  RTNLGRP_IPV6_ROUTE, RTNLGRP_IPV4_RULE,
						  RTNLGRP_IPV6_RULE, RTNLGRP_NONE);
	if (error == 0)
		error = nl_socket_set_nonblocking(events);
	return netlink_errno(error);
}

static int add_sources(struct net *net, sd_event *event)
{
	struct watch *watch = &net->watch;
	int error = sd_event_add_io(event, &watch->wake_up, nl_socket_get_fd(watch->events),
				    EPOLLIN, on_wake_up, net);

	if (error >= 0)
		error = sd_event_add_time(event, &watch->timer, CLOCK_MONOTONIC, 0,
					  TIMER_ACCURACY_US, on_timer, net);
	if (error >= 0)
		error = sd_event_source_set_enabled(watch->timer, SD_EVENT_OFF);
	return error < 0 ? error : 0;
}

int watch_open(struct net *net, sd_event *event, net_link_changed changed, void *context)
{
	int error;

	net->watch.changed = changed;
	net->watch.context = context;
	if (!event)
		return 0;
	net->watch.events = nl_socket_alloc();
	error = net->watch.events ? subscribe(net->watch.events) : -ENOMEM;
	if (error == 0)
		error = add_sources(net, event);
	if (error < 0)
		return log_failure(error, "cannot watch the network devices");
	return 0;
}

void watch_close(struct watch *watch)
{
	watch->timer = sd_event_source_disable_unref(watch->timer);
	watch->wake_up = sd_event_source_disable_unref(watch->wake_up);
	nl_socket_free(watch->events);
	watch->events = NULL;
}

void watch_settled(struct watch *watch)
{
	watch->repair_not_before = clock_now() + REPAIR_INTERVAL;
}
