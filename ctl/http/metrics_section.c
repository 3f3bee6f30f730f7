// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/http/metrics_section.h"

static const struct field fields[] = {
	{"listen", "the address and port, such as 127.0.0.1:9650", MEMBER(metrics_settings, listen),
	 .type = &type_listen, REQUIRED},
	{},
};

static const struct metrics_settings defaults;

const struct config_section metrics_section = {
	.field = {"metrics", "where they are served", .fields = fields},
	.size = sizeof(struct metrics_settings),
	.defaults = &defaults,
};
