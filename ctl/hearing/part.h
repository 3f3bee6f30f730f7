/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The part that looks whether what the peers say can be used; see ctl/hearing/hearing.h.
 */
#ifndef VIPD_HEARING_PART_H
#define VIPD_HEARING_PART_H

#include "ctl/part/node.h"

extern const struct part hearing_part;

/** hearing_fault() - why this node must not own beside the others; static text; NULL: it may. */
const char *hearing_fault(const struct node *node);

#endif
