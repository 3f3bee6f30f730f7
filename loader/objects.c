// SPDX-License-Identifier: GPL-2.0-only
#include "loader/objects.h"

#include <errno.h>
#include <limits.h>

#include "loader/pins.h"
#include "vip.skel.h"

static const void *(*const elf_bytes[OBJECT_COUNT])(size_t *size) = {
	[OBJECT_VIP] = vip__elf_bytes,
};

static int set_pin_paths(struct bpf_object *object, const char *pin_dir)
{
	struct bpf_map *map;
	char path[PATH_MAX];

	bpf_object__for_each_map(map, object)
	{
		int error;

		if (bpf_map__is_internal(map))
			continue;
		error = pins_path(pin_dir, bpf_map__name(map), path, sizeof(path));
		if (error)
			return error;
		error = bpf_map__set_pin_path(map, path);
		if (error)
			return error;
	}
	return 0;
}

int object_open(enum loader_object which, const char *pin_dir, struct bpf_object **opened)
{
	size_t size;
	const void *bytes = elf_bytes[which](&size);
	struct bpf_object *object = bpf_object__open_mem(bytes, size, NULL);
	int error;

	if (!object)
		return -errno;
	error = set_pin_paths(object, pin_dir);
	if (error) {
		bpf_object__close(object);
		return error;
	}
	*opened = object;
	return 0;
}
