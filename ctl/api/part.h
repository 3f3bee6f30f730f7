/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The control socket as a part of the node.
 */
#ifndef VIPD_API_PART_H
#define VIPD_API_PART_H

#include "ctl/part/node.h"

extern const struct part control_part;

#endif
