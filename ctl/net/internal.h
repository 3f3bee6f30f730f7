/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of ctl/net share; net.h says what each of them does.
 */
#ifndef VIPD_NET_INTERNAL_H
#define VIPD_NET_INTERNAL_H

#include "ctl/net/item.h"
#include "ctl/net/journal.h"
#include "ctl/net/monitor.h"
#include "ctl/net/net.h"
#include "ctl/net/netlink.h"

/* Routes and rules that we make have this protocol number (/etc/iproute2/rt_protos). */
#define PROTOCOL_VIPD 112

/* Our rules come after the local table's rule (0) and before the main table's (32766). */
#define RULE_PRIORITY 1120

/* A route of this metric is used only where there is none of the kernel's default metric, which is
 * 0 for IPv4 and 1024 for IPv6. */
#define STANDBY_METRIC 2048

/* The loopback device is the first one of every namespace (the kernel's net/flow.h). */
#define LOOPBACK_INDEX 1

#define GROUPS_PER_SOCKET 64
#define GROUPS_MAX        (MAX_VIPS + 2)
#define GROUP_SOCKETS_MAX (GROUPS_MAX / GROUPS_PER_SOCKET + 2)

/* The multicast groups that the device listens to for us. All zero means none. */
struct membership {
	bool kept;          /* membership_join() found that the current one will do */
	unsigned int index; /* of the device */
	struct ip_address groups[GROUPS_MAX];
	size_t group_count;
	int sockets[GROUP_SOCKETS_MAX]; /* joined as long as they are open */
	size_t socket_count;
};

struct repair {
	struct monitor_subscription *subscription;
	sd_event_source *timer;      /* the next repair */
	uint64_t not_before;         /* CLOCK_MONOTONIC ns */
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
	struct repair repair;
	bool applied; /* a configuration was committed, and is to be upheld */
};

/* What the configuration wants of the host, and what of such things the host has. */
struct survey {
	const struct config *config;
	const struct net_link *link;
	struct item_list wanted;
	struct item_list present;
};

/* link.c */

/* A network device, with those of its properties that matter to us. */
struct device {
	char name[IF_NAMESIZE];
	unsigned int index;
	unsigned int parent_index; /* of a VLAN device; 0: another kind, or the parent is in another
				      namespace */
	uint16_t vlan;             /* of a VLAN device */
	unsigned int master_index; /* of the device that this one is a port of; 0: none */
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
 * converge() - make what @config wants, remove what is ours and no longer wanted
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
 * A route that is to replace one of ours is made with STANDBY_METRIC, so that it is not used yet.
 * When converge() removes the old route, packets take this one at once. It goes when the same route
 * with the usual metric has been made.
 *
 * Return: 0, or a negative errno after one logged message.
 */
int converge_add(struct net *net, const struct config *config, const struct net_link *link,
		 struct item_list *added);

/** converge_take_back() - remove what converge_add() added, newest first; each failure is logged.
 */
int converge_take_back(struct net *net, const struct item_list *added);

/** converge_undo() - remove all that is ours, newest first, whatever fails. Return: the first
 * error.
 */
int converge_undo(struct net *net);

/*
 * Each kind of item has the same three functions, which return 0 or a negative errno and log
 * nothing. survey() adds to both lists. make() does not touch what is there: it returns -EEXIST.
 * remove() takes it as no error when the item has gone.
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

/* repair.c */

int repair_open(struct net *net, struct monitor *monitor, net_link_changed changed, void *context);
void repair_close(struct repair *repair);

/** repair_follow() - another configuration is in force: report the link soon if it is another one.
 */
void repair_follow(struct net *net);

/** repair_done() - all is as it should be: the next repair can wait a moment. */
void repair_done(struct repair *repair);

/** repair_later() - something failed: the next repair comes in some seconds. */
void repair_later(struct repair *repair);

#endif
