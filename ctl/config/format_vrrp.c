// SPDX-License-Identifier: GPL-2.0-only
/* The format of vrrp: how owners are elected. */
#include "ctl/base/clock.h"
#include "ctl/config/format_internal.h"

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

/* quorum: the policy as a word, or a mapping of it and the VRID, which standing_vrid is by now */

static const struct value_choice policies[] = {
	{"none", QUORUM_NONE},
	{"majority", QUORUM_MAJORITY},
	{},
};

static const struct field quorum_fields[] = {
	{"policy", "majority, or none", MEMBER(config_quorum, policy), .type = &type_word,
	 .rule.choices = policies, REQUIRED},
	{"vrid", "the same as vrrp.standing_vrid", MEMBER(config_quorum, vrid),
	 .type = &type_number, RANGE(1, 255)},
	{},
};

static void read_quorum(const struct reader *reader, const struct place *place,
			const struct field *field, void *target)
{
	struct config_quorum *quorum = &((struct config_vrrp *)target)->quorum;

	(void)field;
	if (place->node->type == YAML_MAPPING_NODE)
		schema_read_mapping(reader, place, quorum_fields, quorum);
	else
		schema_read(reader, place, &quorum_fields[0], quorum);
}

/* The whole */

static const struct list guarded_interfaces = {
	.expected = "a list of network interfaces",
	.element = {.type = &type_interface, .rule.size = IF_NAMESIZE},
	.element_size = IF_NAMESIZE,
	.count_offset = offsetof(struct config_vrrp, guard_interface_count),
	.max = CONFIG_TRACKED_MAX,
	.may_be_empty = true,
	.in_place = true,
};

const struct field format_vrrp[] = {
	{"version", "which version of VRRP instances speak", MEMBER(config_vrrp, version),
	 .type = &type_number, RANGE(2, 3)},
	{"advert_interval", "how often the owner says that it is there",
	 MEMBER(config_vrrp, advert_interval), .type = &type_duration,
	 RANGE(10 * NS_PER_MS, 40950 * NS_PER_MS), .rule.step = NS_PER_CS},
	{"handover_delay", "how long a new owner waits for the others to hear of it",
	 MEMBER(config_vrrp, handover_delay), .type = &type_duration, RANGE(0, 100 * NS_PER_MS)},
	{"refresh", "how often an owner announces its VIPs in any case",
	 MEMBER(config_vrrp, refresh), .type = &type_duration, RANGE(0, 3600 * NS_PER_S)},
	{"mode", "who advertisements are sent to", MEMBER(config_vrrp, mode), .type = &type_word,
	 .rule.choices = vrrp_modes},
	{"checksum", "what the checksum over IPv4 covers", MEMBER(config_vrrp, checksum),
	 .type = &type_word, .rule.choices = vrrp_checksums},
	{"virtual_mac", "whether peers may advertise from the virtual router's MAC",
	 MEMBER(config_vrrp, virtual_mac), .type = &type_bool},
	{"guard_interfaces", "the other interfaces, on which all VRRP is dropped",
	 MEMBER(config_vrrp, guard_interfaces), .list = &guarded_interfaces},
	{"standing_vrid", "the virtual router's number by which nodes say what they are good for",
	 MEMBER(config_vrrp, standing_vrid), .type = &type_number, RANGE(1, 255)},
	{"quorum", "whether an owner needs a majority of the nodes", MEMBER(config_vrrp, quorum),
	 .fields = quorum_fields, .read = read_quorum},
	{"auth", "how advertisements prove who sent them", MEMBER(config_vrrp, authentication),
	 .fields = format_authentication, .read = format_read_authentication},
	{},
};
