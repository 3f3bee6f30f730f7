// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/config/format.h"

#include <string.h>

#include "ctl/base/clock.h"
#include "ctl/config/document.h"
#include "ctl/config/format_internal.h"
#include "ctl/config/lookup.h"
#include "ctl/config/section.h"
#include "maps/settings.h"

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

/*
 * All outermost keys but the sections. They are read in this order, whatever order the file has,
 * because instances and services name peers, instances name trackers, and sync groups name both.
 */
static const struct field own_fields[] = {
	{"node", "which of the peers this node is", MEMBER(config, node), .type = &type_name},
	{"interface", "the network interface that carries the VIPs", MEMBER(config, interface),
	 .type = &type_interface, REQUIRED},
	{"vlan", "the VLAN they are on", MEMBER(config, vlan), .type = &type_number,
	 RANGE(1, 4094)},
	{"gateway", "where the replies go", .read = format_read_gateway},
	{"routing_table", "the table for the replies", MEMBER(config, routing_table),
	 .type = &type_number, RANGE(1, UINT32_MAX)},
	{"peers", "the list of all nodes of the cluster", MEMBER(config, peers),
	 .list = &format_peers, REQUIRED},
	{"vrrp", "how owners are elected", MEMBER(config, vrrp), .fields = format_vrrp},
	{"trackers", "what elections may depend on", MEMBER(config, trackers),
	 .list = &format_trackers},
	{"instances", "the list of what is elected", MEMBER(config, instances),
	 .list = &format_instances, REQUIRED},
	{"sync_groups", "instances that move together", MEMBER(config, sync_groups),
	 .list = &format_sync_groups},
	{"services", "what is steered to which nodes", .list = &format_services,
	 .read = format_read_services},
	{"drain_on_down", "the interfaces without which this node is drained",
	 MEMBER(config, drain_on_down), .list = &tracked_interfaces},
};

const struct config format_defaults = {
	.vlan = VLAN_UNTAGGED,
	.routing_table = 112,
	.vrrp =
		{
			.version = 3,
			.advert_interval = NS_PER_S,
			.handover_delay = 2 * NS_PER_MS,
			.refresh = 60 * NS_PER_S,
			.mode = VRRP_UNICAST,
			.checksum = VRRP_CHECKSUM_PSEUDO_HEADER,
			.standing_vrid = 255,
			.quorum = {.policy = QUORUM_NONE},
		},
};

static void complete_standing(struct config_vrrp *vrrp)
{
	if (!vrrp->quorum.vrid)
		vrrp->quorum.vrid = vrrp->standing_vrid;
	else if (vrrp->standing_vrid == format_defaults.vrrp.standing_vrid)
		vrrp->standing_vrid = vrrp->quorum.vrid;
}

/* Sets what follows from other values, once all are read. */
static void complete(struct config *config)
{
	static const uint8_t no_mac[6];
	size_t self = config_find_peer(config, config->node);

	if (self != CONFIG_NONE)
		config->self = self;
	for (size_t i = 0; i < config->peer_count; i++)
		config->peers[i].mac_pinned =
			memcmp(config->peers[i].mac, no_mac, sizeof(no_mac)) != 0;
	format_complete_authentication(&config->vrrp);
	complete_standing(&config->vrrp);
	for (size_t i = 0; i < config->instance_count; i++)
		config->instances[i].version = config->instances[i].version ?: config->vrrp.version;
	for (size_t i = 0; i < config->tracker_count; i++)
		format_complete_tracker(&config->trackers[i]);
	format_complete_sync_groups(config);
}

void format_fields(struct field fields[static FORMAT_FIELDS_MAX])
{
	size_t count = sizeof(own_fields) / sizeof(*own_fields);

	memcpy(fields, own_fields, sizeof(own_fields));
	for (size_t i = 0; config_sections[i] && count < FORMAT_FIELDS_MAX - 1; i++)
		fields[count++] = sections_field(i);
	fields[count] = (struct field){};
}

void format_read(yaml_document_t *document, const char *hostname, struct problems *problems,
		 struct config *config)
{
	const struct reader reader = {document, problems, config};
	const struct place root = {.node = yaml_document_get_root_node(document)};
	struct field fields[FORMAT_FIELDS_MAX];

	*config = format_defaults;
	if (!sections_new(config)) {
		problems->out_of_memory = true;
		return;
	}
	format_fields(fields);
	schema_read(&reader, &root, &(struct field){.fields = fields}, config);
	if (hostname && !document_node(document, key_path("node")))
		snprintf(config->node, sizeof(config->node), "%s", hostname);
	complete(config);
}
