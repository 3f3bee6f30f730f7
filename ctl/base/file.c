// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <unistd.h>

#include "ctl/base/cleanup.h"

/* This closes the descriptor in any case, and shows the last errors of writing. */
int file_finish(FILE **file)
{
	return fclose(TAKE_POINTER(*file)) == 0 ? 0 : -errno;
}

static int write_to(FILE *file, enum file_durability durability, file_writer write,
		    const void *context)
{
	int error = write(file, context);

	if (error < 0)
		return error;
	if (fflush(file) != 0)
		return -errno;
	if (durability == FILE_SURVIVES_THE_HOST && fsync(fileno(file)) < 0)
		return -errno;
	return 0;
}

static int write_new(const char *path, enum file_durability durability, file_writer write,
		     const void *context)
{
	CLEANUP(cleanup_fclose) FILE *file = fopen(path, "we");
	int error;

	if (!file)
		return -errno;
	error = write_to(file, durability, write, context);
	if (error < 0)
		return error;
	return file_finish(&file);
}

/* A name is on the disk once its directory is. */
static int sync_directory_of(const char *path)
{
	char copy[PATH_MAX];
	CLEANUP(cleanup_close) int fd = -1;

	snprintf(copy, sizeof(copy), "%s", path);
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd >= 0 && fsync(fd) == 0 ? 0 : -errno;
}

int file_replace(const char *path, enum file_durability durability, file_writer write,
		 const void *context)
{
	char new[PATH_MAX];
	int error;

	if ((size_t)snprintf(new, sizeof(new), "%s.new", path) >= sizeof(new))
		return -ENAMETOOLONG;
	error = write_new(new, durability, write, context);
	if (error == 0 && rename(new, path) < 0)
		error = -errno;
	if (error < 0) {
		unlink(new);
		return error;
	}
	return durability == FILE_SURVIVES_THE_HOST ? sync_directory_of(path) : 0;
}
