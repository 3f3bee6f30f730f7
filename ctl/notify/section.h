/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What vipd.yaml says under notify: which program is told, and of what.
 */
#ifndef VIPD_NOTIFY_SECTION_H
#define VIPD_NOTIFY_SECTION_H

#include "ctl/config/section.h"
#include "ctl/events/event.h"

struct notify_settings {
	char script[CONFIG_FILE_MAX]; /* absolute path; "": nobody is told */
	char user[CONFIG_NAME_MAX];   /* that it runs as */
	uint64_t timeout;             /* ns */
	bool kinds[EVENT_KIND_COUNT]; /* of events that it is told of */
};

extern const struct config_section notify_section;

/** notify_settings() - those of a configuration. */
static inline const struct notify_settings *notify_settings(const struct config *config)
{
	return config_section(config, &notify_section);
}

#endif
