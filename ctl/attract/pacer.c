// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/attract/pacer.h"

#include "ctl/base/clock.h"

void pacer_configure(struct pacer *pacer, uint64_t rate, uint64_t burst)
{
	pacer->spacing = NS_PER_S / rate;
	pacer->depth = (burst - 1) * pacer->spacing;
}

uint64_t pacer_book(struct pacer *pacer, uint64_t now)
{
	uint64_t full_since = now > pacer->depth ? now - pacer->depth : 0;
	uint64_t at;

	if (pacer->token_at < full_since)
		pacer->token_at = full_since;
	at = pacer->token_at > now ? pacer->token_at : now;
	pacer->token_at += pacer->spacing;
	return at;
}

bool pacer_take(struct pacer *pacer, uint64_t now)
{
	if (pacer->token_at > now)
		return false;
	pacer_book(pacer, now);
	return true;
}
