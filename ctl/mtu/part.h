/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The part that looks which MTU the segment between the nodes really carries. Where the switch
 * carries less than the devices think, checks and small answers pass and every download hangs, and
 * nobody else sees it: clients are not told, for the switch is no router.
 */
#ifndef VIPD_MTU_PART_H
#define VIPD_MTU_PART_H

#include "ctl/part/node.h"

extern const struct part mtu_part;

#endif
