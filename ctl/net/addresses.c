// SPDX-License-Identifier: GPL-2.0-only
/*
 * VIPs are addresses of lo on every node, whoever owns them: so its servers can bind to them, and
 * it accepts what is steered to it.
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

/* A VIP counts as present with any prefix length. */
static void note_present(struct nl_object *object, void *context)
{
	struct rtnl_addr *entry = (struct rtnl_addr *)object;
	int family = rtnl_addr_get_family(entry) == AF_INET ? FAMILY_IPV4 : FAMILY_IPV6;
	struct prefix prefix = netlink_prefix(rtnl_addr_get_local(entry), family);
	struct item item = {
		.kind = ITEM_ADDRESS,
		.prefix = prefix_of_host(&prefix.address),
	};

	item_list_add(context, &item);
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
	int error;

	note_wanted(survey->config, &survey->wanted);
	error = addresses_read(&net->netlink, FAMILY_IPV4, LOOPBACK_INDEX, note_present,
			       &survey->present);
	if (error < 0)
		return error;
	return addresses_read(&net->netlink, FAMILY_IPV6, LOOPBACK_INDEX, note_present,
			      &survey->present);
}

static struct rtnl_addr *address_of(const struct item *item)
{
	CLEANUP(cleanup_nl_addr) struct nl_addr *local = netlink_address(&item->prefix);
	CLEANUP(cleanup_rtnl_addr) struct rtnl_addr *address = rtnl_addr_alloc();

	if (!local || !address || rtnl_addr_set_local(address, local) < 0)
		return NULL;
	rtnl_addr_set_ifindex(address, LOOPBACK_INDEX);
	rtnl_addr_set_scope(address, RT_SCOPE_UNIVERSE);
	if (address_family(&item->prefix.address) == FAMILY_IPV6)
		rtnl_addr_set_flags(address, IFA_F_NODAD);
	else if (rtnl_addr_set_label(address, ADDRESS_LABEL) < 0)
		return NULL;
	return TAKE_POINTER(address);
}

int addresses_make(struct net *net, const struct item *item)
{
	CLEANUP(cleanup_rtnl_addr) struct rtnl_addr *address = address_of(item);
	struct nl_msg *request = NULL;

	if (address)
		rtnl_addr_build_add_request(address, NLM_F_CREATE | NLM_F_EXCL, &request);
	return netlink_execute(&net->netlink, request);
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
