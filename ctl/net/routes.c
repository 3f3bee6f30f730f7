// SPDX-License-Identifier: GPL-2.0-only
/*
 * The routing table for replies. It leads to the device's own networks directly, and to everything
 * else through the gateway.
 */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>
#include <netlink/route/nexthop.h>
#include <netlink/route/route.h>
#include <string.h>

#include "ctl/base/cleanup.h"
#include "ctl/net/internal.h"

static inline void cleanup_rtnl_route(struct rtnl_route **route)
{
	rtnl_route_put(*route);
}

/* How the routes of one family are read from a table. */
struct table_reading {
	int family;
	uint32_t table;     /* the one that is read */
	uint32_t noted_as;  /* the table that the items name */
	bool networks_only; /* leave out what no reply goes to */
	const struct net_link *link;
	struct item_list *list;
};

/* Replies to link-local and multicast addresses do not come from a VIP. */
static bool is_routable(const struct prefix *prefix)
{
	struct in6_addr in6 = address_to_ipv6(&prefix->address);

	return !IN6_IS_ADDR_LINKLOCAL(&in6) && !IN6_IS_ADDR_MULTICAST(&in6);
}

static struct ip_address gateway_of(struct rtnl_nexthop *hop, int family)
{
	struct nl_addr *gateway = rtnl_route_nh_get_gateway(hop);

	if (!gateway)
		return (struct ip_address){};
	return netlink_prefix(gateway, family).address;
}

/* Only a standby route of ours has a metric that matters. With any other one a route serves as well
 * as the one that we would make. */
static uint32_t standby_metric(struct rtnl_route *route)
{
	if (rtnl_route_get_protocol(route) != PROTOCOL_VIPD ||
	    rtnl_route_get_priority(route) != STANDBY_METRIC)
		return 0;
	return STANDBY_METRIC;
}

/* A route of ours has one next hop, on the device. */
static void note_route(struct nl_object *object, void *context)
{
	struct rtnl_route *route = (struct rtnl_route *)object;
	const struct table_reading *reading = context;
	struct item item = {
		.kind = ITEM_ROUTE,
		.prefix = netlink_prefix(rtnl_route_get_dst(route), reading->family),
		.table = reading->noted_as,
		.metric = standby_metric(route),
	};
	struct rtnl_nexthop *hop;

	if (rtnl_route_get_nnexthops(route) != 1)
		return;
	hop = rtnl_route_nexthop_n(route, 0);
	if (rtnl_route_nh_get_ifindex(hop) != (int)reading->link->index)
		return;
	if (reading->networks_only && !is_routable(&item.prefix))
		return;
	item.gateway = gateway_of(hop, reading->family);
	memcpy(item.device, reading->link->device, sizeof(item.device));
	item_list_add(reading->list, &item);
}

static int read_table(struct netlink *netlink, struct table_reading *reading, uint8_t protocol)
{
	struct rtmsg header = {
		.rtm_family = (uint8_t)netlink_family(reading->family),
		.rtm_protocol = protocol,
		.rtm_type = RTN_UNICAST,
	};
	struct nl_msg *request = netlink_request(RTM_GETROUTE, NLM_F_DUMP, &header, sizeof(header));
	int error;

	if (request && nla_put_u32(request, RTA_TABLE, reading->table) < 0) {
		nlmsg_free(request);
		request = NULL;
	}
	error = netlink_read(netlink, request, note_route, reading);
	/* A table without routes does not exist. */
	return error == -ENOENT ? 0 : error;
}

static struct item route_to(const struct survey *survey, struct prefix destination,
			    const struct ip_address *gateway)
{
	struct item item = {
		.kind = ITEM_ROUTE,
		.prefix = destination,
		.gateway = *gateway,
		.table = survey->config->routing_table,
	};

	memcpy(item.device, survey->link->device, sizeof(item.device));
	return item;
}

static void note_gateway(const struct ip_address *gateway, struct survey *survey)
{
	static const struct ip_address on_link;
	bool ipv4 = address_family(gateway) == FAMILY_IPV4;
	struct prefix everything = netlink_prefix(NULL, ipv4 ? FAMILY_IPV4 : FAMILY_IPV6);
	struct item direct = route_to(survey, prefix_of_host(gateway), &on_link);
	struct item through = route_to(survey, everything, gateway);

	item_list_add(&survey->wanted, &direct);
	item_list_add(&survey->wanted, &through);
}

static int survey_family(struct net *net, const struct ip_address *gateway, struct survey *survey)
{
	struct table_reading connected = {
		.family = address_family(gateway),
		.table = RT_TABLE_MAIN,
		.noted_as = survey->config->routing_table,
		.networks_only = true,
		.link = survey->link,
		.list = &survey->wanted,
	};
	struct table_reading present = connected;
	int error;

	/* A device that is down has no routes: the kernel flushes them and refuses new ones.
	 */
	if (address_is_zero(gateway) || !survey->link->up)
		return 0;
	note_gateway(gateway, survey);
	error = read_table(&net->netlink, &connected, RTPROT_KERNEL);
	if (error < 0)
		return error;
	present.table = survey->config->routing_table;
	present.networks_only = false;
	present.list = &survey->present;
	return read_table(&net->netlink, &present, RTPROT_UNSPEC);
}

int routes_survey(struct net *net, struct survey *survey)
{
	int error = survey_family(net, &survey->config->gateway4, survey);

	if (error < 0)
		return error;
	return survey_family(net, &survey->config->gateway6, survey);
}

static int set_next_hop(struct rtnl_route *route, const struct item *item, unsigned int index)
{
	struct prefix host = prefix_of_host(&item->gateway);
	CLEANUP(cleanup_nl_addr) struct nl_addr *gateway = netlink_address(&host);
	struct rtnl_nexthop *hop = gateway ? rtnl_route_nh_alloc() : NULL;

	if (!hop)
		return -ENOMEM;
	rtnl_route_nh_set_ifindex(hop, (int)index);
	if (!address_is_zero(&item->gateway)) {
		rtnl_route_nh_set_gateway(hop, gateway);
		rtnl_route_nh_set_flags(hop, RTNH_F_ONLINK);
	}
	rtnl_route_add_nexthop(route, hop);
	return 0;
}

static struct rtnl_route *route_of(const struct item *item, unsigned int index)
{
	CLEANUP(cleanup_nl_addr) struct nl_addr *destination = netlink_address(&item->prefix);
	CLEANUP(cleanup_rtnl_route) struct rtnl_route *route = rtnl_route_alloc();
	bool on_link = address_is_zero(&item->gateway);
	int family = netlink_family(address_family(&item->prefix.address));

	if (!destination || !route || rtnl_route_set_family(route, (uint8_t)family) < 0 ||
	    rtnl_route_set_dst(route, destination) < 0 || set_next_hop(route, item, index) < 0)
		return NULL;
	rtnl_route_set_table(route, item->table);
	if (item->metric)
		rtnl_route_set_priority(route, item->metric);
	rtnl_route_set_protocol(route, PROTOCOL_VIPD);
	rtnl_route_set_type(route, RTN_UNICAST);
	rtnl_route_set_scope(route, on_link ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE);
	return TAKE_POINTER(route);
}

int routes_make(struct net *net, const struct item *item)
{
	CLEANUP(cleanup_rtnl_route) struct rtnl_route *route = NULL;
	unsigned int index = if_nametoindex(item->device);
	struct nl_msg *request = NULL;

	if (index == 0)
		return -errno;
	route = route_of(item, index);
	if (route)
		rtnl_route_build_add_request(route, NLM_F_CREATE | NLM_F_EXCL, &request);
	return netlink_execute(&net->netlink, request);
}

int routes_remove(struct net *net, const struct item *item)
{
	CLEANUP(cleanup_rtnl_route) struct rtnl_route *route = NULL;
	unsigned int index = if_nametoindex(item->device);
	struct nl_msg *request = NULL;
	int error;

	/* The device's routes went with it. */
	if (index == 0)
		return 0;
	route = route_of(item, index);
	if (route)
		rtnl_route_build_del_request(route, 0, &request);
	error = netlink_execute(&net->netlink, request);
	return error == -ESRCH ? 0 : error;
}
