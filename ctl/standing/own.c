// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/standing/own.h"

#include <stdio.h>
#include <string.h>

#include "ctl/config/lookup.h"

static void set_release(struct standing_words *words)
{
	unsigned int release[3] = {};

	if (sscanf(VIPD_VERSION, "%u.%u.%u", &release[0], &release[1], &release[2]) < 1)
		return;
	for (size_t i = 0; i < 3; i++)
		words->release[i] = (uint8_t)release[i];
}

/* Every node takes all VIPs, whichever instances it is elected for. */
static void list_vips(const struct config *config, struct standing_words *words)
{
	CONFIG_FOR_EACH_VIP (config, vip)
		if (words->vip_count < MAX_VIPS)
			words->vips[words->vip_count++] = standing_vip_tag(vip.address);
}

void standing_of_own(const struct own_facts *facts, struct standing_words *words)
{
	memset(words, 0, sizeof(*words));
	words->interval = presence_need(facts->config);
	set_release(words);
	if (facts->drained)
		words->flags |= STANDING_DRAINING;
	if (facts->leaving)
		words->flags |= STANDING_LEAVING;
	if (facts->deaf || facts->link_fault)
		return;
	words->flags |= STANDING_SERVES;
	list_vips(facts->config, words);
}
