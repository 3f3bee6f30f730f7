/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The compiled dataplane, opened but not loaded yet, with the places where its maps are pinned.
 */
#ifndef VIPD_LOADER_OBJECT_H
#define VIPD_LOADER_OBJECT_H

#include <bpf/libbpf.h>

/**
 * object_open() - the embedded program; loading it uses the maps pinned there, or pins new ones
 * @object: for bpf_object__close(), or whoever takes it over.
 *
 * Return: 0 or a negative errno.
 */
int object_open(const char *pin_dir, struct bpf_object **object);

#endif
