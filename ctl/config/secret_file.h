/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files with secrets: where they are, whether anybody else can read or change them, and how a key
 * is written in them.
 */
#ifndef VIPD_CONFIG_SECRET_FILE_H
#define VIPD_CONFIG_SECRET_FILE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Why a secret could not be read; the text follows the name of the file. */
struct secret_refusal {
	char text[PATH_MAX + 128];
	bool out_of_sight; /* this process may not read it; another one may */
};

/**
 * secret_file_read() - what is in a file that only its owner and group may read
 * @file: a path; a relative one is in $CREDENTIALS_DIRECTORY (systemd.exec(5), LoadCredential=).
 * @bytes: @size of them; a larger file is refused.
 *
 * The file has to be a regular one, without any access for others, and not writable by its group.
 *
 * Return: how many bytes, or -1 and the reason in @refusal.
 */
ssize_t secret_file_read(const char *file, uint8_t *bytes, size_t size,
			 struct secret_refusal *refusal);

/**
 * secret_file_read_key() - a key of 32 to 64 bytes: as such, or as "hex:" and its digits
 * @key: room for CONFIG_KEY_LENGTH_MAX bytes; cleared on failure.
 *
 * Return: its length, or -1 and the reason in @refusal.
 */
ssize_t secret_file_read_key(const char *file, uint8_t *key, struct secret_refusal *refusal);

/**
 * secret_file_read_password() - a text of 1 to 8 bytes; a newline may follow it
 * @password: room for it and its NUL.
 *
 * Return: its length, or -1 and the reason in @refusal.
 */
ssize_t secret_file_read_password(const char *file, char *password, struct secret_refusal *refusal);

#endif
