/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The compiled programs that are embedded in vipd, one object a skeleton. All of them share the
 * maps that are pinned in one directory.
 */
#ifndef VIPD_LOADER_OBJECTS_H
#define VIPD_LOADER_OBJECTS_H

#include <bpf/libbpf.h>

enum loader_object {
	OBJECT_VIP, /* the dataplane of the NIC, and the guard of other interfaces */
	OBJECT_COUNT,
};

/**
 * object_open() - an embedded object, not loaded yet; loading it uses the maps pinned in
 * @pin_dir, or pins new ones
 * @opened: for bpf_object__close(), or whoever takes it over.
 *
 * Return: 0 or a negative errno.
 */
int object_open(enum loader_object which, const char *pin_dir, struct bpf_object **opened);

#endif
