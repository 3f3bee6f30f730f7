// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_ether.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/link/vlan.h>
#include <stdio.h>
#include <string.h>

#include "ctl/base/log.h"
#include "ctl/config/lookup.h"
#include "ctl/net/internal.h"
#include "maps/settings.h"

bool device_carries_vlan(const struct device *device, unsigned int parent_index, uint16_t vlan)
{
	return parent_index != 0 && device->parent_index == parent_index && device->vlan == vlan;
}

static bool is_vlan_here(struct rtnl_link *object)
{
	int32_t namespace;

	/* The index of a parent in another namespace means nothing here. */
	return rtnl_link_is_vlan(object) && rtnl_link_get_link_netnsid(object, &namespace) < 0 &&
	       rtnl_link_vlan_get_protocol(object) == htons(ETH_P_8021Q);
}

static struct device device_from(struct rtnl_link *object)
{
	const struct nl_addr *mac = rtnl_link_get_addr(object);
	const unsigned int running = IFF_UP | IFF_RUNNING;
	struct device device = {
		.index = (unsigned int)rtnl_link_get_ifindex(object),
		.mtu = rtnl_link_get_mtu(object),
		.master_index = (unsigned int)rtnl_link_get_master(object),
		.up = rtnl_link_get_flags(object) & IFF_UP,
		.running = (rtnl_link_get_flags(object) & running) == running &&
			   rtnl_link_get_carrier(object),
	};

	snprintf(device.name, sizeof(device.name), "%s", rtnl_link_get_name(object));
	if (mac && nl_addr_get_len(mac) == sizeof(device.mac))
		memcpy(device.mac, nl_addr_get_binary_addr(mac), sizeof(device.mac));
	if (is_vlan_here(object)) {
		device.parent_index = (unsigned int)rtnl_link_get_link(object);
		device.vlan = (uint16_t)rtnl_link_vlan_get_id(object);
	}
	return device;
}

static void keep_device(struct nl_object *object, void *context)
{
	*(struct device *)context = device_from((struct rtnl_link *)object);
}

struct vlan_search {
	unsigned int parent_index;
	uint16_t vlan;
	struct device *found;
};

static void keep_vlan(struct nl_object *object, void *context)
{
	struct device device = device_from((struct rtnl_link *)object);
	const struct vlan_search *search = context;

	if (device_carries_vlan(&device, search->parent_index, search->vlan))
		*search->found = device;
}

/* A kernel that knows VLAN devices skips all others then. */
static int put_vlan_filter(struct nl_msg *request)
{
	struct nlattr *nest = nla_nest_start(request, IFLA_LINKINFO | NLA_F_NESTED);

	if (!nest || nla_put_string(request, IFLA_INFO_KIND, "vlan") < 0)
		return -ENOMEM;
	return nla_nest_end(request, nest);
}

static int read_vlan(struct netlink *netlink, unsigned int parent_index, uint16_t vlan,
		     struct device *device)
{
	struct vlan_search search = {parent_index, vlan, device};
	struct ifinfomsg header = {};
	struct nl_msg *request = netlink_request(RTM_GETLINK, NLM_F_DUMP, &header, sizeof(header));

	if (request && put_vlan_filter(request) < 0) {
		nlmsg_free(request);
		request = NULL;
	}
	return netlink_read(netlink, request, keep_vlan, &search);
}

struct address_search {
	const struct ip_address *address;
	unsigned int index; /* of the device that should have it */
	enum own_address found;
	unsigned int found_on; /* OWN_ADDRESS_ELSEWHERE: where */
};

static enum own_address address_state(unsigned int flags)
{
	if (flags & IFA_F_DADFAILED)
		return OWN_ADDRESS_DUPLICATE;
	return flags & IFA_F_TENTATIVE ? OWN_ADDRESS_TENTATIVE : OWN_ADDRESS_PRESENT;
}

static void match_address(struct nl_object *object, void *context)
{
	struct rtnl_addr *entry = (struct rtnl_addr *)object;
	struct address_search *search = context;
	struct prefix prefix =
		netlink_prefix(rtnl_addr_get_local(entry), address_family(search->address));
	unsigned int index = (unsigned int)rtnl_addr_get_ifindex(entry);

	if (!address_equal(&prefix.address, search->address))
		return;
	if (index == search->index) {
		search->found = address_state(rtnl_addr_get_flags(entry));
	} else if (search->found == OWN_ADDRESS_MISSING) {
		search->found = OWN_ADDRESS_ELSEWHERE;
		search->found_on = index;
	}
}

/* Other devices are looked at only when this one does not have it. */
static int find_address(struct netlink *netlink, unsigned int index,
			const struct ip_address *address, enum own_address *result,
			struct net_link *link)
{
	struct address_search search = {.address = address, .index = index};
	int family, error = 0;

	if (!address_is_zero(address)) {
		family = address_family(address);
		error = addresses_read(netlink, family, index, match_address, &search);
		if (!error && search.found == OWN_ADDRESS_MISSING)
			error = addresses_read(netlink, family, 0, match_address, &search);
	}
	*result = search.found;
	if (search.found == OWN_ADDRESS_ELSEWHERE)
		if_indextoname(search.found_on, link->elsewhere);
	/* The device may have gone since we looked. */
	return error == -ENODEV ? 0 : error;
}

/* It may be on a VLAN device of the interface, whose VLAN the configuration does not have. */
static int read_elsewhere(struct netlink *netlink, struct net_link *link)
{
	struct device device = {};
	int error = netlink_read_device(netlink, link->elsewhere, keep_device, &device);

	link->elsewhere_vlan = 0;
	if (error == 0 && device.parent_index == link->parent_index)
		link->elsewhere_vlan = device.vlan;
	return error;
}

static int read_addresses(struct netlink *netlink, const struct config *config,
			  struct net_link *link)
{
	const struct config_peer *self = config_self(config);
	int error = find_address(netlink, link->index, &self->address, &link->address4, link);

	if (error == 0)
		error = find_address(netlink, link->index, &self->address6, &link->address6, link);
	if (error == 0 && link->elsewhere[0])
		error = read_elsewhere(netlink, link);
	link->has_address4 = link->address4 == OWN_ADDRESS_PRESENT;
	link->has_address6 = link->address6 == OWN_ADDRESS_PRESENT;
	return error;
}

/* A port passes untagged frames on to its master, whose they are then. */
static void keep_master(struct nl_object *object, void *context)
{
	static const char *const kinds[] = {"bridge", "bond", "team", "openvswitch"};
	struct rtnl_link *master = (struct rtnl_link *)object;
	const char *kind = rtnl_link_get_type(master);

	for (size_t i = 0; kind && i < sizeof(kinds) / sizeof(*kinds); i++)
		if (strcmp(kind, kinds[i]) == 0)
			snprintf(context, IF_NAMESIZE, "%s", rtnl_link_get_name(master));
}

static int read_master(struct netlink *netlink, const struct device *parent, struct net_link *link)
{
	char name[IF_NAMESIZE];

	if (parent->master_index == 0 || !if_indextoname(parent->master_index, name))
		return 0;
	return netlink_read_device(netlink, name, keep_master, link->master);
}

static int read_devices(struct netlink *netlink, const struct config *config, struct device *parent,
			struct device *device)
{
	int error = netlink_read_device(netlink, config->interface, keep_device, parent);

	if (error < 0 || config->vlan == VLAN_UNTAGGED) {
		*device = *parent;
		return error;
	}
	if (parent->index == 0)
		return 0;
	return read_vlan(netlink, parent->index, config->vlan, device);
}

static int read_state(struct netlink *netlink, const struct config *config, struct net_link *link)
{
	struct device parent = {}, device = {};
	int error = read_devices(netlink, config, &parent, &device);

	if (error < 0)
		return error;
	snprintf(link->parent, sizeof(link->parent), "%s", config->interface);
	link->parent_index = parent.index;
	link->index = device.index;
	link->up = device.up;
	link->running = parent.running && device.running;
	link->has_address4 = false;
	link->has_address6 = false;
	link->address4 = link->address6 = OWN_ADDRESS_MISSING;
	link->elsewhere[0] = link->master[0] = '\0';
	if (device.index == 0)
		return 0;

	memcpy(link->device, device.name, sizeof(link->device));
	memcpy(link->mac, device.mac, sizeof(link->mac));
	link->mtu = device.mtu;
	error = config->vlan == VLAN_UNTAGGED ? read_master(netlink, &parent, link) : 0;
	return error < 0 ? error : read_addresses(netlink, config, link);
}

int link_read(struct netlink *netlink, const struct config *config, struct net_link *link)
{
	struct net_link state = *link;
	int error = read_state(netlink, config, &state);

	if (error < 0)
		return log_failure(error, "cannot read the state of interface %s",
				   config->interface);
	*link = state;
	return 0;
}

bool net_link_equal(const struct net_link *a, const struct net_link *b)
{
	return strcmp(a->parent, b->parent) == 0 && a->parent_index == b->parent_index &&
	       strcmp(a->device, b->device) == 0 && a->index == b->index &&
	       memcmp(a->mac, b->mac, sizeof(a->mac)) == 0 && a->mtu == b->mtu && a->up == b->up &&
	       a->running == b->running && a->has_address4 == b->has_address4 &&
	       a->has_address6 == b->has_address6 && a->address4 == b->address4 &&
	       a->address6 == b->address6 && strcmp(a->elsewhere, b->elsewhere) == 0 &&
	       a->elsewhere_vlan == b->elsewhere_vlan && strcmp(a->master, b->master) == 0;
}

const char *net_link_fault(const struct net_link *link)
{
	if (link->master[0] && link->parent_index)
		return "the interface is a port of a bridge or bond, which takes its frames";
	if (link->running)
		return NULL;
	if (link->parent_index == 0)
		return "the interface does not exist";
	if (link->index == 0)
		return "the VLAN device does not exist";
	if (!link->up)
		return "the link is administratively down";
	return "the link is down";
}

const char *net_link_address_fault(const struct net_link *link, int family)
{
	bool ipv4 = family == FAMILY_IPV4;

	if (ipv4 ? link->has_address4 : link->has_address6)
		return NULL;
	switch (ipv4 ? link->address4 : link->address6) {
	case OWN_ADDRESS_TENTATIVE:
		return "this node's address is still being checked for duplicates";
	case OWN_ADDRESS_DUPLICATE:
		return "another host has this node's address: duplicate address detection failed";
	case OWN_ADDRESS_ELSEWHERE:
		return "this node's address is on another device";
	case OWN_ADDRESS_MISSING:
	case OWN_ADDRESS_PRESENT:
		break;
	}
	return "this node's address is not on the device";
}
