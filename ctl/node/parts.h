/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The table of parts, and the parts that live in this folder because they look at all others.
 */
#ifndef VIPD_NODE_PARTS_H
#define VIPD_NODE_PARTS_H

#include "ctl/part/node.h"

/* node_parts - all parts of vipd in start order; NULL ends it. */
extern const struct part *const node_parts[];

extern const struct part weighing_part;   /* weighs what the node is good for */
extern const struct part neighbours_part; /* tells all who send to others where they are */
extern const struct part renewal_part;    /* replaces a program of another version */
extern const struct part restart_part;    /* ends the loop, and keeps what serves */
extern const struct part leaving_part;    /* ends the loop when others have taken over */

#endif
