// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/attract/section.h"

#define FASTEST 10000 /* for both; beyond that no pacing is left */

static const struct field fields[] = {
	{"rate", "how many frames a second", MEMBER(announce_settings, rate), .type = &type_number,
	 RANGE(1, FASTEST)},
	{"burst", "how many at once", MEMBER(announce_settings, burst), .type = &type_number,
	 RANGE(1, FASTEST)},
	{},
};

/* The VIPs of a full node, each announced and asked for, go out at once, and a second time soon. */
static const struct announce_settings defaults = {.rate = 200, .burst = 2048};

const struct config_section announce_section = {
	.field = {"announce", "how fast VIPs are announced", .fields = fields},
	.size = sizeof(struct announce_settings),
	.defaults = &defaults,
};
