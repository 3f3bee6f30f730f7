// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/net/neighbours.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>
#include <netlink/route/neighbour.h>
#include <netlink/socket.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "ctl/base/address.h"
#include "ctl/base/cleanup.h"
#include "ctl/base/clock.h"
#include "ctl/base/log.h"
#include "ctl/net/netlink.h"

/* How long a peer's new NIC may go unnoticed when nothing else is sent to it. */
#define CONFIRM_INTERVAL (10 * NS_PER_S)

/* A peer that does not answer is asked more often: it may come back any moment. */
#define RESOLVE_INTERVAL (1 * NS_PER_S)

#define TIMER_ACCURACY_US 100000

#define NEIGHBOURS_MAX (2 * MAX_PEERS + 2)

/* In these states the kernel would send to the MAC that it has. */
#define USABLE_STATES                                                                              \
	(NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE | NUD_PERMANENT | NUD_NOARP)

struct neighbour {
	struct ip_address address;
	uint8_t mac[6];
	bool known;
	bool pinned;
};

struct neighbours {
	struct netlink netlink;
	struct nl_sock *events;
	struct net_link link;
	sd_event_source *wake_up, *timer;
	struct neighbour list[NEIGHBOURS_MAX];
	size_t count;
	neighbour_changed changed;
	void *context;
};

static struct neighbour *find(struct neighbours *neighbours, const struct ip_address *address)
{
	for (size_t i = 0; i < neighbours->count; i++)
		if (address_equal(&neighbours->list[i].address, address))
			return &neighbours->list[i];
	return NULL;
}

static void set_mac(struct neighbours *neighbours, struct neighbour *neighbour, const uint8_t *mac)
{
	bool same =
		mac ? neighbour->known && memcmp(neighbour->mac, mac, 6) == 0 : !neighbour->known;

	if (same)
		return;
	neighbour->known = mac != NULL;
	if (mac)
		memcpy(neighbour->mac, mac, sizeof(neighbour->mac));
	neighbours->changed(&neighbour->address, mac, neighbours->context);
}

/* What the kernel knows. */

static void note_entry(struct nl_object *object, void *context)
{
	struct neighbours *neighbours = context;
	struct rtnl_neigh *entry = (struct rtnl_neigh *)object;
	int family = rtnl_neigh_get_family(entry) == AF_INET ? FAMILY_IPV4 : FAMILY_IPV6;
	struct nl_addr *mac = rtnl_neigh_get_lladdr(entry);
	int state = rtnl_neigh_get_state(entry);
	struct neighbour *neighbour;
	struct prefix prefix;

	if (rtnl_neigh_get_ifindex(entry) != (int)neighbours->link.index ||
	    !rtnl_neigh_get_dst(entry))
		return;
	prefix = netlink_prefix(rtnl_neigh_get_dst(entry), family);
	neighbour = find(neighbours, &prefix.address);
	if (!neighbour || neighbour->pinned)
		return;
	if (state & USABLE_STATES && mac && nl_addr_get_len(mac) == 6)
		set_mac(neighbours, neighbour, nl_addr_get_binary_addr(mac));
	else if (state & NUD_FAILED)
		set_mac(neighbours, neighbour, NULL);
}

static void read_table(struct neighbours *neighbours)
{
	struct ndmsg header = {.ndm_family = AF_UNSPEC};

	netlink_read(&neighbours->netlink,
		     netlink_request(RTM_GETNEIGH, NLM_F_DUMP, &header, sizeof(header)), note_entry,
		     neighbours);
}

/*
 * NTF_USE is as if a packet were sent: an unknown address is asked for, a stale one is confirmed, a
 * fresh one is left alone.
 */
static void use(struct neighbours *neighbours, const struct neighbour *neighbour)
{
	int family = address_family(&neighbour->address);
	struct ndmsg header = {
		.ndm_family = (uint8_t)netlink_family(family),
		.ndm_ifindex = (int)neighbours->link.index,
		.ndm_state = NUD_NONE,
		.ndm_flags = NTF_USE,
	};
	struct nl_msg *request = netlink_request(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE,
						 &header, sizeof(header));
	const uint8_t *bytes = neighbour->address.bytes;

	if (request && nla_put(request, NDA_DST, family == FAMILY_IPV4 ? 4 : 16,
			       family == FAMILY_IPV4 ? bytes + 12 : bytes) < 0) {
		nlmsg_free(request);
		return;
	}
	netlink_execute(&neighbours->netlink, request); /* while the link is down it may fail */
}

static bool use_all(struct neighbours *neighbours)
{
	bool all_known = true;

	for (size_t i = 0; i < neighbours->count; i++) {
		const struct neighbour *neighbour = &neighbours->list[i];

		if (neighbour->pinned)
			continue;
		all_known = all_known && neighbour->known;
		if (neighbours->link.index)
			use(neighbours, neighbour);
	}
	return all_known;
}

/* The loop. */

static void confirm(struct neighbours *neighbours)
{
	uint64_t interval = use_all(neighbours) ? CONFIRM_INTERVAL : RESOLVE_INTERVAL;

	sd_event_source_set_time_relative(neighbours->timer, interval / NS_PER_US);
	sd_event_source_set_enabled(neighbours->timer, SD_EVENT_ONESHOT);
}

static int on_timer(sd_event_source *source, uint64_t now_us, void *context)
{
	(void)source;
	(void)now_us;
	confirm(context);
	return 0;
}

/* Notifications are a wake-up and no more, so a lost one (ENOBUFS) costs nothing. */
static int on_wake_up(sd_event_source *source, int fd, uint32_t revents, void *context)
{
	char discarded[4096];

	(void)source;
	(void)revents;
	while (recv(fd, discarded, sizeof(discarded), MSG_DONTWAIT) >= 0 || errno == ENOBUFS ||
	       errno == EINTR)
		;
	read_table(context);
	return 0;
}

static int watch(struct neighbours *neighbours, sd_event *event)
{
	int error;

	neighbours->events = nl_socket_alloc();
	if (!neighbours->events)
		return -ENOMEM;
	error = nl_connect(neighbours->events, NETLINK_ROUTE);
	if (error == 0)
		error = nl_socket_add_memberships(neighbours->events, RTNLGRP_NEIGH, RTNLGRP_NONE);
	if (error == 0)
		error = nl_socket_set_nonblocking(neighbours->events);
	if (error < 0)
		return netlink_errno(error);
	error = sd_event_add_io(event, &neighbours->wake_up, nl_socket_get_fd(neighbours->events),
				EPOLLIN, on_wake_up, neighbours);
	if (error < 0)
		return error;
	error = sd_event_add_time_relative(event, &neighbours->timer, CLOCK_MONOTONIC, 0,
					   TIMER_ACCURACY_US, on_timer, neighbours);
	return error < 0 ? error : 0;
}

/* Whom to know. */

static void add(struct neighbours *neighbours, const struct ip_address *address,
		const struct config_peer *peer)
{
	struct neighbour *neighbour;

	if (address_is_zero(address) || neighbours->count == NEIGHBOURS_MAX)
		return;
	neighbour = &neighbours->list[neighbours->count++];
	*neighbour = (struct neighbour){.address = *address};
	if (peer && peer->mac_pinned) {
		neighbour->pinned = true;
		set_mac(neighbours, neighbour, peer->mac);
	}
}

static void add_all(struct neighbours *neighbours, const struct config *config)
{
	neighbours->count = 0;
	add(neighbours, &config->gateway4, NULL);
	add(neighbours, &config->gateway6, NULL);
	for (size_t i = 0; i < config->peer_count; i++) {
		if (i == config->self)
			continue;
		add(neighbours, &config->peers[i].address, &config->peers[i]);
		add(neighbours, &config->peers[i].address6, &config->peers[i]);
	}
}

static void neighbours_stopp(struct neighbours **neighbours)
{
	neighbours_stop(*neighbours);
}

int neighbours_start(const struct config *config, const struct net_link *link, sd_event *event,
		     neighbour_changed changed, void *context, struct neighbours **started)
{
	CLEANUP(neighbours_stopp) struct neighbours *neighbours = calloc(1, sizeof(*neighbours));
	int error = neighbours ? netlink_open(&neighbours->netlink) : -ENOMEM;

	if (error)
		return log_failure(error, "cannot read the neighbour table");
	neighbours->link = *link;
	neighbours->changed = changed;
	neighbours->context = context;
	error = watch(neighbours, event);
	if (error)
		return log_failure(error, "cannot watch the neighbour table");
	add_all(neighbours, config);
	read_table(neighbours);
	confirm(neighbours);
	*started = TAKE_POINTER(neighbours);
	return 0;
}

void neighbours_set_link(struct neighbours *neighbours, const struct net_link *link)
{
	neighbours->link = *link;
	read_table(neighbours);
	confirm(neighbours);
}

void neighbours_reload(struct neighbours *neighbours, const struct config *config)
{
	add_all(neighbours, config);
	read_table(neighbours);
	confirm(neighbours);
}

void neighbours_stop(struct neighbours *neighbours)
{
	if (!neighbours)
		return;
	sd_event_source_disable_unref(neighbours->wake_up);
	sd_event_source_disable_unref(neighbours->timer);
	nl_socket_free(neighbours->events);
	netlink_close(&neighbours->netlink);
	free(neighbours);
}
