// SPDX-License-Identifier: GPL-2.0-only
/* The lease word of vipd_instances, which the dataplane writes as well: see maps/instances.h. */
#include <bpf/bpf.h>

#include "maps_internal.h"

uint64_t maps_lease(const struct maps *maps, uint8_t vrid)
{
	return __atomic_load_n(&maps->instances[vrid].lease_until, __ATOMIC_ACQUIRE);
}

uint64_t maps_beaten(const struct maps *maps, uint8_t vrid)
{
	return __atomic_load_n(&maps->instances[vrid].beaten, __ATOMIC_SEQ_CST);
}

/* Fails when the dataplane has written the word since it was `before`: it writes nothing but 0. */
static int exchange_lease(__u64 *lease, __u64 before, uint64_t until)
{
	return __atomic_compare_exchange_n(lease, &before, until, false, __ATOMIC_SEQ_CST,
					   __ATOMIC_SEQ_CST)
		       ? 0
		       : -EBUSY;
}

int maps_store_lease(struct maps *maps, uint8_t vrid, uint64_t until, uint64_t beaten)
{
	__u64 *lease = &maps->instances[vrid].lease_until;

	__atomic_store_n(lease, LEASE_CLAIMED, __ATOMIC_SEQ_CST);
	if (maps_beaten(maps, vrid) == beaten)
		return exchange_lease(lease, LEASE_CLAIMED, until);
	__atomic_store_n(lease, 0, __ATOMIC_SEQ_CST);
	return -EBUSY;
}

int maps_renew_lease(struct maps *maps, uint8_t vrid, uint64_t until, uint64_t now)
{
	uint64_t before = maps_lease(maps, vrid);

	return before > now ? exchange_lease(&maps->instances[vrid].lease_until, before, until)
			    : -EBUSY;
}

void maps_drop_lease(struct maps *maps, uint8_t vrid)
{
	__atomic_store_n(&maps->instances[vrid].lease_until, 0, __ATOMIC_SEQ_CST);
}

/* Of another version's entry only the first word is known: maps/instances.h. */
static uint64_t lease_of_other(int other, uint32_t size, uint32_t vrid)
{
	uint64_t entry[128] = {};

	if (size > sizeof(entry) || bpf_map_lookup_elem(other, &vrid, entry))
		return 0;
	return entry[0];
}

static uint32_t entry_size(int map)
{
	struct bpf_map_info info = {};
	__u32 length = sizeof(info);

	return bpf_obj_get_info_by_fd(map, &info, &length) ? 0 : info.value_size;
}

void maps_carry_leases(struct maps *maps, int other, bool carried[static MAX_INSTANCES])
{
	uint32_t size = entry_size(other);

	for (uint32_t vrid = 1; vrid < MAX_INSTANCES; vrid++) {
		uint64_t lease = lease_of_other(other, size, vrid);

		carried[vrid] = lease != 0;
		if (carried[vrid])
			__atomic_store_n(&maps->instances[vrid].lease_until, lease,
					 __ATOMIC_RELEASE);
	}
}

void maps_settle_leases(struct maps *maps, int other, const bool carried[static MAX_INSTANCES])
{
	uint32_t size = entry_size(other);

	for (uint32_t vrid = 1; vrid < MAX_INSTANCES; vrid++)
		if (carried[vrid] && !lease_of_other(other, size, vrid))
			maps_drop_lease(maps, (uint8_t)vrid);
}
