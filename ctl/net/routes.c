// SPDX-License-Identifier: GPL-2.0-only
/*
 * The routing table for replies, which the rules (rules.c) ask first and last. It leads to the
 * device's own networks directly, and to everything else through the gateway. The networks next to
 * the host's own default routes are named as well: the provider of that link takes no packets from
 * a VIP, so whoever lives there is answered through the gateway too.
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
	uint32_t table;
	const struct net_link *link; /* only routes on this device; NULL: all */
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

static void note_hop(struct rtnl_route *route, struct rtnl_nexthop *hop,
		     const struct table_reading *reading)
{
	unsigned int index = (unsigned int)rtnl_route_nh_get_ifindex(hop);
	struct item item = {
		.kind = ITEM_ROUTE,
		.prefix = netlink_prefix(rtnl_route_get_dst(route), reading->family),
		.gateway = gateway_of(hop, reading->family),
		.table = reading->table,
		.metric = standby_metric(route),
	};

	if (reading->link && index != reading->link->index)
		return;
	if (reading->link)
		memcpy(item.device, reading->link->device, sizeof(item.device));
	else if (!if_indextoname(index, item.device))
		return; /* the device has gone since */
	item_list_add(reading->list, &item);
}

/* A route of ours has one next hop. */
static void note_route(struct nl_object *object, void *context)
{
	struct rtnl_route *route = (struct rtnl_route *)object;
	const struct table_reading *reading = context;
	int hops = rtnl_route_get_nnexthops(route);

	if (reading->link && hops != 1)
		return;
	for (int i = 0; i < hops; i++)
		note_hop(route, rtnl_route_nexthop_n(route, i), reading);
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

/* Of the main table, what decides where replies go. */
struct main_routes {
	struct item_list connected; /* by the kernel, for an address of the device */
	struct item_list others;    /* by whatever configures the host, but no routing daemon */
};

static int read_main(struct net *net, int family, struct main_routes *routes)
{
	static const uint8_t others[] = {RTPROT_BOOT, RTPROT_STATIC, RTPROT_RA, RTPROT_DHCP};
	struct table_reading reading = {.family = family, .table = RT_TABLE_MAIN};
	int error;

	reading.list = &routes->connected;
	error = read_table(&net->netlink, &reading, RTPROT_KERNEL);
	reading.list = &routes->others;
	for (size_t i = 0; i < sizeof(others) && error == 0; i++)
		error = read_table(&net->netlink, &reading, others[i]);
	if (error == 0 && (routes->connected.failed || routes->others.failed))
		error = -ENOMEM;
	return error;
}

static bool is_default(const struct item *route)
{
	return route->prefix.length == 0;
}

static bool is_network(const struct item *route)
{
	return !is_default(route) && address_is_zero(&route->gateway) &&
	       is_routable(&route->prefix);
}

static bool has_default_route(const struct item_list *routes, const char *device)
{
	for (size_t i = 0; i < routes->count; i++)
		if (is_default(&routes->items[i]) && strcmp(routes->items[i].device, device) == 0)
			return true;
	return false;
}

/* A network that two devices are in is reached on the one that carries the VIPs. */
static bool is_on_link(const struct main_routes *routes, const struct net_link *link,
		       const struct prefix *network)
{
	const struct item_list *connected = &routes->connected;

	for (size_t i = 0; i < connected->count; i++)
		if (strcmp(connected->items[i].device, link->device) == 0 &&
		    prefix_compare(&connected->items[i].prefix, network) == 0)
			return true;
	return false;
}

static void note_own_networks(const struct main_routes *routes, struct survey *survey)
{
	static const struct ip_address on_link;

	for (size_t i = 0; i < routes->connected.count; i++) {
		const struct item *route = &routes->connected.items[i];
		struct item direct = route_to(survey, route->prefix, &on_link);

		if (is_network(route) && strcmp(route->device, survey->link->device) == 0)
			item_list_add(&survey->wanted, &direct);
	}
}

/* Networks on a device that leads to the host's own default gateway. */
static void note_uplinks(const struct main_routes *routes, const struct item_list *list,
			 const struct ip_address *gateway, struct survey *survey)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct item *route = &list->items[i];
		struct item through = route_to(survey, route->prefix, gateway);

		if (!is_network(route) || strcmp(route->device, survey->link->device) == 0 ||
		    is_on_link(routes, survey->link, &route->prefix))
			continue;
		if (has_default_route(&routes->connected, route->device) ||
		    has_default_route(&routes->others, route->device))
			item_list_add(&survey->wanted, &through);
	}
}

static int survey_networks(struct net *net, const struct ip_address *gateway, struct survey *survey)
{
	struct main_routes routes = {};
	int error = read_main(net, address_family(gateway), &routes);

	if (error == 0) {
		note_own_networks(&routes, survey);
		note_uplinks(&routes, &routes.connected, gateway, survey);
		note_uplinks(&routes, &routes.others, gateway, survey);
	}
	item_list_free(&routes.connected);
	item_list_free(&routes.others);
	return error;
}

static int survey_family(struct net *net, const struct ip_address *gateway, struct survey *survey)
{
	struct table_reading present = {
		.family = address_family(gateway),
		.table = survey->config->routing_table,
		.link = survey->link,
		.list = &survey->present,
	};
	int error;

	/* A device that is down has no routes: the kernel flushes them and refuses new ones.
	 */
	if (address_is_zero(gateway) || !survey->link->up)
		return 0;
	note_gateway(gateway, survey);
	error = survey_networks(net, gateway, survey);
	if (error < 0)
		return error;
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
