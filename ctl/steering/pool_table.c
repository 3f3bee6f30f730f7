// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/steering/pool_table.h"

#include "ctl/base/clock.h"
#include "ctl/steering/pool_sharing.h"

static void begin_empty(const struct pool_table *table, struct maps *maps)
{
	slots_clear(maps_idle_slots(maps, table->index));
	maps_flip_slots(maps, table->index);
	maps_set_settling(maps, table->index, false);
	maps_set_armed(maps, table->index, false);
}

static void begin_as(const struct pool_table *table, struct maps *maps, uint16_t predecessor)
{
	if (predecessor == table->index)
		return;
	*maps_idle_slots(maps, table->index) = *maps_slots(maps, predecessor);
	maps_flip_slots(maps, table->index);
	maps_set_armed(maps, table->index, maps_armed(maps, predecessor));
}

void pool_table_open(struct pool_table *table, struct maps *maps, size_t members,
		     uint16_t predecessor)
{
	maps_set_pool_backends(maps, table->index, (uint32_t)members);
	if (predecessor == NO_POOL) {
		begin_empty(table, maps);
		return;
	}
	pool_table_settle(table, maps, false);
	begin_as(table, maps, predecessor);
	table->filled = maps_slots(maps, table->index)->slots[0].primary != NOBODY;
}

void pool_table_close(const struct pool_table *table, struct maps *maps)
{
	maps_set_pool_backends(maps, table->index, 0);
	maps_set_settling(maps, table->index, false);
	maps_set_armed(maps, table->index, false);
}

void pool_table_free(struct pool_table *table)
{
	slots_cancel(&table->filling);
}

void pool_table_change(struct pool_table *table, struct ranking *ranking,
		       const struct member_role *roles)
{
	slots_begin(&table->filling, ranking, roles);
	table->filled = true;
	table->begun_at = clock_now();
}

bool pool_table_changing(const struct pool_table *table)
{
	return table->filling.ranking != NULL;
}

uint64_t pool_table_work(struct pool_table *table, struct maps *maps, uint64_t price)
{
	uint64_t spent =
		slots_continue(&table->filling, maps_idle_slots(maps, table->index), price);

	if (pool_table_changing(table))
		return spent;
	maps_flip_slots(maps, table->index);
	table->build_duration = clock_now() - table->begun_at;
	return spent;
}

void pool_table_settle(struct pool_table *table, struct maps *maps, bool until_drained)
{
	if (table->settle == 0)
		table->settled_at = 0;
	else
		table->settled_at = until_drained ? NEVER : clock_now() + table->settle;
	maps_set_settling(maps, table->index, table->settled_at != 0);
}

/* What ends in the past by the new time, the next tick ends. */
static void move_end(uint64_t *end, uint64_t before, uint64_t after)
{
	if (*end != 0 && *end != NEVER)
		*end = *end - before + after;
}

void pool_table_set_settle(struct pool_table *table, uint64_t settle)
{
	move_end(&table->settled_at, table->settle, settle);
	move_end(&table->disarmed_at, table->settle, settle);
	table->settle = settle;
}

void pool_table_settled(struct pool_table *table, struct maps *maps)
{
	table->settled_at = 0;
	maps_set_settling(maps, table->index, false);
}

void pool_table_watch_arming(struct pool_table *table, struct maps *maps, uint64_t now,
			     bool stepped_over)
{
	if (!maps_armed(maps, table->index)) {
		table->disarmed_at = 0;
		return;
	}
	if (table->disarmed_at == 0 || stepped_over)
		table->disarmed_at = now + table->settle;
	if (now < table->disarmed_at)
		return;
	table->disarmed_at = 0;
	maps_set_armed(maps, table->index, false);
}
