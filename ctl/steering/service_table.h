/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The table that finds a packet's service in one of two places (maps/services.h), built by cuckoo
 * hashing (Pagh and Rodler 2001): a new entry takes its place, and an entry that stood there moves
 * to its other place.
 */
#ifndef VIPD_STEERING_SERVICE_TABLE_H
#define VIPD_STEERING_SERVICE_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "ctl/config/config.h"
#include "maps/steering.h"

/* What the entries of a service say. */
struct service_target {
	uint16_t service; /* service_entry.service */
	uint16_t pool;
};

/**
 * service_table_list() - an entry for each VIP and port of each service
 * @targets: by index into config->services.
 * @entries: the result, sorted by VIP, protocol and port; room for SERVICE_KEYS.
 *
 * Return: how many there are, or -ENOSPC when there are more.
 */
int service_table_list(const struct config *config, const struct service_target *targets,
		       struct service_entry *entries);

/**
 * service_table_build() - place entries
 * @key: of flows, as settings_entry.hash_key.
 * @entries: none twice; the same in the same order make the same table.
 * @table: all of it is written.
 *
 * Return: 0, or -ENOSPC; the table is no good then.
 */
int service_table_build(uint64_t key, const struct service_entry *entries, size_t count,
			struct service_table *table);

/**
 * service_table_add_vips() - let the filter of a table that was built pass VIPs of no service, too
 *
 * What is sent to them may have to be refused.
 */
void service_table_add_vips(const struct config *config, struct service_table *table);

/** service_table_find() - the entry of a flow, as the dataplane finds it, or NULL. */
const struct service_entry *service_table_find(const struct service_table *table, uint64_t key,
					       const struct flow *flow);

#endif
