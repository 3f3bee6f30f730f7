// SPDX-License-Identifier: GPL-2.0-only
/* The format of peers, of the gateway, and of whatever names a peer. */
#include "ctl/config/format_peers.h"

#include "ctl/base/address.h"
#include "ctl/config/format_internal.h"
#include "ctl/config/lookup.h"
#include "ctl/config/values.h"

/* Naming peers */

bool format_peers_are_known(const struct config *config)
{
	for (size_t i = 0; i < config->peer_count; i++)
		if (!*config->peers[i].name || config_find_peer(config, config->peers[i].name) != i)
			return false;
	return config->peer_count > 0;
}

struct peer_names format_peer_names(const struct config *config)
{
	struct peer_names names = {""};
	size_t length = 0;

	for (size_t i = 0; i < config->peer_count; i++) {
		const char *name = config->peers[i].name;
		size_t room = sizeof(names.text) - length;
		bool fits = strlen(name) + sizeof(", , ...") <= room;

		snprintf(names.text + length, room, "%s%s", i ? ", " : "", fits ? name : "...");
		if (!fits)
			break;
		length = strlen(names.text);
	}
	return names;
}

size_t format_read_peer(const struct reader *reader, const struct place *place)
{
	const struct config *config = reader->root;
	char name[CONFIG_NAME_MAX];
	size_t peer;

	if (!schema_read_value(reader, place, &type_name,
			       &(struct value_rule){.size = sizeof(name)}, name))
		return CONFIG_NONE;
	peer = config_find_peer(config, name);
	if (peer == CONFIG_NONE && format_peers_are_known(config))
		schema_refuse(reader, place, "\"%s\" is not one of the peers %s", name,
			      format_peer_names(config).text);
	return peer;
}

/* peers */

static const struct field peer_fields[] = {
	{"name", "what the node is called in this file", MEMBER(config_peer, name),
	 .type = &type_name, REQUIRED},
	{"address", "its IPv4 address", MEMBER(config_peer, address), .type = &type_ipv4},
	{"address6", "its IPv6 address", MEMBER(config_peer, address6), .type = &type_ipv6},
	{"link_local6", "its link-local IPv6 address", MEMBER(config_peer, link_local6),
	 .type = &type_link_local6},
	{"mac", "the MAC address it must send from", MEMBER(config_peer, mac), .type = &type_mac},
	{"vipd", "whether vipd runs there, and not another implementation of VRRP",
	 MEMBER(config_peer, vipd), .type = &type_bool},
	{},
};

static const struct config_peer peer_defaults = {.vipd = true};

const struct list format_peers = {
	.expected = "a list of the cluster's nodes",
	.element.fields = peer_fields,
	.element_size = sizeof(struct config_peer),
	.defaults = &peer_defaults,
	.count_offset = offsetof(struct config, peer_count),
	.max = MAX_PEERS,
};

/* gateway: one address, or a list of at most one for each family */

struct gateways {
	struct ip_address addresses[2];
	size_t count;
};

static const struct list gateway_list = {
	.expected = "an address, or a list of at most one for each family",
	.element = {.type = &type_address},
	.element_size = sizeof(struct ip_address),
	.count_offset = offsetof(struct gateways, count),
	.max = 2,
	.in_place = true,
};

void format_read_gateway(const struct reader *reader, const struct place *place,
			 const struct field *field, void *target)
{
	struct config *config = target;
	struct gateways gateways = {};

	if (place->node->type != YAML_SCALAR_NODE)
		schema_read_list(reader, place, &gateway_list, gateways.addresses, &gateways);
	else if (schema_read_value(reader, place, &type_address, &field->rule, gateways.addresses))
		gateways.count = 1;

	for (size_t i = 0; i < gateways.count; i++) {
		const struct ip_address *address = &gateways.addresses[i];
		bool is_ipv4 = address_family(address) == FAMILY_IPV4;
		struct ip_address *gateway = is_ipv4 ? &config->gateway4 : &config->gateway6;

		if (address_is_zero(gateway))
			*gateway = *address;
		else
			schema_refuse(reader, place, "two of IPv%d, expected %s",
				      address_family(address), gateway_list.expected);
	}
}
