// SPDX-License-Identifier: GPL-2.0-only
/* Stores into vipd_instances all but the lease. */
#include <stdbool.h>

#include "maps_internal.h"

const struct instance_entry *maps_instance(const struct maps *maps, uint8_t vrid)
{
	return &maps->instances[vrid];
}

void maps_set_priority(struct maps *maps, uint8_t vrid, uint8_t priority)
{
	__atomic_store_n(&maps->instances[vrid].priority, priority, __ATOMIC_SEQ_CST);
}

static bool same_election(const struct instance_entry *a, const struct instance_entry *b)
{
	return a->version == b->version && a->family == b->family &&
	       a->advert_interval == b->advert_interval &&
	       a->authentication_type == b->authentication_type && a->standing == b->standing &&
	       memcmp(&a->source, &b->source, sizeof(a->source)) == 0 &&
	       memcmp(a->authentication_data, b->authentication_data,
		      sizeof(a->authentication_data)) == 0;
}

static void set_configured(struct instance_entry *entry, bool configured)
{
	__atomic_store_n(&entry->configured, configured, __ATOMIC_SEQ_CST);
}

static void store_election(struct instance_entry *entry, const struct instance_entry *wanted)
{
	entry->version = wanted->version;
	entry->family = wanted->family;
	entry->advert_interval = wanted->advert_interval;
	entry->authentication_type = wanted->authentication_type;
	entry->standing = wanted->standing;
	entry->source = wanted->source;
	memcpy(entry->authentication_data, wanted->authentication_data,
	       sizeof(entry->authentication_data));
}

void maps_configure_instance(struct maps *maps, uint8_t vrid, const struct instance_entry *wanted)
{
	struct instance_entry *entry = &maps->instances[vrid];

	maps_set_priority(maps, vrid, wanted->priority);
	if (entry->configured && same_election(entry, wanted))
		return;
	set_configured(entry, false);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	store_election(entry, wanted);
	set_configured(entry, true);
}

void maps_end_instance(struct maps *maps, uint8_t vrid)
{
	maps_drop_lease(maps, vrid);
	set_configured(&maps->instances[vrid], false);
}
