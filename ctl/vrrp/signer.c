// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/vrrp/signer.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>

#include "ctl/base/cleanup.h"
#include "ctl/base/clock.h"
#include "ctl/base/log.h"
#include "ctl/vrrp/trailer.h"

static int map_sequence(const char *path, uint64_t **mapped)
{
	CLEANUP(cleanup_close) int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	void *memory;

	if (fd < 0 || ftruncate(fd, sizeof(**mapped)))
		return -errno;
	memory = mmap(NULL, sizeof(**mapped), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (memory == MAP_FAILED)
		return -errno;
	*mapped = memory;
	return 0;
}

void signer_init(struct signer *signer, const char *path)
{
	*signer = (struct signer){};
	snprintf(signer->path, sizeof(signer->path), "%s", path);
}

void signer_close(struct signer *signer)
{
	if (signer->last_sequence)
		munmap(signer->last_sequence, sizeof(*signer->last_sequence));
	signing_key_free(&signer->key);
	*signer = (struct signer){};
}

static const struct config_key *find_active_key(const struct config_authentication *authentication)
{
	if (authentication->mode != AUTHENTICATION_PERMISSIVE &&
	    authentication->mode != AUTHENTICATION_ENFORCE)
		return NULL;
	for (size_t i = 0; i < authentication->key_count; i++)
		if (authentication->keys[i].id == authentication->active_key)
			return &authentication->keys[i];
	return NULL;
}

int signer_prepare(struct signer *signer, const struct config_authentication *authentication,
		   struct signing_key *key)
{
	const struct config_key *active = find_active_key(authentication);
	int error;

	*key = (struct signing_key){};
	if (!active)
		return 0;
	if (!signer->last_sequence) {
		error = map_sequence(signer->path, &signer->last_sequence);
		if (error)
			return log_failure(error, "cannot keep the last sequence in %s",
					   signer->path);
	}
	key->state = sodium_malloc(sizeof(*key->state));
	if (!key->state)
		return log_failure(-ENOMEM, "cannot take the key that signs");
	crypto_auth_hmacsha256_init(key->state, active->secret, active->secret_length);
	key->id = active->id;
	key->lead = authentication->monotonic ? NEVER : authentication->window;
	return 0;
}

void signer_exchange(struct signer *signer, struct signing_key *key)
{
	struct signing_key before = signer->key;

	signer->key = *key;
	*key = before;
}

void signing_key_free(struct signing_key *key)
{
	sodium_free(key->state);
	*key = (struct signing_key){};
}

size_t signer_sign(struct signer *signer, uint8_t *message, size_t length,
		   const struct ip_address *source, uint64_t wall)
{
	uint64_t sequence;

	if (!signer->key.state)
		return 0;
	sequence = trailer_next_sequence(*signer->last_sequence, wall, signer->key.lead);
	*signer->last_sequence = sequence;
	trailer_append(message, length, source, signer->key.id, signer->key.state, sequence);
	return TRAILER_LENGTH;
}
