/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What vipd.yaml says under control.
 */
#ifndef VIPD_API_CONTROL_SECTION_H
#define VIPD_API_CONTROL_SECTION_H

#include "ctl/config/section.h"

struct control_settings {
	char group[CONFIG_NAME_MAX];           /* may do everything; "": root alone */
	char read_only_group[CONFIG_NAME_MAX]; /* may look; "": none */
};

extern const struct config_section control_section;

/** control_settings() - those of a configuration. */
static inline const struct control_settings *control_settings(const struct config *config)
{
	return config_section(config, &control_section);
}

#endif
