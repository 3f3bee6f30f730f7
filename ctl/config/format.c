// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/config/format.h"

#include <string.h>

#include "ctl/base/address.h"
#include "ctl/base/clock.h"
#include "ctl/config/document.h"
#include "ctl/config/format_internal.h"
#include "ctl/config/schema.h"
#include "ctl/config/values.h"
#include "maps/settings.h"

size_t format_find_peer(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->peer_count; i++)
		if (strcmp(config->peers[i].name, name) == 0)
			return i;
	return UNKNOWN_PEER;
}

bool format_peers_are_known(const struct config *config)
{
	return config->peer_count && format_find_peer(config, "") == UNKNOWN_PEER;
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
		return UNKNOWN_PEER;
	peer = format_find_peer(config, name);
	if (peer == UNKNOWN_PEER && format_peers_are_known(config))
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
	{},
};

static const struct list peers = {
	.expected = "a list of the cluster's nodes",
	.element.fields = peer_fields,
	.element_size = sizeof(struct config_peer),
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

static void read_gateway(const struct reader *reader, const struct place *place,
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

/* vrrp */

static const struct value_choice vrrp_modes[] = {
	{"unicast", VRRP_UNICAST},
	{"multicast", VRRP_MULTICAST},
	{},
};

static const struct value_choice vrrp_checksums[] = {
	{"rfc9568", VRRP_CHECKSUM_MESSAGE},
	{"pseudo-header", VRRP_CHECKSUM_PSEUDO_HEADER},
	{},
};

static const struct list guarded_interfaces = {
	.expected = "a list of network interfaces",
	.element = {.type = &type_interface, .rule.size = IF_NAMESIZE},
	.element_size = IF_NAMESIZE,
	.count_offset = offsetof(struct config_vrrp, guard_interface_count),
	.max = CONFIG_TRACKED_MAX,
	.may_be_empty = true,
	.in_place = true,
};

static const struct field vrrp_fields[] = {
	{"version", "of the protocol", MEMBER(config_vrrp, version), .type = &type_number,
	 RANGE(2, 3)},
	{"advert_interval", "how often the owner says that it is there",
	 MEMBER(config_vrrp, advert_interval), .type = &type_duration,
	 RANGE(10 * NS_PER_MS, 40950 * NS_PER_MS), .rule.step = NS_PER_CS},
	{"handover_delay", "how long a new owner waits for the others to hear of it",
	 MEMBER(config_vrrp, handover_delay), .type = &type_duration, RANGE(0, 100 * NS_PER_MS)},
	{"mode", "who advertisements are sent to", MEMBER(config_vrrp, mode), .type = &type_word,
	 .rule.choices = vrrp_modes},
	{"checksum", "what the checksum over IPv4 covers", MEMBER(config_vrrp, checksum),
	 .type = &type_word, .rule.choices = vrrp_checksums},
	{"virtual_mac", "whether peers may advertise from the virtual router's MAC",
	 MEMBER(config_vrrp, virtual_mac), .type = &type_bool},
	{"guard_interfaces", "the other interfaces, on which all VRRP is dropped",
	 MEMBER(config_vrrp, guard_interfaces), .list = &guarded_interfaces},
	{"quorum", "whether an owner needs a majority of the nodes", .read = format_read_quorum},
	{"auth", "how advertisements prove who sent them", MEMBER(config_vrrp, authentication),
	 .read = format_read_authentication},
	{},
};

/* instances */

static void read_priorities(const struct reader *reader, const struct place *place,
			    const struct field *field, void *target)
{
	const struct config *config = reader->root;
	const yaml_node_t *node = place->node;
	bool seen[MAX_PEERS] = {};

	(void)field;
	if (node->type != YAML_MAPPING_NODE ||
	    node->data.mapping.pairs.top == node->data.mapping.pairs.start) {
		schema_refuse(reader, place,
			      "%s is not a priority for each node that takes part, such as "
			      "{n1: 150, n2: 100}",
			      schema_quote(node).text);
		return;
	}
	for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
	     pair < node->data.mapping.pairs.top; pair++) {
		struct place key = *place, at = {.parent = place};
		size_t peer;

		key.node = yaml_document_get_node(reader->document, pair->key);
		peer = format_read_peer(reader, &key);
		if (peer == UNKNOWN_PEER)
			continue;
		if (seen[peer]) {
			schema_refuse(reader, &key, "%s is given twice", config->peers[peer].name);
			continue;
		}
		seen[peer] = true;
		at.key = config->peers[peer].name;
		at.node = yaml_document_get_node(reader->document, pair->value);
		schema_read(reader, &at,
			    &(struct field){
				    .offset = offsetof(struct config_instance, priority) + peer,
				    .type = &type_number,
				    .rule = {.size = sizeof(uint8_t), .min = 1, .max = 255},
			    },
			    target);
	}
}

static const struct list instance_vips = {
	.expected = "a list of addresses",
	.element = {.type = &type_address},
	.element_size = sizeof(struct ip_address),
	.count_offset = offsetof(struct config_instance, vip_count),
	.max = MAX_VIPS,
};

static bool parse_startup(const char *text, const struct value_rule *rule, void *value)
{
	bool active = strcmp(text, "active") == 0;

	(void)rule;
	if (!active && strcmp(text, "backup") != 0)
		return false;
	*(bool *)value = active;
	return true;
}

static const struct value_type type_startup = {
	.parse = parse_startup,
	.expected = "backup or active",
};

static const struct field instance_fields[] = {
	{"name", "what the instance is called", MEMBER(config_instance, name), .type = &type_name,
	 REQUIRED},
	{"vrid", "the virtual router's number, 1 to 255", MEMBER(config_instance, vrid),
	 .type = &type_number, RANGE(1, 255), REQUIRED},
	{"priority", "a priority for each node that takes part, such as {n1: 150, n2: 100}",
	 .read = read_priorities, REQUIRED},
	{"preempt", "whether a higher priority takes over from a living owner",
	 MEMBER(config_instance, preempt), .type = &type_bool},
	{"preempt_delay", "how long it waits before it does",
	 MEMBER(config_instance, preempt_delay), .type = &type_duration, RANGE(0, 1000 * NS_PER_S)},
	{"startup", "whether it begins as backup or as active",
	 MEMBER(config_instance, start_active), .type = &type_startup},
	{"accept", "whether its VIPs accept what is of no service", MEMBER(config_instance, accept),
	 .type = &type_bool},
	{"accept_as_backup", "whether they accept anything on a node that does not own them",
	 MEMBER(config_instance, accept_as_backup), .type = &type_bool},
	{"track", "the trackers that it depends on", MEMBER(config_instance, tracks),
	 .list = &format_instance_tracks},
	{"vips", "the list of its virtual IPs", MEMBER(config_instance, vips),
	 .list = &instance_vips, REQUIRED},
	{"version", "of VRRP", MEMBER(config_instance, version), .type = &type_number, RANGE(2, 3)},
	{"authentication", "of VRRPv2", MEMBER(config_instance, simple_text),
	 .fields = format_simple_text},
	{},
};

static const struct config_instance instance_defaults = {
	.preempt = true,
	.accept = true,
	.accept_as_backup = true,
};

/* VRIDs are 1-255, and no two instances share one. */
static const struct list instances = {
	.expected = "a list of instances",
	.element.fields = instance_fields,
	.element_size = sizeof(struct config_instance),
	.defaults = &instance_defaults,
	.count_offset = offsetof(struct config, instance_count),
	.max = MAX_INSTANCES - 1,
};

/* drain_on_down */

static const struct list tracked_interfaces = {
	.expected = "a list of network interfaces",
	.element = {.type = &type_interface, .rule.size = IF_NAMESIZE},
	.element_size = IF_NAMESIZE,
	.count_offset = offsetof(struct config, drain_on_down_count),
	.max = CONFIG_TRACKED_MAX,
	.may_be_empty = true,
	.in_place = true,
};

/* metrics */

static void read_listen(const struct reader *reader, const struct place *place,
			const struct field *field, void *target)
{
	struct config *config = target;
	struct value_listen listen;

	if (!schema_read_value(reader, place, &type_listen, &field->rule, &listen))
		return;
	config->metrics_address = listen.address;
	config->metrics_port = listen.port;
}

static const struct field metrics_fields[] = {
	{"listen", "the address and port, such as 127.0.0.1:9650", .read = read_listen, REQUIRED},
	{},
};

/*
 * The whole. It is read in this order, whatever the file's: instances and services name peers,
 * instances trackers, and sync groups both trackers and instances.
 */
static const struct field config_fields[] = {
	{"node", "which of the peers this node is", MEMBER(config, node), .type = &type_name},
	{"interface", "the network interface that carries the VIPs", MEMBER(config, interface),
	 .type = &type_interface, REQUIRED},
	{"vlan", "the VLAN they are on", MEMBER(config, vlan), .type = &type_number,
	 RANGE(1, 4094)},
	{"gateway", "where the replies go", .read = read_gateway},
	{"routing_table", "the table for the replies", MEMBER(config, routing_table),
	 .type = &type_number, RANGE(1, UINT32_MAX)},
	{"peers", "the list of all nodes of the cluster", MEMBER(config, peers), .list = &peers,
	 REQUIRED},
	{"vrrp", "how owners are elected", MEMBER(config, vrrp), .fields = vrrp_fields},
	{"trackers", "what elections may depend on", MEMBER(config, trackers),
	 .list = &format_trackers},
	{"instances", "the list of what is elected", MEMBER(config, instances), .list = &instances,
	 REQUIRED},
	{"sync_groups", "instances that move together", MEMBER(config, sync_groups),
	 .list = &format_sync_groups},
	{"services", "what is steered to which nodes", MEMBER(config, services),
	 .list = &format_services},
	{"drain_on_down", "the interfaces without which this node is drained",
	 MEMBER(config, drain_on_down), .list = &tracked_interfaces},
	{"metrics", "where they are served", .fields = metrics_fields},
	{},
};

static const struct config config_defaults = {
	.vlan = VLAN_UNTAGGED,
	.routing_table = 112,
	.vrrp =
		{
			.version = 3,
			.advert_interval = NS_PER_S,
			.handover_delay = 2 * NS_PER_MS,
			.mode = VRRP_UNICAST,
			.checksum = VRRP_CHECKSUM_PSEUDO_HEADER,
			.quorum = {.policy = QUORUM_NONE, .vrid = 255},
		},
};

/* What follows from other values, once all are read. */
static void complete(struct config *config, struct problems *problems)
{
	static const uint8_t no_mac[6];
	size_t self = format_find_peer(config, config->node);

	if (self != UNKNOWN_PEER)
		config->self = self;
	for (size_t i = 0; i < config->peer_count; i++)
		config->peers[i].mac_pinned =
			memcmp(config->peers[i].mac, no_mac, sizeof(no_mac)) != 0;
	format_complete_authentication(&config->vrrp);
	for (size_t i = 0; i < config->instance_count; i++)
		config->instances[i].version = config->instances[i].version ?: config->vrrp.version;
	for (size_t i = 0; i < config->tracker_count; i++)
		format_complete_tracker(&config->trackers[i]);
	format_complete_sync_groups(config);
	for (size_t i = 0; i < config->service_count; i++)
		format_complete_service(&config->services[i], config->peer_count, problems);
}

void format_read(yaml_document_t *document, const char *hostname, struct problems *problems,
		 struct config *config)
{
	const struct reader reader = {document, problems, config};
	const struct place root = {.node = yaml_document_get_root_node(document)};

	*config = config_defaults;
	schema_read(&reader, &root, &(struct field){.fields = config_fields}, config);
	if (hostname && !document_node(document, key_path("node")))
		snprintf(config->node, sizeof(config->node), "%s", hostname);
	complete(config, problems);
}
