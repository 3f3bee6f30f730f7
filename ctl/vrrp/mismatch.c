// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/vrrp/mismatch.h"

#include "ctl/base/clock.h"

#define TELL_INTERVAL (60 * NS_PER_S)

bool mismatch_note(struct mismatch *mismatch, bool differs, uint64_t now)
{
	mismatch->last = differs;
	if (!differs)
		return false;
	mismatch->count++;
	if (mismatch->told_at && now - mismatch->told_at < TELL_INTERVAL)
		return false;
	mismatch->told_at = now;
	return true;
}
