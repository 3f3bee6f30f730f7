// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/steering/key.h"

#include <endian.h>
#include <sodium.h>
#include <string.h>

/*
 * What tells one cluster from another until a secret is configured. The peers are not part of it:
 * another key moves every flow, and a node that joins must move no more than its share.
 */
static void hash_network(crypto_generichash_state *state, const struct config *config)
{
	const uint8_t vlan[] = {(uint8_t)(config->vlan >> 8), (uint8_t)config->vlan};

	crypto_generichash_update(state, (const void *)&config->gateway4, sizeof(config->gateway4));
	crypto_generichash_update(state, (const void *)&config->gateway6, sizeof(config->gateway6));
	crypto_generichash_update(state, vlan, sizeof(vlan));
}

struct steering_key steering_key(const struct config *config)
{
	static const unsigned char purpose[] = "vipd steering 1";
	unsigned char hash[sizeof(uint64_t) + RANKING_KEY_SIZE];
	crypto_generichash_state state;
	struct steering_key key;

	crypto_generichash_init(&state, purpose, sizeof(purpose), sizeof(hash));
	hash_network(&state, config);
	crypto_generichash_final(&state, hash, sizeof(hash));
	memcpy(&key.flows, hash, sizeof(key.flows));
	key.flows = le64toh(key.flows);
	memcpy(key.ranking, hash + sizeof(key.flows), sizeof(key.ranking));
	return key;
}
