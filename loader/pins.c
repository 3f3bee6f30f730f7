// SPDX-License-Identifier: GPL-2.0-only
#include "loader/pins.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "ctl/base/cleanup.h"
#include "ctl/base/log.h"

static const char *const usual_mount = "/sys/fs/bpf";

static bool is_bpffs(const char *path)
{
	struct statfs fs;

	return statfs(path, &fs) == 0 && (unsigned long)fs.f_type == BPF_FS_MAGIC;
}

/* Makes each missing directory on the way; the last one is the directory itself. */
static int make_directories(const char *directory)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s", directory) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(path, 0755) && errno != EEXIST)
			return -errno;
		*slash = '/';
	}
	return mkdir(path, 0700) && errno != EEXIST ? -errno : 0;
}

static int mount_bpffs(const char *where)
{
	if (mount("bpf", where, "bpf", 0, "mode=0700"))
		return log_failure(-errno,
				   "cannot mount a BPF file system on %s; mount it yourself: mount "
				   "-t bpf bpf %s",
				   where, where);
	log_notice("mounted a BPF file system on %s", where);
	return 0;
}

static bool is_below(const char *directory, const char *above)
{
	size_t length = strlen(above);

	return strncmp(directory, above, length) == 0 && directory[length] == '/';
}

static int provide_bpffs(const char *directory)
{
	int error;

	if (is_below(directory, usual_mount) && !is_bpffs(usual_mount)) {
		error = mount_bpffs(usual_mount);
		if (error)
			return error;
	}
	error = make_directories(directory);
	if (error)
		return log_failure(error, "cannot make the pin directory %s", directory);
	return is_bpffs(directory) ? 0 : mount_bpffs(directory);
}

int pins_open(const char *directory)
{
	CLEANUP(cleanup_close) int fd = -1;
	int error = provide_bpffs(directory);

	if (error)
		return error;
	fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return log_failure(-errno, "cannot open the pin directory %s", directory);
	if (flock(fd, LOCK_EX | LOCK_NB))
		return log_failure(-errno,
				   "another vipd holds the pin directory %s; stop it first, or "
				   "give this one a --pin-dir of its own",
				   directory);
	return TAKE_FD(fd);
}

int pins_make_directory(const char *directory)
{
	int error = make_directories(directory);

	if (error)
		return error;
	return is_bpffs(directory) ? 0 : -ENODEV;
}

int pins_path(const char *directory, const char *name, char *path, size_t size)
{
	return snprintf(path, size, "%s/%s", directory, name) < (int)size ? 0 : -ENAMETOOLONG;
}

bool pins_exist(const char *directory, const char *name)
{
	char path[PATH_MAX];

	return pins_path(directory, name, path, sizeof(path)) == 0 && access(path, F_OK) == 0;
}

void pins_remove(const char *directory, const char *name)
{
	char path[PATH_MAX];

	if (pins_path(directory, name, path, sizeof(path)) == 0)
		unlink(path);
}

static void close_directory(DIR **directory)
{
	if (*directory)
		closedir(*directory);
}

void pins_sweep(const char *directory, const char *prefix)
{
	CLEANUP(close_directory) DIR *opened = opendir(directory);
	const struct dirent *entry;

	while (opened && (entry = readdir(opened)))
		if (strncmp(entry->d_name, prefix, strlen(prefix)) == 0)
			pins_remove(directory, entry->d_name);
}

static bool is_mount_point(const char *directory)
{
	char above[PATH_MAX];
	struct stat own, parent;

	return pins_path(directory, "..", above, sizeof(above)) == 0 &&
	       stat(directory, &own) == 0 && stat(above, &parent) == 0 &&
	       own.st_dev != parent.st_dev;
}

void pins_remove_directory(const char *directory)
{
	/* Not when somebody else has pins there: then neither call succeeds, and nothing is lost.
	 */
	if (is_mount_point(directory))
		umount2(directory, 0);
	rmdir(directory);
}
