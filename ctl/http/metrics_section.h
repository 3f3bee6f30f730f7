/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What vipd.yaml says under metrics.
 */
#ifndef VIPD_HTTP_METRICS_SECTION_H
#define VIPD_HTTP_METRICS_SECTION_H

#include "ctl/config/section.h"

struct metrics_settings {
	struct value_listen listen; /* port 0: no metrics are served */
};

extern const struct config_section metrics_section;

/** metrics_settings() - those of a configuration. */
static inline const struct metrics_settings *metrics_settings(const struct config *config)
{
	return config_section(config, &metrics_section);
}

#endif
