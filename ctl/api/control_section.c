// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/api/control_section.h"

static const struct field fields[] = {
	{"group", "whose members may use the control socket", MEMBER(control_settings, group),
	 .type = &type_name},
	{"read_only_group", "whose members may look, and change nothing",
	 MEMBER(control_settings, read_only_group), .type = &type_name},
	{},
};

static const struct control_settings defaults;

const struct config_section control_section = {
	.field = {"control", "who may use the control socket", .fields = fields},
	.size = sizeof(struct control_settings),
	.defaults = &defaults,
};
