// SPDX-License-Identifier: GPL-2.0-only
/* Reads vipd_senders, into which the dataplane may be storing at that moment. */
#include "maps_internal.h"

struct sender_entry maps_sender(const struct maps *maps, uint32_t peer)
{
	return *(const volatile struct sender_entry *)&maps->senders[peer];
}

void maps_forget_sender(struct maps *maps, uint32_t peer)
{
	maps->senders[peer] = (struct sender_entry){};
}
