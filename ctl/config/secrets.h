/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The keys and passwords in the files that a configuration names. They are read into the
 * configuration, and forgotten with it. Keys are kept in libsodium's guarded memory, which is
 * locked and not part of core dumps. No message quotes a secret.
 */
#ifndef VIPD_CONFIG_SECRETS_H
#define VIPD_CONFIG_SECRETS_H

#include "ctl/config/config.h"
#include "ctl/config/validation.h"

enum secrets {
	SECRETS_LEFT,    /* they are not read */
	SECRETS_CHECKED, /* those are read that this process may read */
	SECRETS_NEEDED,
};

/**
 * secrets_read() - read every file with a secret
 * @validation: gets the problems; of the same configuration as @config, which gets the secrets.
 */
void secrets_read(const struct validation *validation, enum secrets secrets, struct config *config);

/** secrets_forget() - clear and free them. */
void secrets_forget(struct config *config);

#endif
