// SPDX-License-Identifier: GPL-2.0-only
#include "loader/tables.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ctl/base/cleanup.h"
#include "loader/layout.h"
#include "loader/pins.h"

/* A program has no more maps than that. */
#define PROGRAM_MAPS_MAX 64

/* Every table that user space knows: its name, and where its descriptor is. */
static const struct {
	const char *name;
	size_t offset;
} tables[] = {
#define TABLE(table, ...) {MAP_NAME(table), offsetof(struct map_fds, table)},
	MAPPED_MAPS(TABLE) POOLED_MAPS(TABLE) CALLED_MAPS(TABLE)
#undef TABLE
};

#define TABLE_COUNT (sizeof(tables) / sizeof(tables[0]))

static int *descriptor(struct map_fds *fds, size_t table)
{
	return (int *)((char *)fds + tables[table].offset);
}

static int open_pin(const char *pin_dir, const char *name)
{
	char path[PATH_MAX];
	int error = pins_path(pin_dir, name, path, sizeof(path));
	int fd;

	if (error)
		return error;
	fd = bpf_obj_get(path);
	return fd < 0 ? -errno : fd;
}

static uint32_t map_id(int fd)
{
	struct bpf_map_info info = {};
	__u32 length = sizeof(info);

	return bpf_obj_get_info_by_fd(fd, &info, &length) ? 0 : info.id;
}

bool tables_pinned(const char *pin_dir)
{
	return pins_exist(pin_dir, tables[0].name);
}

/* Adopting. */

struct program_maps {
	uint32_t ids[PROGRAM_MAPS_MAX];
	uint32_t count;
};

static int list_maps(int program, struct program_maps *maps)
{
	struct bpf_prog_info info = {
		.nr_map_ids = PROGRAM_MAPS_MAX,
		.map_ids = (uintptr_t)maps->ids,
	};
	__u32 length = sizeof(info);

	if (bpf_obj_get_info_by_fd(program, &info, &length))
		return -errno;
	maps->count = info.nr_map_ids < PROGRAM_MAPS_MAX ? info.nr_map_ids : PROGRAM_MAPS_MAX;
	return 0;
}

static bool uses(const struct program_maps *maps, uint32_t id)
{
	for (uint32_t i = 0; i < maps->count; i++)
		if (maps->ids[i] == id)
			return true;
	return false;
}

int tables_adopt(const char *pin_dir, int program, struct map_fds *fds)
{
	struct program_maps maps;
	struct map_fds found;
	int error = list_maps(program, &maps);

	for (size_t i = 0; i < TABLE_COUNT; i++)
		*descriptor(&found, i) = -1;
	for (size_t i = 0; i < TABLE_COUNT && !error; i++) {
		int fd = open_pin(pin_dir, tables[i].name);

		*descriptor(&found, i) = fd;
		if (fd < 0 || !uses(&maps, map_id(fd)))
			error = -ENOENT;
	}
	if (error)
		tables_close(&found);
	else
		*fds = found;
	return error;
}

void tables_close(struct map_fds *fds)
{
	for (size_t i = 0; i < TABLE_COUNT; i++) {
		int *fd = descriptor(fds, i);

		if (*fd >= 0)
			close(*fd);
		*fd = -1;
	}
}

/* The symbolic link with the layout stays away: the same version finds the table without it, and
 * another one begins with a new table. */
int tables_pin_again(const char *pin_dir, const struct map_fds *fds)
{
	int first_error = 0;

	for (size_t i = 0; i < TABLE_COUNT; i++) {
		int fd = *(const int *)((const char *)fds + tables[i].offset);
		char path[PATH_MAX];
		int error = pins_path(pin_dir, tables[i].name, path, sizeof(path));

		if (!error && access(path, F_OK) && bpf_obj_pin(fd, path))
			error = -errno;
		if (!first_error)
			first_error = error;
	}
	return first_error;
}

/* Reusing: the layout of a pinned table is the target of a symbolic link beside it. */

static int layout_name(const struct bpf_map *map, char *name, size_t size)
{
	return snprintf(name, size, "%s_layout", bpf_map__name(map)) < (int)size ? 0
										 : -ENAMETOOLONG;
}

static bool has_layout(const char *pin_dir, const struct bpf_map *map, const char *layout)
{
	char name[64], path[PATH_MAX], pinned[LAYOUT_MAX + 1];
	ssize_t length;

	if (layout_name(map, name, sizeof(name)) || pins_path(pin_dir, name, path, sizeof(path)))
		return false;
	length = readlink(path, pinned, sizeof(pinned) - 1);
	if (length < 0)
		return false;
	pinned[length] = '\0';
	return strcmp(pinned, layout) == 0;
}

static int reuse(const char *pin_dir, const struct bpf_object *object, struct bpf_map *map,
		 bool *fresh)
{
	CLEANUP(cleanup_close) int fd = -1;
	char layout[LAYOUT_MAX];
	int error;

	if (bpf_map__type(map) == BPF_MAP_TYPE_RINGBUF)
		return 0;
	error = layout_of(object, map, layout);
	if (error)
		return error;
	if (has_layout(pin_dir, map, layout))
		fd = open_pin(pin_dir, bpf_map__name(map));
	if (fd < 0) {
		*fresh = true;
		return 0;
	}
	return bpf_map__reuse_fd(map, fd);
}

int tables_reuse(const char *pin_dir, struct bpf_object *object, bool *fresh)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, object)
	{
		int error = bpf_map__is_internal(map) ? 0 : reuse(pin_dir, object, map, fresh);

		if (error)
			return error;
	}
	return 0;
}

int tables_share(const struct map_fds *fds, struct bpf_object *object)
{
	struct map_fds shared = *fds;

	for (size_t i = 0; i < TABLE_COUNT; i++) {
		struct bpf_map *map = bpf_object__find_map_by_name(object, tables[i].name);
		int error = map ? bpf_map__reuse_fd(map, *descriptor(&shared, i)) : 0;

		if (error)
			return error;
	}
	return 0;
}

int tables_lost(const char *pin_dir, const char *name, int ours)
{
	CLEANUP(cleanup_close) int fd = open_pin(pin_dir, name);

	return fd >= 0 && map_id(fd) != map_id(ours) ? TAKE_FD(fd) : -1;
}

/* Publishing. */

static bool is_pinned(const char *pin_dir, const struct bpf_map *map)
{
	CLEANUP(cleanup_close) int fd = open_pin(pin_dir, bpf_map__name(map));

	return fd >= 0 && map_id(fd) == map_id(bpf_map__fd(map));
}

static int pin_layout(const char *pin_dir, const struct bpf_object *object,
		      const struct bpf_map *map)
{
	char name[64], path[PATH_MAX], layout[LAYOUT_MAX];
	int error = layout_of(object, map, layout);

	if (!error)
		error = layout_name(map, name, sizeof(name));
	if (!error)
		error = pins_path(pin_dir, name, path, sizeof(path));
	if (error)
		return error;
	return symlink(layout, path) ? -errno : 0;
}

/* Without a layout nobody takes the pin for what it is not yet. */
static int publish(const char *pin_dir, const struct bpf_object *object, const struct bpf_map *map)
{
	char name[64], path[PATH_MAX];
	int error = layout_name(map, name, sizeof(name));

	if (!error)
		error = pins_path(pin_dir, bpf_map__name(map), path, sizeof(path));
	if (error)
		return error;
	pins_remove(pin_dir, name);
	pins_remove(pin_dir, bpf_map__name(map));
	if (bpf_obj_pin(bpf_map__fd(map), path))
		return -errno;
	return bpf_map__type(map) == BPF_MAP_TYPE_RINGBUF ? 0 : pin_layout(pin_dir, object, map);
}

int tables_publish(const char *pin_dir, const struct bpf_object *object)
{
	const struct bpf_map *map;

	bpf_object__for_each_map(map, object)
	{
		int error = 0;

		if (!bpf_map__is_internal(map) && !is_pinned(pin_dir, map))
			error = publish(pin_dir, object, map);
		if (error)
			return error;
	}
	return 0;
}
