// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/config/format.h"

#include <string.h>

#include "ctl/base/address.h"
#include "ctl/base/clock.h"
#include "ctl/config/document.h"
#include "ctl/config/schema.h"
#include "ctl/config/values.h"
#include "maps/settings.h"

#define HOUR (3600 * NS_PER_S)

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

/* The peer that a place names. If not all their names could be read, one of those may be meant. */
static size_t read_peer(const struct reader *reader, const struct place *place)
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

static bool parse_version(const char *text, const struct value_rule *rule, void *value)
{
	(void)rule;
	if (strcmp(text, "3") != 0)
		return false;
	*(unsigned int *)value = 3;
	return true;
}

static const struct value_type type_version = {
	.parse = parse_version,
	.expected = "3: only version 3 of VRRP is available",
	.style = VALUE_PLAIN,
};

static void refuse_authentication(const struct reader *reader, const struct place *place,
				  const struct field *field, void *target)
{
	(void)field;
	(void)target;
	schema_refuse(reader, place, "authentication is not available in this version");
}

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

static const struct field vrrp_fields[] = {
	{"version", "of the protocol", MEMBER(config_vrrp, version), .type = &type_version},
	{"advert_interval", "how often the owner says that it is there",
	 MEMBER(config_vrrp, advert_interval), .type = &type_duration,
	 RANGE(10 * NS_PER_MS, 40950 * NS_PER_MS), .rule.step = NS_PER_CS},
	{"handover_delay", "how long a new owner waits for the old one to hear of it",
	 MEMBER(config_vrrp, handover_delay), .type = &type_duration, RANGE(0, 100 * NS_PER_MS)},
	{"mode", "who advertisements are sent to", MEMBER(config_vrrp, mode), .type = &type_word,
	 .rule.choices = vrrp_modes},
	{"checksum", "what the checksum over IPv4 covers", MEMBER(config_vrrp, checksum),
	 .type = &type_word, .rule.choices = vrrp_checksums},
	{"auth", "keys of the advertisements", .read = refuse_authentication},
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
		peer = read_peer(reader, &key);
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
	{"vips", "the list of its virtual IPs", MEMBER(config_instance, vips),
	 .list = &instance_vips, REQUIRED},
	{},
};

static const struct config_instance instance_defaults = {
	.preempt = true,
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

/* services */

static const struct list service_vips = {
	.expected = "all, or a list of addresses",
	.element = {.type = &type_address},
	.element_size = sizeof(struct ip_address),
	.count_offset = offsetof(struct config_service, vip_count),
	.max = MAX_VIPS,
};

static void read_service_vips(const struct reader *reader, const struct place *place,
			      const struct field *field, void *target)
{
	struct config_service *service = target;
	const char *text = schema_scalar(place->node);

	(void)field;
	service->all_vips = text && strcmp(text, "all") == 0;
	if (!service->all_vips)
		schema_read_list(reader, place, &service_vips, &service->vips, service);
}

static const struct list ports = {
	.expected = "a list of ports such as 443/tcp",
	.element = {.type = &type_port},
	.element_size = sizeof(struct config_port),
	.count_offset = offsetof(struct config_service, port_count),
	.max = CONFIG_PORTS_MAX,
	.in_place = true,
};

static void read_backend_node(const struct reader *reader, const struct place *place,
			      const struct field *field, void *target)
{
	struct config_backend *backend = target;

	(void)field;
	backend->peer = read_peer(reader, place);
}

static const struct field backend_fields[] = {
	{"node", "which of the peers", .read = read_backend_node, REQUIRED},
	{"weight", "its part of the connections", MEMBER(config_backend, weight),
	 .type = &type_number, RANGE(1, 100)},
	{},
};

static void read_backend(const struct reader *reader, const struct place *place,
			 const struct field *field, void *target)
{
	if (place->node->type == YAML_MAPPING_NODE)
		schema_read_mapping(reader, place, backend_fields, target);
	else
		read_backend_node(reader, place, field, target);
}

static const struct config_backend backend_defaults = {
	.peer = UNKNOWN_PEER,
	.weight = 1,
};

static const struct list backends = {
	.expected = "a list of nodes",
	.element.read = read_backend,
	.element_size = sizeof(struct config_backend),
	.defaults = &backend_defaults,
	.count_offset = offsetof(struct config_service, backend_count),
	.max = MAX_PEERS,
};

static const struct value_choice affinities[] = {
	{"connection", AFFINITY_CONNECTION},
	{"client", AFFINITY_CLIENT},
	{},
};

static const struct field check_fields[] = {
	{"http", "the path to ask for, such as /healthz", MEMBER(config_check, http),
	 .type = &type_http_path, REQUIRED},
	{"port", "to connect to", MEMBER(config_check, port), .type = &type_number,
	 RANGE(1, UINT16_MAX)},
	{"interval", "between checks", MEMBER(config_check, interval), .type = &type_duration,
	 RANGE(100 * NS_PER_MS, HOUR)},
	{"timeout", "how long an answer may take", MEMBER(config_check, timeout),
	 .type = &type_duration, RANGE(NS_PER_MS, HOUR)},
	{"fall", "failures in a row that mean down", MEMBER(config_check, fall),
	 .type = &type_number, RANGE(1, 100)},
	{"rise", "successes in a row that mean up", MEMBER(config_check, rise),
	 .type = &type_number, RANGE(1, 100)},
	{},
};

static const struct field service_fields[] = {
	{"name", "what the service is called", MEMBER(config_service, name), .type = &type_name,
	 REQUIRED},
	{"vips", "where it listens", .read = read_service_vips},
	{"ports", "a list such as [80/tcp, 443/tcp, 443/udp]", MEMBER(config_service, ports),
	 .list = &ports, REQUIRED},
	{"backends", "the nodes that serve it", MEMBER(config_service, backends),
	 .list = &backends},
	{"affinity", "what stays on one backend", MEMBER(config_service, affinity),
	 .type = &type_word, .rule.choices = affinities},
	{"settle", "how long after a change second chances are given",
	 MEMBER(config_service, settle), .type = &type_duration, RANGE(0, 168 * HOUR)},
	{"listener_check", "whether a SYN steps over a node without a listening socket",
	 MEMBER(config_service, listener_check), .type = &type_bool},
	{"check", "how to see that a node serves", MEMBER(config_service, check),
	 .fields = check_fields},
	{},
};

static const struct config_service service_defaults = {
	.all_vips = true,
	.affinity = AFFINITY_CONNECTION,
	.settle = HOUR,
	.listener_check = true,
	.check = {.port = 80, .interval = 2 * NS_PER_S, .fall = 2, .rise = 2},
};

static const struct list services = {
	.expected = "a list of services",
	.element.fields = service_fields,
	.element_size = sizeof(struct config_service),
	.defaults = &service_defaults,
	.count_offset = offsetof(struct config, service_count),
	.max = CONFIG_SERVICES_MAX,
	.may_be_empty = true,
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

/* The whole. It is read in this order, whatever the file's: instances and services name peers. */
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
	{"instances", "the list of what is elected", MEMBER(config, instances), .list = &instances,
	 REQUIRED},
	{"services", "what is steered to which nodes", MEMBER(config, services), .list = &services},
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
		},
};

/* Unless the service names its backends, every node is one. */
static void add_all_backends(struct config_service *service, size_t count,
			     struct problems *problems)
{
	service->backends = calloc(count, sizeof(*service->backends));
	if (!service->backends) {
		problems->out_of_memory = true;
		return;
	}
	service->backend_count = count;
	for (size_t i = 0; i < count; i++)
		service->backends[i] = (struct config_backend){.peer = i, .weight = 1};
}

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
	for (size_t i = 0; i < config->service_count; i++) {
		struct config_service *service = &config->services[i];
		struct config_check *check = &service->check;

		if (!service->backends && config->peer_count)
			add_all_backends(service, config->peer_count, problems);
		check->enabled = check->http[0] == '/';
		if (!check->timeout)
			check->timeout = check->interval < NS_PER_S ? check->interval : NS_PER_S;
	}
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
