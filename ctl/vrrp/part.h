/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VRRP as a part of the node.
 */
#ifndef VIPD_VRRP_PART_H
#define VIPD_VRRP_PART_H

#include "ctl/part/node.h"
#include "ctl/vrrp/engine.h"

extern const struct part vrrp_part;

/** vrrp_engine() - NULL before the part has started. */
struct engine *vrrp_engine(const struct node *node);

#endif
