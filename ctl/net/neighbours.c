// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/net/neighbours.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <netlink/errno.h>
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

/* How often a MAC that nobody uses is confirmed, so that a peer's new NIC is noticed. */
#define CONFIRM_INTERVAL (10 * NS_PER_S)

/* An address that does not answer is asked for more often: it may come back any moment. */
#define RESOLVE_INTERVAL (1 * NS_PER_S)

/* How long a MAC is believed that the kernel has forgotten. It takes three seconds to ask again. An
 * entry that is deleted is called failed first, for a moment. */
#define GRACE         (5 * NS_PER_S)
#define FAILURE_GRACE (20 * NS_PER_MS)

#define TIMER_ACCURACY_US 1000
#define RECEIVE_BUFFER    (1 << 20)

#define NEIGHBOURS_MAX (2 * MAX_PEERS + 2)

/* In these states the kernel sends to the MAC that it has. */
#define USABLE (NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE | NUD_PERMANENT | NUD_NOARP)

struct neighbour {
	struct ip_address address;
	uint8_t mac[6]; /* as it was reported, if known */
	bool known;
	bool pinned;

	/* The kernel's entry. */
	bool listed;       /* in the dump that is being read */
	int state;         /* NUD_...; NUD_NONE: there is none */
	uint8_t lladdr[6]; /* in the usable states */

	uint64_t lost_at; /* since when it has not been usable; NEVER: it is, or never was */
	uint64_t used_at; /* when we asked for it */
};

struct neighbours {
	struct netlink netlink; /* for requests */
	struct nl_sock *events;
	unsigned int link_index; /* 0 while the device is gone */
	bool link_running;       /* otherwise the silence says nothing of the neighbours */
	sd_event_source *wake_up, *timer;
	neighbour_changed changed;
	void *context;
	size_t count;
	struct neighbour list[NEIGHBOURS_MAX];
};

/* The kernel's table. */

static struct neighbour *find(struct neighbours *neighbours, const struct ip_address *address)
{
	for (size_t i = 0; i < neighbours->count; i++)
		if (address_equal(&neighbours->list[i].address, address))
			return &neighbours->list[i];
	return NULL;
}

static struct neighbour *find_entry(struct neighbours *neighbours, struct rtnl_neigh *entry)
{
	struct nl_addr *destination = rtnl_neigh_get_dst(entry);
	int family = rtnl_neigh_get_family(entry);
	struct prefix prefix;

	if (!destination || rtnl_neigh_get_ifindex(entry) != (int)neighbours->link_index ||
	    (family != AF_INET && family != AF_INET6))
		return NULL;
	prefix = netlink_prefix(destination, family == AF_INET ? FAMILY_IPV4 : FAMILY_IPV6);
	return find(neighbours, &prefix.address);
}

/* One entry of a dump or a notification. */
static void on_entry(struct nl_object *object, void *context)
{
	struct rtnl_neigh *entry = (struct rtnl_neigh *)object;
	struct neighbour *neighbour = find_entry(context, entry);
	struct nl_addr *lladdr = rtnl_neigh_get_lladdr(entry);
	int state = rtnl_neigh_get_state(entry);

	if (!neighbour)
		return;
	neighbour->listed = true;
	neighbour->state = NUD_NONE;
	if (nl_object_get_msgtype(object) == RTM_DELNEIGH || state < 0)
		return;
	if (lladdr && nl_addr_get_len(lladdr) == sizeof(neighbour->lladdr))
		memcpy(neighbour->lladdr, nl_addr_get_binary_addr(lladdr),
		       sizeof(neighbour->lladdr));
	else if (state & USABLE)
		return;
	neighbour->state = state;
}

static int dump_table(struct neighbours *neighbours)
{
	struct ndmsg header = {.ndm_family = AF_UNSPEC};
	struct nl_msg *request = netlink_request(RTM_GETNEIGH, NLM_F_DUMP, &header, sizeof(header));

	if (request && nla_put_u32(request, NDA_IFINDEX, neighbours->link_index) < 0) {
		nlmsg_free(request);
		request = NULL;
	}
	return netlink_read(&neighbours->netlink, request, on_entry, neighbours);
}

static void read_table(struct neighbours *neighbours)
{
	int error = 0;

	for (size_t i = 0; i < neighbours->count; i++)
		neighbours->list[i].listed = false;
	if (neighbours->link_index)
		error = dump_table(neighbours);
	if (error < 0) {
		log_failure(error, "cannot read the kernel's neighbour table");
		return;
	}
	for (size_t i = 0; i < neighbours->count; i++)
		if (!neighbours->list[i].listed)
			neighbours->list[i].state = NUD_NONE;
}

/* NTF_USE is as if a packet were sent: an unknown address is asked for, a stale one is confirmed.
 * It fails while the device is down, or gone; there will be another time. */
static void use(struct neighbours *neighbours, struct neighbour *neighbour, uint64_t now)
{
	bool ipv4 = address_family(&neighbour->address) == FAMILY_IPV4;
	struct in_addr in4 = address_to_ipv4(&neighbour->address);
	struct in6_addr in6 = address_to_ipv6(&neighbour->address);
	struct ndmsg header = {
		.ndm_family = ipv4 ? AF_INET : AF_INET6,
		.ndm_ifindex = (int)neighbours->link_index,
		.ndm_state = NUD_NONE,
		.ndm_flags = NTF_USE,
	};
	struct nl_msg *request =
		netlink_request(RTM_NEWNEIGH, NLM_F_CREATE, &header, sizeof(header));

	neighbour->used_at = now;
	if (request && (ipv4 ? nla_put(request, NDA_DST, sizeof(in4), &in4)
			     : nla_put(request, NDA_DST, sizeof(in6), &in6)) < 0) {
		nlmsg_free(request);
		return;
	}
	netlink_execute(&neighbours->netlink, request);
}

/* What we make of it. */

/* Return: when to look again if nothing happens. */
static uint64_t meet(struct neighbours *neighbours, struct neighbour *neighbour)
{
	uint64_t again =
		neighbour->state == NUD_STALE ? neighbour->used_at + CONFIRM_INTERVAL : NEVER;

	neighbour->lost_at = NEVER;
	if (neighbour->known &&
	    memcmp(neighbour->mac, neighbour->lladdr, sizeof(neighbour->mac)) == 0)
		return again;
	neighbour->known = true;
	memcpy(neighbour->mac, neighbour->lladdr, sizeof(neighbour->mac));
	neighbours->changed(&neighbour->address, neighbour->mac, neighbours->context);
	return again;
}

static uint64_t miss(struct neighbours *neighbours, struct neighbour *neighbour, uint64_t now)
{
	uint64_t grace = neighbour->state == NUD_FAILED ? FAILURE_GRACE : GRACE;

	if (!neighbour->known)
		return now + RESOLVE_INTERVAL;
	if (neighbours->link_index && !neighbours->link_running)
		return NEVER;
	if (neighbour->lost_at == NEVER)
		neighbour->lost_at = now;
	if (now - neighbour->lost_at < grace)
		return neighbour->lost_at + grace;
	neighbour->known = false;
	neighbour->lost_at = NEVER;
	neighbours->changed(&neighbour->address, NULL, neighbours->context);
	return now + RESOLVE_INTERVAL;
}

/*
 * The kernel is already at it while it asks, confirms, or has just heard from there. What an
 * operator made permanent must be left alone: since Linux 5.16 NTF_USE would take that from it.
 */
static bool is_due(const struct neighbour *neighbour, uint64_t now)
{
	if (neighbour->state == NUD_STALE)
		return now - neighbour->used_at >= CONFIRM_INTERVAL;
	if (neighbour->state == NUD_NONE || neighbour->state == NUD_FAILED)
		return now - neighbour->used_at >= RESOLVE_INTERVAL;
	return false;
}

static void attend(struct neighbours *neighbours)
{
	uint64_t now = clock_now(), next = now + CONFIRM_INTERVAL;

	for (size_t i = 0; i < neighbours->count; i++) {
		struct neighbour *neighbour = &neighbours->list[i];
		uint64_t again;

		if (neighbour->pinned)
			continue;
		if (neighbours->link_index && is_due(neighbour, now))
			use(neighbours, neighbour, now);
		if (neighbour->state & USABLE)
			again = meet(neighbours, neighbour);
		else
			again = miss(neighbours, neighbour, now);
		if (again < next)
			next = again;
	}
	sd_event_source_set_time(neighbours->timer, next / NS_PER_US);
	sd_event_source_set_enabled(neighbours->timer, SD_EVENT_ONESHOT);
}

static int on_timer(sd_event_source *source, uint64_t due, void *context)
{
	(void)source;
	(void)due;
	attend(context);
	return 0;
}

static int on_message(struct nl_msg *message, void *context)
{
	nl_msg_parse(message, on_entry, context);
	return NL_OK;
}

static void discard_notifications(struct neighbours *neighbours)
{
	char discarded[4096];
	int fd = nl_socket_get_fd(neighbours->events);

	while (recv(fd, discarded, sizeof(discarded), MSG_DONTWAIT) >= 0 || errno == ENOBUFS ||
	       errno == EINTR)
		;
}

/* A notification that was lost (ENOBUFS), or cannot be read, is made good by the whole table; those
 * that still wait are older than that. */
static int on_wake_up(sd_event_source *source, int fd, uint32_t events, void *context)
{
	struct neighbours *neighbours = context;
	int error = nl_recvmsgs_default(neighbours->events);

	(void)source;
	(void)fd;
	(void)events;
	if (error < 0 && error != -NLE_AGAIN) {
		discard_notifications(neighbours);
		read_table(neighbours);
	}
	attend(neighbours);
	return 0;
}

static int subscribe(struct neighbours *neighbours)
{
	int error;

	neighbours->events = nl_socket_alloc();
	if (!neighbours->events)
		return -ENOMEM;
	nl_socket_disable_seq_check(neighbours->events);
	error = nl_socket_modify_cb(neighbours->events, NL_CB_VALID, NL_CB_CUSTOM, on_message,
				    neighbours);
	if (error == 0)
		error = nl_connect(neighbours->events, NETLINK_ROUTE);
	if (error == 0)
		error = nl_socket_set_buffer_size(neighbours->events, RECEIVE_BUFFER, 0);
	if (error == 0)
		error = nl_socket_add_memberships(neighbours->events, RTNLGRP_NEIGH, RTNLGRP_NONE);
	if (error == 0)
		error = nl_socket_set_nonblocking(neighbours->events);
	return netlink_errno(error);
}

static int add_sources(struct neighbours *neighbours, sd_event *event)
{
	int error =
		sd_event_add_io(event, &neighbours->wake_up, nl_socket_get_fd(neighbours->events),
				EPOLLIN, on_wake_up, neighbours);

	if (error >= 0)
		error = sd_event_add_time(event, &neighbours->timer, CLOCK_MONOTONIC, 0,
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
	*neighbour = (struct neighbour){.address = *address, .lost_at = NEVER};
	if (!peer || !peer->mac_pinned)
		return;
	neighbour->pinned = true;
	neighbour->known = true;
	memcpy(neighbour->mac, peer->mac, sizeof(neighbour->mac));
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

/* What was known of an address that is still wanted. */
static void inherit(struct neighbour *neighbour, struct neighbours *before)
{
	const struct neighbour *old = find(before, &neighbour->address);

	if (old && !old->pinned && !neighbour->pinned)
		*neighbour = *old;
}

static void report_known(const struct neighbours *neighbours)
{
	for (size_t i = 0; i < neighbours->count; i++)
		if (neighbours->list[i].known)
			neighbours->changed(&neighbours->list[i].address, neighbours->list[i].mac,
					    neighbours->context);
}

static void cleanup_neighbours(struct neighbours **neighbours)
{
	neighbours_stop(*neighbours);
}

int neighbours_start(const struct config *config, const struct net_link *link, sd_event *event,
		     neighbour_changed changed, void *context, struct neighbours **neighbours)
{
	CLEANUP(cleanup_neighbours) struct neighbours *new = calloc(1, sizeof(*new));
	int error = new ? netlink_open(&new->netlink) : -ENOMEM;

	if (error == 0)
		error = subscribe(new);
	if (error == 0)
		error = add_sources(new, event);
	if (error < 0)
		return log_failure(error, "cannot watch the kernel's neighbour table");
	new->link_index = link->index;
	new->link_running = link->running;
	new->changed = changed;
	new->context = context;
	add_all(new, config);
	report_known(new);
	read_table(new);
	attend(new);
	*neighbours = TAKE_POINTER(new);
	return 0;
}

void neighbours_set_link(struct neighbours *neighbours, const struct net_link *link)
{
	neighbours->link_index = link->index;
	neighbours->link_running = link->running;
	for (size_t i = 0; i < neighbours->count; i++) {
		neighbours->list[i].used_at = 0;
		neighbours->list[i].lost_at = NEVER;
	}
	read_table(neighbours);
	attend(neighbours);
}

void neighbours_reload(struct neighbours *neighbours, const struct config *config)
{
	struct neighbours before = *neighbours;

	add_all(neighbours, config);
	for (size_t i = 0; i < neighbours->count; i++)
		inherit(&neighbours->list[i], &before);
	report_known(neighbours);
	read_table(neighbours);
	attend(neighbours);
}

const uint8_t *neighbours_peer_mac(const struct neighbours *neighbours,
				   const struct config_peer *peer)
{
	const struct ip_address *addresses[] = {&peer->address, &peer->address6};

	for (size_t i = 0; i < 2; i++) {
		const struct neighbour *neighbour =
			find((struct neighbours *)neighbours, addresses[i]);

		if (neighbour && neighbour->known)
			return neighbour->mac;
	}
	return NULL;
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
