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

/* A key that is there already is not touched, so that no advertisement is lost on a reload. */
static void apply_key(struct maps *maps, const struct config_key *key)
{
	struct key_entry wanted = {};

	derive_states(key, &wanted);
	maps_set_key(maps, key->id, &wanted);
	sodium_memzero(&wanted, sizeof(wanted));
}

void authentication_apply(struct maps *maps, const struct config_authentication *authentication)
{
	for (size_t i = 0; i < authentication->key_count; i++)
		apply_key(maps, &authentication->keys[i]);
	maps_set_authentication(maps, authentication->mode, authentication->monotonic,
				authentication->window);
}

void authentication_remove_others(struct maps *maps,
				  const struct config_authentication *authentication)
{
	bool ours[MAX_KEYS] = {};

	for (size_t i = 0; i < authentication->key_count; i++)
		ours[authentication->keys[i].id] = true;
	for (unsigned int id = 0; id < MAX_KEYS; id++)
		if (!ours[id] && maps_has_key(maps, (uint8_t)id))
			maps_forget_key(maps, (uint8_t)id);
}
