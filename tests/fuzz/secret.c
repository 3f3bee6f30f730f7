// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files with secrets (ctl/config/secret_file.c): a key or a password is within its lengths, or
 * refused with a reason. The first byte chooses which of the two the file is read as.
 * fuzz: -max_len=200
 */
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl/config/config.h"
#include "ctl/config/secret_file.h"

/* A file without a name, which has a path all the same. */
static int open_once(char path[static 64])
{
	static int fd = -1;

	if (fd < 0) {
		fd = memfd_create("secret", MFD_CLOEXEC);
		REQUIRE(fd >= 0 && fchmod(fd, 0600) == 0);
	}
	snprintf(path, 64, "/proc/self/fd/%d", fd);
	return fd;
}

static void check_key(const char *path)
{
	struct secret_refusal refusal;
	uint8_t *key = malloc(CONFIG_KEY_LENGTH_MAX);
	ssize_t length;

	REQUIRE(key);
	length = secret_file_read_key(path, key, &refusal);
	REQUIRE(length == -1 ||
		(length >= CONFIG_KEY_LENGTH_MIN && length <= CONFIG_KEY_LENGTH_MAX));
	REQUIRE(length != -1 || refusal.text[0]);
	free(key);
}

static void check_password(const char *path)
{
	struct secret_refusal refusal;
	char *password = malloc(CONFIG_PASSWORD_LENGTH_MAX + 1);
	ssize_t length;

	REQUIRE(password);
	length = secret_file_read_password(path, password, &refusal);
	REQUIRE(length == -1 || (length >= 1 && length <= CONFIG_PASSWORD_LENGTH_MAX));
	REQUIRE(length == -1 || strlen(password) == (size_t)length);
	REQUIRE(length != -1 || refusal.text[0]);
	free(password);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t length)
{
	char path[64];
	int fd = open_once(path);

	if (length == 0)
		return 0;
	REQUIRE(ftruncate(fd, 0) == 0);
	REQUIRE(pwrite(fd, input + 1, length - 1, 0) == (ssize_t)length - 1);
	if (input[0] & 1)
		check_password(path);
	else
		check_key(path);
	return 0;
}
