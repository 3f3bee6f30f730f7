// SPDX-License-Identifier: GPL-2.0-only
/* The format of instances: who takes part in an election, and what it moves. */
#include <string.h>

#include "ctl/base/clock.h"
#include "ctl/config/format_internal.h"

static bool is_zero(const yaml_node_t *node)
{
	const char *text = schema_scalar(node);

	return text && strcmp(text, "0") == 0;
}

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
		if (peer == CONFIG_NONE)
			continue;
		if (seen[peer]) {
			schema_refuse(reader, &key, "%s is given twice", config->peers[peer].name);
			continue;
		}
		seen[peer] = true;
		at.key = config->peers[peer].name;
		at.node = yaml_document_get_node(reader->document, pair->value);
		if (is_zero(at.node)) {
			schema_refuse(reader, &at,
				      "\"0\" is not a number from 1 to 255; a node that takes no "
				      "part is left out");
			continue;
		}
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
	{"version", "which version of VRRP it speaks", MEMBER(config_instance, version),
	 .type = &type_number, RANGE(2, 3)},
	{"authentication", "the authentication fields of VRRPv2",
	 MEMBER(config_instance, simple_text), .fields = format_simple_text},
	{},
};

static const struct config_instance instance_defaults = {
	.preempt = true,
	.accept = true,
	.accept_as_backup = true,
};

/* VRIDs are 1-255, and no two instances share one. */
const struct list format_instances = {
	.expected = "a list of instances",
	.element.fields = instance_fields,
	.element_size = sizeof(struct config_instance),
	.defaults = &instance_defaults,
	.count_offset = offsetof(struct config, instance_count),
	.max = CONFIG_INSTANCES_MAX,
};
