// SPDX-License-Identifier: GPL-2.0-only
/*
 * VIPs are addresses of lo on every node, whoever owns them: so its servers can bind to them, and
 * it accepts what is steered to it. A connection that this node opens must not have one of them as
 * its source, for the answers would go to the owner. The kernel chooses a deprecated IPv6 address
 * only when there is no other one (RFC 6724, rule 3). It does not ask that of an IPv4 address, but
 * it borrows none of link scope from another device.
 */
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>
#include <netlink/route/addr.h>

#include "ctl/base/cleanup.h"
#include "ctl/config/lookup.h"
#include "ctl/net/internal.h"

/* The label tells our IPv4 addresses on lo from others, for people and when one is deleted. */
#define ADDRESS_LABEL "lo:vipd"

/* Seconds, as the kernel has it. */
#define LIFETIME_INFINITE UINT32_MAX

static inline void cleanup_rtnl_addr(struct rtnl_addr **address)
{
	rtnl_addr_put(*address);
}

int addresses_read(struct netlink *netlink, int family, unsigned int index, netlink_each each,
		   void *context)
{
	struct ifaddrmsg header = {
		.ifa_family = (uint8_t)netlink_family(family),
		.ifa_index = index,
	};

	return netlink_read(netlink,
			    netlink_request(RTM_GETADDR, NLM_F_DUMP, &header, sizeof(header)), each,
			    context);
}

struct address_reading {
	const struct net *net;
	struct item_list *present;
};

/* A VIP counts as present with any prefix length, and if it is not ours, with any lifetime. */
static void note_present(struct nl_object *object, void *context)
{
	const struct address_reading *reading = context;
	struct rtnl_addr *entry = (struct rtnl_addr *)object;
	int family = rtnl_addr_get_family(entry) == AF_INET ? FAMILY_IPV4 : FAMILY_IPV6;
	struct prefix prefix = netlink_prefix(rtnl_addr_get_local(entry), family);
	struct item item = {
		.kind = ITEM_ADDRESS,
		.prefix = prefix_of_host(&prefix.address),
	};

	if ((rtnl_addr_get_flags(entry) & IFA_F_DEPRECATED) ||
	    !journal_contains(reading->net->journal, &item))
		item_list_add(reading->present, &item);
}

static void note_wanted(const struct config *config, struct item_list *wanted)
{
	CONFIG_FOR_EACH_VIP (config, vip) {
		struct item item = {
			.kind = ITEM_ADDRESS,
			.prefix = prefix_of_host(vip.address),
		};

		item_list_add(wanted, &item);
	}
}

int addresses_survey(struct net *net, struct survey *survey)
{
	struct address_reading reading = {.net = net, .present = &survey->present};
	int error;

	note_wanted(survey->config, &survey->wanted);
	error = addresses_read(&net->netlink, FAMILY_IPV4, LOOPBACK_INDEX, note_present, &reading);
	if (error < 0)
		return error;
	return addresses_read(&net->netlink, FAMILY_IPV6, LOOPBACK_INDEX, note_present, &reading);
}

static struct rtnl_addr *address_of(const struct item *item)
{
	CLEANUP(cleanup_nl_addr) struct nl_addr *local = netlink_address(&item->prefix);
	CLEANUP(cleanup_rtnl_addr) struct rtnl_addr *address = rtnl_addr_alloc();

	if (!local || !address || rtnl_addr_set_local(address, local) < 0)
		return NULL;
	rtnl_addr_set_ifindex(address, LOOPBACK_INDEX);
	rtnl_addr_set_valid_lifetime(address, LIFETIME_INFINITE);
	rtnl_addr_set_preferred_lifetime(address, 0);
	if (address_family(&item->prefix.address) == FAMILY_IPV6) {
		rtnl_addr_set_scope(address, RT_SCOPE_UNIVERSE);
		rtnl_addr_set_flags(address, IFA_F_NODAD);
		return TAKE_POINTER(address);
	}
	rtnl_addr_set_scope(address, RT_SCOPE_LINK);
	if (rtnl_addr_set_label(address, ADDRESS_LABEL) < 0)
		return NULL;
	return TAKE_POINTER(address);
}

static int add_address(struct net *net, const struct item *item, int flags)
{
	CLEANUP(cleanup_rtnl_addr) struct rtnl_addr *address = address_of(item);
	struct nl_msg *request = NULL;

	if (address)
		rtnl_addr_build_add_request(address, flags, &request);
	return netlink_execute(&net->netlink, request);
}

/* One that is there is ours with another lifetime: the survey has told so. */
int addresses_make(struct net *net, const struct item *item)
{
	int error = add_address(net, item, NLM_F_CREATE | NLM_F_EXCL);

	if (error == -EEXIST)
		error = add_address(net, item, NLM_F_REPLACE);
	return error;
}

int addresses_remove(struct net *net, const struct item *item)
{
	CLEANUP(cleanup_rtnl_addr) struct rtnl_addr *address = address_of(item);
	struct nl_msg *request = NULL;
	int error;

	if (address)
		rtnl_addr_build_delete_request(address, 0, &request);
	error = netlink_execute(&net->netlink, request);
	return error == -EADDRNOTAVAIL ? 0 : error;
}
