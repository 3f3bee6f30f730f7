// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/daemon/authentication.h"

#include <sodium.h>
#include <string.h>

/*
 * HMAC (RFC 2104) hashes a block made of the key before the message, and another before the inner
 * digest. A SHA-256 state of eight words is all that is left of a block, and crypto_auth's state
 * has both as public members.
 */
static void derive_states(const struct config_key *key, struct key_entry *entry)
{
	crypto_auth_hmacsha256_state hmac;

	crypto_auth_hmacsha256_init(&hmac, key->secret, key->secret_length);
	memcpy(entry->inner, hmac.ictx.state, sizeof(entry->inner));
	memcpy(entry->outer, hmac.octx.state, sizeof(entry->outer));
	sodium_memzero(&hmac, sizeof(hmac));
}

static bool same_states(const struct key_entry *a, const struct key_entry *b)
{
	return sodium_memcmp(a->inner, b->inner, sizeof(a->inner)) == 0 &&
	       sodium_memcmp(a->outer, b->outer, sizeof(a->outer)) == 0;
}

static void set_configured(struct key_entry *entry, __u32 configured)
{
	__atomic_store_n(&entry->configured, configured, __ATOMIC_SEQ_CST);
}

static void forget(struct key_entry *entry)
{
	set_configured(entry, 0);
	sodium_memzero(entry->inner, sizeof(entry->inner));
	sodium_memzero(entry->outer, sizeof(entry->outer));
}

/* A key that is there already is not touched, so that no advertisement is lost on a reload. */
static void apply_key(struct key_entry *entry, const struct config_key *key)
{
	struct key_entry wanted = {};

	derive_states(key, &wanted);
	if (!entry->configured || !same_states(entry, &wanted)) {
		forget(entry);
		memcpy(entry->inner, wanted.inner, sizeof(entry->inner));
		memcpy(entry->outer, wanted.outer, sizeof(entry->outer));
		set_configured(entry, 1);
	}
	sodium_memzero(&wanted, sizeof(wanted));
}

void authentication_apply(struct maps *maps, const struct config_authentication *authentication)
{
	struct authentication_entry *entry = maps->authentication;

	for (size_t i = 0; i < authentication->key_count; i++)
		apply_key(&maps->keys[authentication->keys[i].id], &authentication->keys[i]);
	entry->monotonic = authentication->monotonic;
	entry->window = authentication->window;
	__atomic_store_n(&entry->mode, (__u32)authentication->mode, __ATOMIC_RELEASE);
}

void authentication_remove_others(struct maps *maps,
				  const struct config_authentication *authentication)
{
	bool ours[MAX_KEYS] = {};

	for (size_t i = 0; i < authentication->key_count; i++)
		ours[authentication->keys[i].id] = true;
	for (size_t id = 0; id < MAX_KEYS; id++)
		if (!ours[id] && maps->keys[id].configured)
			forget(&maps->keys[id]);
}
