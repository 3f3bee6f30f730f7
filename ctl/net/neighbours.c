// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/net/neighbours.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>
#include <netlink/route/neighbour.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/base/address.h"
#include "ctl/base/cleanup.h"
#include "ctl/base/clock.h"
#include "ctl/base/log.h"
#include "ctl/net/netlink.h"

/* A MAC that nobody uses is confirmed so often, so that a peer's new NIC is noticed. */
#define CONFIRM_INTERVAL (10 * NS_PER_S)

/* An address that does not answer is queried so often, for it may come back any moment. */
#define RESOLVE_INTERVAL (1 * NS_PER_S)

/* A MAC that the kernel has forgotten is believed for so long, because the kernel takes three
 * seconds to query it again; one that failed, for the moment in which an entry that is being
 * deleted looks as if it had failed. */
#define GRACE         (5 * NS_PER_S)
#define FAILURE_GRACE (20 * NS_PER_MS)

/* A host may have thousands of neighbours that change; its table is read no more often. */
#define READ_INTERVAL (20 * NS_PER_MS)

#define TIMER_ACCURACY_US 1000

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

	uint64_t lost_at; /* when it ceased to be usable; NEVER: it is usable, or never was */
	uint64_t used_at; /* when we queried it */
};

/* The neighbours to know, and what is known of them. */
struct neighbour_list {
	size_t count;
	struct neighbour items[NEIGHBOURS_MAX];
};

struct neighbours_plan {
	struct neighbour_list list;
};

struct neighbours {
	struct netlink netlink; /* for requests */
	struct monitor_subscription *subscription;
	unsigned int link_index; /* 0 while the device is gone */
	bool link_running;       /* if not, silence says nothing about the neighbours */
	bool outdated;           /* the kernel's table may have changed since it was read */
	uint64_t read_at;
	sd_event_source *timer;
	neighbour_changed changed;
	void *context;
	struct neighbour_list list;
};

/* The kernel's table. */

static struct neighbour *find(struct neighbour_list *list, const struct ip_address *address)
{
	for (size_t i = 0; i < list->count; i++)
		if (address_equal(&list->items[i].address, address))
			return &list->items[i];
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
	return find(&neighbours->list, &prefix.address);
}

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
	if (state < 0)
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

	neighbours->outdated = false;
	neighbours->read_at = clock_now();
	for (size_t i = 0; i < neighbours->list.count; i++)
		neighbours->list.items[i].listed = false;
	if (neighbours->link_index)
		error = dump_table(neighbours);
	if (error < 0) {
		log_failure(error, "cannot read the kernel's neighbour table");
		return;
	}
	for (size_t i = 0; i < neighbours->list.count; i++)
		if (!neighbours->list.items[i].listed)
			neighbours->list.items[i].state = NUD_NONE;
}

/* NTF_USE has the effect of a packet: the kernel queries an unknown address and confirms a stale
 * one. It fails while the device is down or gone, and is tried again later. */
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

/* What follows from it. */

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
 * In other states the kernel is querying or confirming, or has just heard of the neighbour. An
 * entry that an operator made permanent must be left alone: since Linux 5.16 NTF_USE would make it
 * an ordinary one.
 */
static bool is_due(const struct neighbour *neighbour, uint64_t now)
{
	if (neighbour->state == NUD_STALE)
		return now - neighbour->used_at >= CONFIRM_INTERVAL;
	if (neighbour->state == NUD_NONE || neighbour->state == NUD_FAILED)
		return now - neighbour->used_at >= RESOLVE_INTERVAL;
	return false;
}

/* Return: when to do so if not now. */
static uint64_t read_if_outdated(struct neighbours *neighbours, uint64_t now)
{
	if (!neighbours->outdated)
		return NEVER;
	if (now < neighbours->read_at + READ_INTERVAL)
		return neighbours->read_at + READ_INTERVAL;
	read_table(neighbours);
	return NEVER;
}

static void attend(struct neighbours *neighbours)
{
	uint64_t now = clock_now(), next = read_if_outdated(neighbours, now);

	if (next > now + CONFIRM_INTERVAL)
		next = now + CONFIRM_INTERVAL;
	for (size_t i = 0; i < neighbours->list.count; i++) {
		struct neighbour *neighbour = &neighbours->list.items[i];
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

static void on_change(unsigned int kinds, void *context)
{
	struct neighbours *neighbours = context;

	(void)kinds;
	neighbours->outdated = true;
	attend(neighbours);
}

static int watch(struct neighbours *neighbours, struct monitor *monitor)
{
	int error = netlink_open(&neighbours->netlink);

	if (error)
		return error;
	error = sd_event_add_time(monitor_event(monitor), &neighbours->timer, CLOCK_MONOTONIC, 0,
				  TIMER_ACCURACY_US, on_timer, neighbours);
	if (error < 0)
		return error;
	return monitor_subscribe(monitor, MONITOR_NEIGHBOUR | MONITOR_SLOW_LOOK, on_change,
				 neighbours, &neighbours->subscription);
}

/* The list of neighbours. */

static void add(struct neighbour_list *list, const struct ip_address *address,
		const struct config_peer *peer)
{
	struct neighbour *neighbour;

	if (address_is_zero(address) || list->count == NEIGHBOURS_MAX)
		return;
	neighbour = &list->items[list->count++];
	*neighbour = (struct neighbour){.address = *address, .lost_at = NEVER};
	if (!peer || !peer->mac_pinned)
		return;
	neighbour->pinned = true;
	neighbour->known = true;
	memcpy(neighbour->mac, peer->mac, sizeof(neighbour->mac));
}

static void add_all(struct neighbour_list *list, const struct config *config)
{
	list->count = 0;
	add(list, &config->gateway4, NULL);
	add(list, &config->gateway6, NULL);
	for (size_t i = 0; i < config->peer_count; i++) {
		if (i == config->self)
			continue;
		add(list, &config->peers[i].address, &config->peers[i]);
		add(list, &config->peers[i].address6, &config->peers[i]);
	}
}

/* Take over what was known of an address. */
static void inherit(struct neighbour *neighbour, struct neighbour_list *before)
{
	const struct neighbour *old = find(before, &neighbour->address);

	if (old && !old->pinned && !neighbour->pinned)
		*neighbour = *old;
}

static void report_known(const struct neighbours *neighbours)
{
	for (size_t i = 0; i < neighbours->list.count; i++)
		if (neighbours->list.items[i].known)
			neighbours->changed(&neighbours->list.items[i].address,
					    neighbours->list.items[i].mac, neighbours->context);
}

static void cleanup_neighbours(struct neighbours **neighbours)
{
	neighbours_free(*neighbours);
}

int neighbours_new(const struct net_link *link, struct monitor *monitor, neighbour_changed changed,
		   void *context, struct neighbours **neighbours)
{
	CLEANUP(cleanup_neighbours) struct neighbours *new = calloc(1, sizeof(*new));
	int error = new ? watch(new, monitor) : -ENOMEM;

	if (error < 0)
		return log_failure(error, "cannot watch the kernel's neighbour table");
	new->link_index = link->index;
	new->link_running = link->running;
	new->changed = changed;
	new->context = context;
	*neighbours = TAKE_POINTER(new);
	return 0;
}

void neighbours_set_link(struct neighbours *neighbours, const struct net_link *link)
{
	neighbours->link_index = link->index;
	neighbours->link_running = link->running;
	for (size_t i = 0; i < neighbours->list.count; i++) {
		neighbours->list.items[i].used_at = 0;
		neighbours->list.items[i].lost_at = NEVER;
	}
	read_table(neighbours);
	attend(neighbours);
}

int neighbours_prepare(struct neighbours *neighbours, const struct config *next,
		       struct neighbours_plan **plan)
{
	struct neighbours_plan *new = calloc(1, sizeof(*new));

	(void)neighbours;
	if (!new)
		return log_failure(-ENOMEM, "cannot prepare for other neighbours");
	add_all(&new->list, next);
	*plan = new;
	return 0;
}

void neighbours_commit(struct neighbours *neighbours, struct neighbours_plan *plan)
{
	for (size_t i = 0; i < plan->list.count; i++)
		inherit(&plan->list.items[i], &neighbours->list);
	neighbours->list = plan->list;
	free(plan);
	report_known(neighbours);
	read_table(neighbours);
	attend(neighbours);
}

void neighbours_abort(struct neighbours *neighbours, struct neighbours_plan *plan)
{
	(void)neighbours;
	free(plan);
}

const uint8_t *neighbours_peer_mac(const struct neighbours *neighbours,
				   const struct config_peer *peer)
{
	const struct ip_address *addresses[] = {&peer->address, &peer->address6};

	for (size_t i = 0; i < 2; i++) {
		const struct neighbour *neighbour =
			find((struct neighbour_list *)&neighbours->list, addresses[i]);

		if (neighbour && neighbour->known)
			return neighbour->mac;
	}
	return NULL;
}

void neighbours_free(struct neighbours *neighbours)
{
	if (!neighbours)
		return;
	monitor_unsubscribe(neighbours->subscription);
	sd_event_source_disable_unref(neighbours->timer);
	netlink_close(&neighbours->netlink);
	free(neighbours);
}
