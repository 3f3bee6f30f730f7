// SPDX-License-Identifier: GPL-2.0-only
/* The outermost keys that parts bring along: one line for each, in the order of validation. */
#include "ctl/api/control_section.h"
#include "ctl/attract/section.h"
#include "ctl/http/metrics_section.h"
#include "ctl/node/stop_section.h"
#include "ctl/notify/section.h"

const struct config_section *const config_sections[] = {
	&control_section, &metrics_section, &notify_section, &announce_section, &stop_section, NULL,
};
