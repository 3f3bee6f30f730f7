// SPDX-License-Identifier: GPL-2.0-only
/* vrrp.quorum: the policy as a word, or a mapping of it and the VRID that keepalives have. */
#include "ctl/config/format_internal.h"

static const struct value_choice policies[] = {
	{"none", QUORUM_NONE},
	{"majority", QUORUM_MAJORITY},
	{},
};

static const struct field policy = {
	"policy",           "majority, or none",      MEMBER(config_quorum, policy),
	.type = &type_word, .rule.choices = policies, REQUIRED,
};

void format_read_quorum(const struct reader *reader, const struct place *place,
			const struct field *field, void *target)
{
	const struct field fields[] = {
		policy,
		{"vrid", "the virtual router's number that keepalives have",
		 MEMBER(config_quorum, vrid), .type = &type_number, RANGE(1, 255)},
		{},
	};
	struct config_quorum *quorum = &((struct config_vrrp *)target)->quorum;

	(void)field;
	if (place->node->type == YAML_MAPPING_NODE)
		schema_read_mapping(reader, place, fields, quorum);
	else
		schema_read(reader, place, &policy, quorum);
}
