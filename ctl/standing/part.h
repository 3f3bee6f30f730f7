/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Standing as a part of the node: this node says what it is good for, and its tables follow what
 * the others say.
 */
#ifndef VIPD_STANDING_PART_H
#define VIPD_STANDING_PART_H

#include "ctl/part/node.h"
#include "ctl/standing/standings.h"

extern const struct part standings_part;

/** standings_of() - what each node says; standings_part has started. */
struct standings *standings_of(const struct node *node);

/**
 * standings_say() - say what this node is good for, if that is another thing than before
 *
 * It is said at once: before anything is sent that follows. node->leaving_since says that it
 * leaves. Once standings_followed(), nobody sends new connections here any more.
 */
void standings_say(struct node *node);

#endif
