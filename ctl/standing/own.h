/* SPDX-License-Identifier: GPL-2.0-only */
/* What this node says of itself. Pure: facts in, words out. */
#ifndef VIPD_STANDING_OWN_H
#define VIPD_STANDING_OWN_H

#include "ctl/standing/message.h"

struct own_facts {
	const struct config *config;
	const char *deaf;       /* why no frame reaches the program; NULL: they do */
	const char *link_fault; /* why nothing can be sent; NULL: it can */
	bool drained;
	bool leaving;
};

/** standing_of_own() - @words: all but the lists of nodes and orders are set; those are empty. */
void standing_of_own(const struct own_facts *facts, struct standing_words *words);

#endif
