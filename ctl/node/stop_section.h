/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * `stop_grace` in vipd.yaml.
 */
#ifndef VIPD_NODE_STOP_SECTION_H
#define VIPD_NODE_STOP_SECTION_H

#include "ctl/config/section.h"

struct stop_settings {
	uint64_t grace; /* ns: how long a node that stops serves what is established */
};

extern const struct config_section stop_section;

static inline const struct stop_settings *stop_settings(const struct config *config)
{
	return config_section(config, &stop_section);
}

#endif
