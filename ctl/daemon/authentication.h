/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From the configured keys to the tables by which the dataplane verifies advertisements.
 */
#ifndef VIPD_DAEMON_AUTHENTICATION_H
#define VIPD_DAEMON_AUTHENTICATION_H

#include "ctl/config/config.h"
#include "maps/maps.h"

/**
 * authentication_apply() - add what is configured: the keys, then what is asked of advertisements
 *
 * Keys that are not configured stay: our peers, and we ourselves, may sign with one to the last.
 */
void authentication_apply(struct maps *maps, const struct config_authentication *authentication);

/** authentication_remove_others() - forget the keys that are not configured. */
void authentication_remove_others(struct maps *maps,
				  const struct config_authentication *authentication);

#endif
