// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rules that route packets from a VIP. The VIPs of a family are written as the fewest prefixes, and
 * there are three rules for each prefix, which are asked in turn:
 *
 *   1118  the table for replies, but for its default route: the networks that it names
 *   1119  the main table, but for what passes for a default route there: pods, containers, tunnels
 *   1120  the table for replies, whose default route leads through the gateway
 *
 * So what the host knows a way to is reached as the host reaches it, from the moment on that it is
 * known, and all others are reached through the gateway of the VIPs.
 */
#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>
#include <netlink/route/rule.h>
#include <stdlib.h>

#include "ctl/base/cleanup.h"
#include "ctl/config/lookup.h"
#include "ctl/net/internal.h"

static inline void cleanup_rtnl_rule(struct rtnl_rule **rule)
{
	rtnl_rule_put(*rule);
}

/*
 * Routes this short count as default routes: VPN clients write 0.0.0.0/1 and 128.0.0.0/1, some
 * operators 2000::/3. The shortest networks that somebody may have at home are 10.0.0.0/8 and
 * fc00::/7.
 */
#define DEFAULT_PREFIX_MAX 6

/* In the order in which the kernel asks them. */
static const struct reply_rule {
	uint32_t priority;   /* of the item */
	uint32_t table;      /* 0: that for replies */
	int ignored_lengths; /* routes up to this prefix length do not count; -1: all count */
} reply_rules[] = {
	{RULE_PRIORITY - 2, 0, 0},
	{RULE_PRIORITY - 1, RT_TABLE_MAIN, DEFAULT_PREFIX_MAX},
	{0, 0, -1},
};

/* Earlier versions had one rule for each prefix, so its item has no priority. */
static uint32_t item_priority(uint32_t priority)
{
	return priority == RULE_PRIORITY ? 0 : priority;
}

static uint32_t kernel_priority(uint32_t priority)
{
	return priority ? priority : RULE_PRIORITY;
}

static const struct reply_rule *find_reply_rule(uint32_t priority)
{
	for (size_t i = 0; i < sizeof(reply_rules) / sizeof(*reply_rules); i++)
		if (reply_rules[i].priority == priority)
			return &reply_rules[i];
	return NULL;
}

/* Our rules have our priorities and decide by the source alone. */
static bool looks_like_ours(struct rtnl_rule *rule)
{
	return find_reply_rule(item_priority(rtnl_rule_get_prio(rule))) &&
	       rtnl_rule_get_action(rule) == FR_ACT_TO_TBL && rtnl_rule_get_src(rule) &&
	       !rtnl_rule_get_dst(rule) && !rtnl_rule_get_iif(rule) && !rtnl_rule_get_oif(rule) &&
	       rtnl_rule_get_mark(rule) == 0;
}

static void note_present(struct nl_object *object, void *context)
{
	struct rtnl_rule *rule = (struct rtnl_rule *)object;
	int family = rtnl_rule_get_family(rule) == AF_INET ? FAMILY_IPV4 : FAMILY_IPV6;
	struct item item = {
		.kind = ITEM_RULE,
		.prefix = netlink_prefix(rtnl_rule_get_src(rule), family),
		.table = rtnl_rule_get_table(rule),
		.priority = item_priority(rtnl_rule_get_prio(rule)),
	};

	if (looks_like_ours(rule))
		item_list_add(context, &item);
}

static int read_rules(struct netlink *netlink, int family, struct item_list *present)
{
	struct fib_rule_hdr header = {.family = (uint8_t)netlink_family(family)};

	return netlink_read(netlink,
			    netlink_request(RTM_GETRULE, NLM_F_DUMP, &header, sizeof(header)),
			    note_present, present);
}

static bool has_gateway(const struct config *config, const struct ip_address *vip)
{
	return !address_is_zero(address_family(vip) == FAMILY_IPV4 ? &config->gateway4
								   : &config->gateway6);
}

/* The VIPs of families that have a gateway. Return: how many. */
static size_t sources(const struct config *config, struct prefix *prefixes)
{
	size_t count = 0;

	CONFIG_FOR_EACH_VIP (config, vip)
		if (has_gateway(config, vip.address))
			prefixes[count++] = prefix_of_host(vip.address);
	return count;
}

static void note_rules(const struct config *config, const struct prefix *source,
		       struct item_list *wanted)
{
	for (size_t i = 0; i < sizeof(reply_rules) / sizeof(*reply_rules); i++) {
		uint32_t table = reply_rules[i].table;
		struct item item = {
			.kind = ITEM_RULE,
			.prefix = *source,
			.table = table ? table : config->routing_table,
			.priority = reply_rules[i].priority,
		};

		item_list_add(wanted, &item);
	}
}

static int note_wanted(const struct config *config, struct item_list *wanted)
{
	size_t room = config_vip_count(config);
	CLEANUP(cleanup_free) struct prefix *prefixes = calloc(room + 1, sizeof(*prefixes));
	size_t count;

	if (!prefixes)
		return -ENOMEM;
	count = prefix_aggregate(prefixes, sources(config, prefixes));
	for (size_t i = 0; i < count; i++)
		note_rules(config, &prefixes[i], wanted);
	return 0;
}

int rules_survey(struct net *net, struct survey *survey)
{
	int error = note_wanted(survey->config, &survey->wanted);

	if (error < 0)
		return error;
	error = read_rules(&net->netlink, FAMILY_IPV4, &survey->present);
	if (error < 0)
		return error;
	return read_rules(&net->netlink, FAMILY_IPV6, &survey->present);
}

static struct rtnl_rule *rule_of(const struct item *item)
{
	CLEANUP(cleanup_nl_addr) struct nl_addr *source = netlink_address(&item->prefix);
	CLEANUP(cleanup_rtnl_rule) struct rtnl_rule *rule = rtnl_rule_alloc();

	if (!source || !rule)
		return NULL;
	rtnl_rule_set_family(rule, netlink_family(address_family(&item->prefix.address)));
	if (rtnl_rule_set_src(rule, source) < 0)
		return NULL;
	rtnl_rule_set_prio(rule, kernel_priority(item->priority));
	rtnl_rule_set_table(rule, item->table);
	rtnl_rule_set_action(rule, FR_ACT_TO_TBL);
	rtnl_rule_set_protocol(rule, PROTOCOL_VIPD);
	return TAKE_POINTER(rule);
}

/* libnl has no setter for it. */
static bool ignore_short_routes(struct nl_msg *request, uint32_t priority)
{
	const struct reply_rule *rule = find_reply_rule(priority);

	if (!rule || rule->ignored_lengths < 0)
		return true;
	return nla_put_u32(request, FRA_SUPPRESS_PREFIXLEN, (uint32_t)rule->ignored_lengths) == 0;
}

int rules_make(struct net *net, const struct item *item)
{
	CLEANUP(cleanup_rtnl_rule) struct rtnl_rule *rule = rule_of(item);
	struct nl_msg *request = NULL;

	if (rule)
		rtnl_rule_build_add_request(rule, NLM_F_CREATE | NLM_F_EXCL, &request);
	if (request && !ignore_short_routes(request, item->priority)) {
		nlmsg_free(request);
		request = NULL;
	}
	return netlink_execute(&net->netlink, request);
}

int rules_remove(struct net *net, const struct item *item)
{
	CLEANUP(cleanup_rtnl_rule) struct rtnl_rule *rule = rule_of(item);
	struct nl_msg *request = NULL;
	int error;

	if (rule)
		rtnl_rule_build_delete_request(rule, 0, &request);
	error = netlink_execute(&net->netlink, request);
	return error == -ENOENT ? 0 : error;
}
