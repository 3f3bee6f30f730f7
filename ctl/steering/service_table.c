// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/steering/service_table.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/base/address.h"
#include "ctl/config/lookup.h"

/* The shifts that service_place() knows, but for 0, which is the first place. */
#define SHIFTS 31

/* From here on the second place shares no bit of the hash with the first. */
#define FIRST_SHIFT 14

_Static_assert(SERVICE_PLACES == 1 << FIRST_SHIFT, "the first place takes the bits below");

/* A quarter of the places is taken: a chain of moves that gets this long is a circle. */
#define MOVES_MAX 256

/* Entries from the configuration. */

static int compare_entries(const void *left, const void *right)
{
	const struct service_entry *a = left, *b = right;
	int order = address_compare(&a->vip, &b->vip);

	if (order == 0)
		order = (int)a->protocol - (int)b->protocol;
	return order ?: (int)ntohs(a->port) - (int)ntohs(b->port);
}

static uint8_t service_flags(const struct config_service *service)
{
	return (uint8_t)((service->affinity == AFFINITY_CLIENT ? SERVICE_BY_CLIENT : 0) |
			 (service->listener_check ? SERVICE_LISTENER_CHECK : 0));
}

static int list_vip(const struct config_service *service, const struct service_target *target,
		    const struct ip_address *vip, struct service_entry *entries, int count)
{
	for (size_t i = 0; i < service->port_count; i++) {
		if (count == SERVICE_KEYS)
			return -ENOSPC;
		entries[count++] = (struct service_entry){
			.vip = *vip,
			.port = htons(service->ports[i].port),
			.protocol = service->ports[i].protocol,
			.flags = service_flags(service),
			.service = target->service,
			.pool = target->pool,
		};
	}
	return count;
}

static int list_service(const struct config *config, const struct config_service *service,
			const struct service_target *target, struct service_entry *entries,
			int count)
{
	CONFIG_FOR_EACH_VIP (config, vip)
		if (count >= 0 && config_service_has_vip(service, vip.address))
			count = list_vip(service, target, vip.address, entries, count);
	return count;
}

int service_table_list(const struct config *config, const struct service_target *targets,
		       struct service_entry *entries)
{
	int count = 0;

	for (size_t i = 0; i < config->service_count && count >= 0; i++)
		count = list_service(config, &config->services[i], &targets[i], entries, count);
	if (count > 0)
		qsort(entries, (size_t)count, sizeof(*entries), compare_entries);
	return count;
}

/* Their places. */

static uint64_t entry_hash(uint64_t key, const struct service_entry *entry)
{
	return service_hash(key, &entry->vip, entry->port, entry->protocol);
}

static bool is_empty(const struct service_entry *place)
{
	return place->protocol == 0;
}

static uint32_t other_place(uint64_t hash, uint32_t shift, uint32_t place)
{
	uint32_t first = service_place(hash, 0);

	return place == first ? service_place(hash, shift) : first;
}

static bool place_entry(uint64_t key, struct service_entry entry, struct service_table *table)
{
	uint32_t place = service_place(entry_hash(key, &entry), 0);

	for (int moves = 0; moves < MOVES_MAX; moves++) {
		struct service_entry evicted = table->places[place];

		table->places[place] = entry;
		if (is_empty(&evicted))
			return true;
		entry = evicted;
		place = other_place(entry_hash(key, &entry), table->shift, place);
	}
	return false;
}

static bool place_entries(uint64_t key, const struct service_entry *entries, size_t count,
			  struct service_table *table)
{
	memset(table->places, 0, sizeof(table->places));
	for (size_t i = 0; i < count; i++)
		if (!place_entry(key, entries[i], table))
			return false;
	return true;
}

static void set_filter_bit(const struct ip_address *vip, struct service_table *table)
{
	uint32_t bit = vip_filter_bit(vip);

	table->filter[bit / 64] |= 1ULL << bit % 64;
}

static void set_filter(const struct service_entry *entries, size_t count,
		       struct service_table *table)
{
	memset(table->filter, 0, sizeof(table->filter));
	for (size_t i = 0; i < count; i++)
		set_filter_bit(&entries[i].vip, table);
}

void service_table_add_vips(const struct config *config, struct service_table *table)
{
	CONFIG_FOR_EACH_VIP (config, vip)
		set_filter_bit(vip.address, table);
}

int service_table_build(uint64_t key, const struct service_entry *entries, size_t count,
			struct service_table *table)
{
	if (count > SERVICE_KEYS)
		return -ENOSPC;
	set_filter(entries, count, table);
	table->entries = (uint32_t)count;
	for (uint32_t i = 0; i < SHIFTS; i++) {
		table->shift = 1 + (FIRST_SHIFT - 1 + i) % SHIFTS;
		if (place_entries(key, entries, count, table))
			return 0;
	}
	return -ENOSPC;
}

const struct service_entry *service_table_find(const struct service_table *table, uint64_t key,
					       const struct flow *flow)
{
	uint64_t hash = service_hash(key, &flow->vip, flow->vip_port, flow->protocol);
	const struct service_entry *entry = &table->places[service_place(hash, 0)];

	if (service_matches(entry, flow))
		return entry;
	entry = &table->places[service_place(hash, table->shift)];
	return service_matches(entry, flow) ? entry : NULL;
}
