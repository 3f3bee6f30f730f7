/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who signs this node's advertisements: the active key, and the last sequence that was used, which
 * must not go back, not even over a crash. So it is kept in a mapped file: remembering it is one
 * store, and the thread that keeps time waits for no disk.
 */
#ifndef VIPD_VRRP_SIGNER_H
#define VIPD_VRRP_SIGNER_H

#include <limits.h>
#include <sodium.h>
#include <stddef.h>
#include <stdint.h>

#include "ctl/config/config.h"

struct signing_key {
	crypto_auth_hmacsha256_state *state; /* in guarded memory; NULL: ours are not signed */
	uint8_t id;
	uint64_t lead; /* as trailer_next_sequence() takes it */
};

struct signer {
	char path[PATH_MAX];
	struct signing_key key;
	uint64_t *last_sequence; /* mapped; NULL: not yet */
};

/** signer_init() - a signer without a key. @path: of the file of the last sequence; copied. */
void signer_init(struct signer *signer, const char *path);

/** signer_close() - fine on a zeroed one, and twice. The file stays: the next run needs it. */
void signer_close(struct signer *signer);

/**
 * signer_prepare() - the key that a configuration signs with
 * @key: the result, for signer_exchange() or signing_key_free().
 *
 * The file of the last sequence is made with the first key.
 *
 * Return: 0, or a negative errno after one logged message.
 */
int signer_prepare(struct signer *signer, const struct config_authentication *authentication,
		   struct signing_key *key);

/** signer_exchange() - sign with @key from now on; it holds the key before afterwards. */
void signer_exchange(struct signer *signer, struct signing_key *key);

/** signing_key_free() - fine on a zeroed one, and twice. */
void signing_key_free(struct signing_key *key);

/**
 * signer_sign() - append the trailer to a message, if ours are signed
 * @message: with room for TRAILER_LENGTH more.
 * @source: of the packet.
 * @wall: ns since the Unix epoch.
 *
 * Neither allocates nor waits.
 *
 * Return: the length of the trailer: TRAILER_LENGTH or 0.
 */
size_t signer_sign(struct signer *signer, uint8_t *message, size_t length,
		   const struct ip_address *source, uint64_t wall);

#endif
