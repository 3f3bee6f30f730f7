/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sync groups: what the others do when one instance of a group has moved. Pure.
 */
#ifndef VIPD_VRRP_SYNC_H
#define VIPD_VRRP_SYNC_H

#include "ctl/vrrp/machine.h"

enum sync_move {
	SYNC_STAY,
	SYNC_TAKE_OVER, /* the Backups become Active */
	SYNC_HAND_OVER, /* the Actives resign */
};

/* A member of a group, when the group was last looked at and now. */
struct sync_member {
	enum vrrp_state before, now;
};

/**
 * sync_decide() - whether the members of a group have to follow one of them
 *
 * A member that lost its election decides over one that won: what a node gives up in doubt, another
 * one takes. A move that was not possible for one member is not tried again: its own timers go on.
 */
static inline enum sync_move sync_decide(const struct sync_member *members, size_t count)
{
	bool lost = false, won = false;

	for (size_t i = 0; i < count; i++) {
		bool was_active = members[i].before == VRRP_ACTIVE;
		bool is_active = members[i].now == VRRP_ACTIVE;

		lost |= was_active && !is_active;
		won |= is_active && !was_active;
	}
	if (lost)
		return SYNC_HAND_OVER;
	return won ? SYNC_TAKE_OVER : SYNC_STAY;
}

#endif
