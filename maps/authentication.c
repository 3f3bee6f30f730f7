// SPDX-License-Identifier: GPL-2.0-only
/* Stores into vipd_authentication and vipd_keys. */
#include "maps_internal.h"

const struct authentication_entry *maps_authentication(const struct maps *maps)
{
	return maps->authentication;
}

void maps_set_authentication(struct maps *maps, enum authentication_mode mode, bool monotonic,
			     uint64_t window)
{
	struct authentication_entry *entry = maps->authentication;

	__atomic_store_n(&entry->monotonic, monotonic, __ATOMIC_RELEASE);
	__atomic_store_n(&entry->window, window, __ATOMIC_RELEASE);
	__atomic_store_n(&entry->mode, (__u32)mode, __ATOMIC_RELEASE);
}

void maps_set_wall_offset(struct maps *maps, uint64_t offset)
{
	__atomic_store_n(&maps->authentication->wall_offset, offset, __ATOMIC_RELEASE);
}

bool maps_has_key(const struct maps *maps, uint8_t id)
{
	return __atomic_load_n(&maps->keys[id].configured, __ATOMIC_ACQUIRE) != 0;
}

static void set_configured(struct key_entry *entry, bool configured)
{
	__atomic_store_n(&entry->configured, configured, __ATOMIC_SEQ_CST);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

void maps_set_key(struct maps *maps, uint8_t id, const struct key_entry *key)
{
	struct key_entry *entry = &maps->keys[id];

	if (entry->configured && memcmp(entry->inner, key->inner, sizeof(entry->inner)) == 0 &&
	    memcmp(entry->outer, key->outer, sizeof(entry->outer)) == 0)
		return;
	maps_forget_key(maps, id);
	memcpy(entry->inner, key->inner, sizeof(entry->inner));
	memcpy(entry->outer, key->outer, sizeof(entry->outer));
	set_configured(entry, true);
}

void maps_forget_key(struct maps *maps, uint8_t id)
{
	struct key_entry *entry = &maps->keys[id];

	set_configured(entry, false);
	explicit_bzero(entry->inner, sizeof(entry->inner));
	explicit_bzero(entry->outer, sizeof(entry->outer));
}
