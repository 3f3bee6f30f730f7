/* SPDX-License-Identifier: GPL-2.0-only */
/* announce: in vipd.yaml, how fast a node announces its VIPs, and asks for the gateway for them. */
#ifndef VIPD_ATTRACT_SECTION_H
#define VIPD_ATTRACT_SECTION_H

#include "ctl/config/section.h"

struct announce_settings {
	uint16_t rate;  /* frames a second */
	uint16_t burst; /* and so many at once, when none were sent for a while */
};

extern const struct config_section announce_section;

#endif
