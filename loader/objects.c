// SPDX-License-Identifier: GPL-2.0-only
#include "loader/objects.h"

#include <errno.h>

#include "vip.skel.h"

static const void *(*const elf_bytes[OBJECT_COUNT])(size_t *size) = {
	[OBJECT_VIP] = vip__elf_bytes,
};

int object_open(enum loader_object which, struct bpf_object **opened)
{
	size_t size;
	const void *bytes = elf_bytes[which](&size);
	struct bpf_object *object = bpf_object__open_mem(bytes, size, NULL);

	if (!object)
		return -errno;
	*opened = object;
	return 0;
}

void object_digest(enum loader_object which, char digest[static LAYOUT_MAX])
{
	size_t size;
	const void *bytes = elf_bytes[which](&size);

	layout_of_bytes(bytes, size, digest);
}
