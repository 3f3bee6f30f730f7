// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/tables/keys.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>

#include "ctl/base/log.h"

/* sodium_malloc() aligns no better than the size is. */
struct planned_key {
	_Alignas(uint64_t) uint8_t id;
	struct key_entry entry;
};

struct keys_plan {
	enum authentication_mode mode;
	bool monotonic;
	uint64_t window;
	size_t count;
	struct planned_key keys[];
};

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

int keys_prepare(const struct config *next, struct keys_plan **plan)
{
	const struct config_authentication *authentication = &next->vrrp.authentication;
	size_t count = authentication->key_count;
	struct keys_plan *new = NULL;

	if (sodium_init() >= 0)
		new = sodium_malloc(sizeof(*new) + count * sizeof(new->keys[0]));
	if (!new)
		return log_failure(-ENOMEM, "cannot tell the dataplane of the keys");
	*new = (struct keys_plan){
		.mode = authentication->mode,
		.monotonic = authentication->monotonic,
		.window = authentication->window,
		.count = count,
	};
	for (size_t i = 0; i < count; i++) {
		new->keys[i] = (struct planned_key){.id = authentication->keys[i].id};
		derive_states(&authentication->keys[i], &new->keys[i].entry);
	}
	*plan = new;
	return 0;
}

static void forget_others(struct maps *maps, const struct keys_plan *plan)
{
	bool ours[MAX_KEYS] = {};

	for (size_t i = 0; i < plan->count; i++)
		ours[plan->keys[i].id] = true;
	for (unsigned int id = 0; id < MAX_KEYS; id++)
		if (!ours[id] && maps_has_key(maps, (uint8_t)id))
			maps_forget_key(maps, (uint8_t)id);
}

void keys_commit(struct maps *maps, struct keys_plan *plan)
{
	for (size_t i = 0; i < plan->count; i++)
		maps_set_key(maps, plan->keys[i].id, &plan->keys[i].entry);
	maps_set_authentication(maps, plan->mode, plan->monotonic, plan->window);
	forget_others(maps, plan);
	keys_abort(plan);
}

void keys_abort(struct keys_plan *plan)
{
	sodium_free(plan); /* wipes it, too */
}
