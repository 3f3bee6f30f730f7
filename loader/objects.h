/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The compiled programs that are embedded in vipd, one object a skeleton. All of them share one set
 * of tables.
 */
#ifndef VIPD_LOADER_OBJECTS_H
#define VIPD_LOADER_OBJECTS_H

#include <bpf/libbpf.h>

#include "loader/layout.h"

enum loader_object {
	OBJECT_VIP, /* the dataplane of the NIC, and the guard of other interfaces */
	OBJECT_COUNT,
};

/**
 * object_open() - an embedded object, not loaded yet
 * @opened: for bpf_object__close(), or whoever takes it over.
 *
 * Return: 0 or a negative errno.
 */
int object_open(enum loader_object which, struct bpf_object **opened);

/** object_digest() - tells an object from those of all other versions. */
void object_digest(enum loader_object which, char digest[static LAYOUT_MAX]);

#endif
