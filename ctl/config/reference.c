// SPDX-License-Identifier: GPL-2.0-only
/*
 * References to a configuration, and its end. The model itself, config.h, depends on nothing else
 * of this folder; only whoever frees all of it has to know every module that put something into it.
 */
#include <stdlib.h>

#include "ctl/config/config.h"
#include "ctl/config/secrets.h"
#include "ctl/config/section.h"
#include "ctl/config/services.h"

static void free_config(struct config *config)
{
	services_let_go(config);
	if (config->base) {
		config_unref(config->base);
		free(config);
		return;
	}
	for (size_t i = 0; i < config->instance_count; i++) {
		free(config->instances[i].vips);
		free(config->instances[i].tracks);
	}
	for (size_t i = 0; i < config->sync_group_count; i++) {
		free(config->sync_groups[i].members);
		free(config->sync_groups[i].tracks);
	}
	sections_free(config);
	secrets_forget(config);
	free(config->vrrp.authentication.keys);
	free(config->peers);
	free(config->instances);
	free(config->sync_groups);
	free(config->trackers);
	free(config);
}

/* Nothing but the count changes, and the VRRP thread neither takes nor drops a reference. */
const struct config *config_ref(const struct config *config)
{
	if (config)
		__atomic_add_fetch(&((struct config *)config)->further_references, 1,
				   __ATOMIC_RELAXED);
	return config;
}

void config_unref(const struct config *config)
{
	struct config *own = (struct config *)config;

	if (own && __atomic_fetch_sub(&own->further_references, 1, __ATOMIC_ACQ_REL) == 0)
		free_config(own);
}

void config_unrefp(const struct config **config)
{
	config_unref(*config);
}
