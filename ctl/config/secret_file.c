// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/config/secret_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "ctl/base/cleanup.h"
#include "ctl/config/config.h"

#define HEX_PREFIX "hex:"
#define NEWLINE    "\r\n"

/* The longest form of a key, with its newline, has so many bytes. */
#define KEY_FILE_MAX (sizeof(HEX_PREFIX) - 1 + 2 * CONFIG_KEY_LENGTH_MAX + sizeof(NEWLINE) - 1)

__attribute__((format(printf, 2, 3))) static ssize_t refuse(struct secret_refusal *refusal,
							    const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(refusal->text, sizeof(refusal->text), format, arguments);
	va_end(arguments);
	return -1;
}

static ssize_t find_file(const char *file, char path[static PATH_MAX],
			 struct secret_refusal *refusal)
{
	const char *directory = getenv("CREDENTIALS_DIRECTORY");

	if (*file != '/' && !directory) {
		refusal->out_of_sight = true;
		return refuse(refusal, "is not an absolute path, and there is no "
				       "$CREDENTIALS_DIRECTORY to find it in");
	}
	if (*file == '/')
		return snprintf(path, PATH_MAX, "%s", file);
	if (snprintf(path, PATH_MAX, "%s/%s", directory, file) >= PATH_MAX)
		return refuse(refusal, "is too long a path in $CREDENTIALS_DIRECTORY");
	return 0;
}

static ssize_t open_file(const char *path, struct secret_refusal *refusal)
{
	/* To open a FIFO or a device must not keep us waiting. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd >= 0)
		return fd;
	refusal->out_of_sight = errno == EACCES;
	return refuse(refusal, "cannot be read: %s", strerror(errno));
}

static ssize_t judge_file(int fd, struct secret_refusal *refusal)
{
	struct stat status;

	if (fstat(fd, &status))
		return refuse(refusal, "cannot be read: %s", strerror(errno));
	if (!S_ISREG(status.st_mode))
		return refuse(refusal, "is not a regular file");
	if (status.st_mode & S_IRWXO)
		return refuse(refusal,
			      "has mode %04o, which lets everybody at it; take that away: chmod "
			      "o= FILE, and use another secret",
			      status.st_mode & 07777);
	if (status.st_mode & S_IWGRP)
		return refuse(refusal,
			      "has mode %04o, which lets its group write it; take that away: chmod "
			      "g-w FILE",
			      status.st_mode & 07777);
	return 0;
}

/* Reads all of it, or one byte more than there should be. */
static ssize_t read_all(int fd, uint8_t *bytes, size_t size, struct secret_refusal *refusal)
{
	size_t length = 0;
	uint8_t more;

	while (length <= size) {
		bool full = length == size;
		ssize_t got = read(fd, full ? &more : bytes + length, full ? 1 : size - length);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return refuse(refusal, "cannot be read: %s", strerror(errno));
		if (got == 0)
			return (ssize_t)length;
		length += (size_t)got;
	}
	return refuse(refusal, "has more than %zu bytes", size);
}

ssize_t secret_file_read(const char *file, uint8_t *bytes, size_t size,
			 struct secret_refusal *refusal)
{
	CLEANUP(cleanup_close) int fd = -1;
	char path[PATH_MAX];

	*refusal = (struct secret_refusal){};
	if (find_file(file, path, refusal) < 0)
		return -1;
	fd = (int)open_file(path, refusal);
	if (fd < 0 || judge_file(fd, refusal) < 0)
		return -1;
	return read_all(fd, bytes, size, refusal);
}

static size_t without_newline(const uint8_t *bytes, size_t length)
{
	while (length && strchr(NEWLINE, bytes[length - 1]) && bytes[length - 1])
		length--;
	return length;
}

static ssize_t decode_hex(const uint8_t *bytes, size_t length, uint8_t *key,
			  struct secret_refusal *refusal)
{
	size_t digits = without_newline(bytes, length) - strlen(HEX_PREFIX), decoded;
	const char *text = (const char *)bytes + strlen(HEX_PREFIX);

	if (digits % 2 || digits > 2 * (size_t)CONFIG_KEY_LENGTH_MAX ||
	    digits < 2 * (size_t)CONFIG_KEY_LENGTH_MIN ||
	    sodium_hex2bin(key, CONFIG_KEY_LENGTH_MAX, text, digits, NULL, &decoded, NULL))
		return refuse(refusal,
			      "has something else than %d to %d hexadecimal digits, two a byte, "
			      "after " HEX_PREFIX,
			      2 * CONFIG_KEY_LENGTH_MIN, 2 * CONFIG_KEY_LENGTH_MAX);
	return (ssize_t)decoded;
}

static ssize_t decode_key(const uint8_t *bytes, size_t length, uint8_t *key,
			  struct secret_refusal *refusal)
{
	if (length >= strlen(HEX_PREFIX) && memcmp(bytes, HEX_PREFIX, strlen(HEX_PREFIX)) == 0)
		return decode_hex(bytes, length, key, refusal);
	if (length < CONFIG_KEY_LENGTH_MIN || length > CONFIG_KEY_LENGTH_MAX)
		return refuse(refusal,
			      "has %zu bytes, but a key has %d to %d, or is " HEX_PREFIX
			      " and its digits; openssl rand 32 makes one",
			      length, CONFIG_KEY_LENGTH_MIN, CONFIG_KEY_LENGTH_MAX);
	memcpy(key, bytes, length);
	return (ssize_t)length;
}

ssize_t secret_file_read_key(const char *file, uint8_t *key, struct secret_refusal *refusal)
{
	uint8_t bytes[KEY_FILE_MAX];
	ssize_t length = secret_file_read(file, bytes, sizeof(bytes), refusal);

	if (length >= 0)
		length = decode_key(bytes, (size_t)length, key, refusal);
	sodium_memzero(bytes, sizeof(bytes));
	if (length < 0)
		sodium_memzero(key, CONFIG_KEY_LENGTH_MAX);
	return length;
}

ssize_t secret_file_read_password(const char *file, char *password, struct secret_refusal *refusal)
{
	uint8_t bytes[CONFIG_PASSWORD_LENGTH_MAX + sizeof(NEWLINE) - 1];
	ssize_t got = secret_file_read(file, bytes, sizeof(bytes), refusal);
	size_t length;

	if (got < 0)
		return -1;
	length = without_newline(bytes, (size_t)got);
	if (length == 0 || length > CONFIG_PASSWORD_LENGTH_MAX || memchr(bytes, '\0', length))
		return refuse(refusal,
			      "has something else than a password of 1 to %d bytes; keepalived "
			      "truncates a longer one, so the first %d are what it sends",
			      CONFIG_PASSWORD_LENGTH_MAX, CONFIG_PASSWORD_LENGTH_MAX);
	memcpy(password, bytes, length);
	password[length] = '\0';
	sodium_memzero(bytes, sizeof(bytes));
	return (ssize_t)length;
}
