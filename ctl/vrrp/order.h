/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The order of nodes in the election of an instance, as far as the configuration tells.
 */
#ifndef VIPD_VRRP_ORDER_H
#define VIPD_VRRP_ORDER_H

#include "ctl/config/config.h"

/**
 * order_always_first() - whether this node comes before all others, whatever their trackers and its
 * own say
 */
bool order_always_first(const struct config *config, const struct config_instance *instance);

#endif
