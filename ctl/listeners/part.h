/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The part that looks whether something listens; see ctl/listeners/listeners.h.
 */
#ifndef VIPD_LISTENERS_PART_H
#define VIPD_LISTENERS_PART_H

#include "ctl/part/node.h"

extern const struct part listeners_part;

#endif
