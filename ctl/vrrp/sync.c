// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/vrrp/sync.h"

enum sync_move sync_decide(const struct sync_member *members, size_t count)
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
