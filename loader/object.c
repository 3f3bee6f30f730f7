// SPDX-License-Identifier: GPL-2.0-only
#include "loader/object.h"

#include <errno.h>
#include <limits.h>

#include "loader/pins.h"
#include "vip.skel.h"

int object_open(const char *pin_dir, struct bpf_object **opened)
{
	const void *bytes;
	size_t size;
	struct bpf_object *object;
	struct bpf_map *map;
	char path[PATH_MAX];

	bytes = vip__elf_bytes(&size);
	object = bpf_object__open_mem(bytes, size, NULL);
	if (!object)
		return -errno;
	bpf_object__for_each_map(map, object)
	{
		int error;

		if (bpf_map__is_internal(map))
			continue;
		error = pins_path(pin_dir, bpf_map__name(map), path, sizeof(path));
		if (!error)
			error = bpf_map__set_pin_path(map, path);
		if (error) {
			bpf_object__close(object);
			return error;
		}
	}
	*opened = object;
	return 0;
}
