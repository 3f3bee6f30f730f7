/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of ctl/net share. One file knows one kind of thing: what of it the configuration
 * asks for, what of it is there (its survey), how to make one and how to remove one. converge.c
 * goes from what is to what should be, through the journal; net.c does that for another
 * configuration, in two steps; watch.c does it again when somebody interfered.
 */
#ifndef VIPD_NET_INTERNAL_H
#define VIPD_NET_INTERNAL_H

#include "ctl/net/item.h"
#include "ctl/net/journal.h"
#include "ctl/net/monitor.h"
#include "ctl/net/net.h"
#include "ctl/net/netlink.h"

/* The mark of what we make: /etc/iproute2/rt_protos calls routing protocols by such numbers. */
#define PROTOCOL_VIPD 112

/* Before the main table's rule (32766), behind the local table's (0). */
#define RULE_PRIORITY 1120

/* Behind a route that has the kernel's default metric (IPv4: 0, IPv6: 1024). */
#define STANDBY_METRIC 2048

/* LOOPBACK_IFINDEX of the kernel's net/flow.h: the first device of every namespace. */
#define LOOPBACK_INDEX 1

#define GROUPS_PER_SOCKET 64
#define GROUPS_MAX        (MAX_VIPS + 2)
#define GROUP_SOCKETS_MAX (GROUPS_MAX / GROUPS_PER_SOCKET + 2)

/* Multicast groups that the device listens to for us. All zero: none. */
struct membership {
	bool kept;          /* the one before is what is wanted */
	unsigned int index; /* of the device */
	struct ip_address groups[GROUPS_MAX];
	size_t group_count;
	int sockets[GROUP_SOCKETS_MAX]; /* joined as long as they are open */
	size_t socket_count;
};

struct watch {
	struct monitor_subscription *subscription;
	sd_event_source *timer;      /* the next repair */
	uint64_t repair_not_before;  /* CLOCK_MONOTONIC ns */
	sd_event_source *link_timer; /* changed() is called again, for it has failed */
	struct net_link reported;    /* the link as changed() was last told */
	net_link_changed changed;
	void *context;
};

struct net {
	const struct config *config; /* in force */
	struct netlink netlink;
	struct net_link link;
	struct journal *journal;
	struct membership membership;
	struct watch watch;
	bool applied; /* so that it is to be kept */
};

/* What should be and what is; of the latter, only what the former could ask for. */
struct survey {
	const struct config *config;
	const struct net_link *link;
	struct item_list wanted;
	struct item_list present;
};

/* link.c: a network device, as far as we care */

struct device {
	char name[IF_NAMESIZE];
	unsigned int index;
	unsigned int parent_index; /* of a VLAN device; 0: another kind, or the parent is in another
				      namespace */
	uint16_t vlan;             /* of a VLAN device */
	uint8_t mac[6];
	uint32_t mtu;
	bool up;
	bool running;
};

/** device_carries_vlan() - whether this is the 802.1Q device for a VLAN on a parent. */
bool device_carries_vlan(const struct device *device, unsigned int parent_index, uint16_t vlan);

/**
 * link_read() - the state of the configured device
 * @link: what was known of it; keeps names, MAC and MTU of a device that is gone, with index 0.
 *
 * Return: 0, also when there is no such device, or a negative errno after one logged message.
 */
int link_read(struct netlink *netlink, const struct config *config, struct net_link *link);

/* converge.c */

/**
 * converge() - make what @config asks for, remove what is ours and no longer wanted
 * @link: the device, as @config sees it.
 * @made: may be NULL; gets the items that were made.
 *
 * Return: 0, or a negative errno after one logged message.
 */
int converge(struct net *net, const struct config *config, const struct net_link *link,
	     struct item_list *made);

/**
 * converge_add() - make what @config wants and is missing; remove and replace nothing
 * @added: gets what is ours since this call, also when it fails; for converge_take_back().
 *
 * A route that would replace one of ours is made with a metric that puts it behind that one. It
 * takes over at once when converge() removes the old one, and goes after a third one, in its place
 * and with the usual metric, has been made.
 *
 * Return: 0, or a negative errno after one logged message.
 */
int converge_add(struct net *net, const struct config *config, const struct net_link *link,
		 struct item_list *added);

/** converge_take_back() - remove what converge_add() added, newest first; each failure is logged.
 */
int converge_take_back(struct net *net, const struct item_list *added);

/** converge_undo() - remove all that is ours, newest first. Return: the first error, after the
 * last.
 */
int converge_undo(struct net *net);

/* Each kind: a survey adds to both lists; make and remove return 0 or a negative errno, and log
 * nothing. To remove what is gone already is no error; make does not touch what is there: -EEXIST.
 */

int addresses_survey(struct net *net, struct survey *survey);
int addresses_make(struct net *net, const struct item *item);
int addresses_remove(struct net *net, const struct item *item);

/** addresses_read() - visit the rtnl_addr objects of a device. */
int addresses_read(struct netlink *netlink, int family, unsigned int index, netlink_each each,
		   void *context);

int routes_survey(struct net *net, struct survey *survey);
int routes_make(struct net *net, const struct item *item);
int routes_remove(struct net *net, const struct item *item);

int rules_survey(struct net *net, struct survey *survey);
int rules_make(struct net *net, const struct item *item);
int rules_remove(struct net *net, const struct item *item);

int sysctls_survey(struct net *net, struct survey *survey);
int sysctls_make(struct net *net, const struct item *item);
int sysctls_remove(struct net *net, const struct item *item);

int offloads_survey(struct net *net, struct survey *survey);
int offloads_make(struct net *net, const struct item *item);
int offloads_remove(struct net *net, const struct item *item);

/* membership.c */

/**
 * membership_join() - listen to the groups that VIPs and VRRP need, beside what is joined already
 * @membership: the result, for membership_replace() or membership_leave().
 * @current: what is joined; none of it is left.
 * @index: of the device; 0 while it is gone, with its memberships.
 *
 * Return: 0, or a negative errno after one logged message; nothing was joined then.
 */
int membership_join(struct membership *membership, const struct membership *current,
		    const struct config *config, unsigned int index);

/** membership_replace() - leave what was joined before, but for groups that stay. */
void membership_replace(struct membership *membership, struct membership *joined);

/** membership_update() - both. Return: as membership_join(). */
int membership_update(struct membership *membership, const struct config *config,
		      unsigned int index);
void membership_leave(struct membership *membership);

/* watch.c */

int watch_open(struct net *net, struct monitor *monitor, net_link_changed changed, void *context);
void watch_close(struct watch *watch);

/** watch_converged() - our own changes need no repair: not at once. */
void watch_converged(struct watch *watch);

/** watch_retry() - something failed: repair it some time later. */
void watch_retry(struct watch *watch);

#endif
