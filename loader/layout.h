/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the memory of a table looks like, as a digest: two versions of vipd whose digests of a table
 * are equal can share it.
 *
 * The kernel would show the types of a table that is pinned to who has CAP_SYS_ADMIN only, which
 * vipd does not, so the digest is kept beside the pin.
 */
#ifndef VIPD_LOADER_LAYOUT_H
#define VIPD_LOADER_LAYOUT_H

#include <bpf/libbpf.h>

#define LAYOUT_MAX 33 /* hexadecimal digits and the end */

/**
 * layout_of() - the layout of a map of an object
 *
 * It follows from the map's kind and size, from names, places and types of all members of its keys
 * and values, and from MAPS_LAYOUT.
 *
 * Return: 0, or a negative errno.
 */
int layout_of(const struct bpf_object *object, const struct bpf_map *map,
	      char layout[static LAYOUT_MAX]);

/** layout_of_bytes() - of a whole object: two that are equal are one program. */
void layout_of_bytes(const void *bytes, size_t size, char layout[static LAYOUT_MAX]);

#endif
