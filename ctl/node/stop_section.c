// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/node/stop_section.h"

#include "ctl/base/clock.h"

static const struct stop_settings defaults = {.grace = 30 * NS_PER_S};

const struct config_section stop_section = {
	.field = {"stop_grace", "how long a node that stops serves what is established",
		  MEMBER(stop_settings, grace), .type = &type_duration, RANGE(0, 3600 * NS_PER_S)},
	.size = sizeof(struct stop_settings),
	.defaults = &defaults,
};
