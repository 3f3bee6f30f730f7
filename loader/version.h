/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The programs and tables of this version of vipd, in the kernel: adopted by their pins where the
 * same version has left them, else loaded, with the tables of another version as far as both have
 * one layout.
 */
#ifndef VIPD_LOADER_VERSION_H
#define VIPD_LOADER_VERSION_H

#include <stdbool.h>

#include "loader/hook.h"
#include "loader/objects.h"

#define PROGRAMS_MAX 4

struct version {
	struct bpf_object *objects[OBJECT_COUNT]; /* NULL: adopted */
	int programs[PROGRAMS_MAX];               /* descriptors, by purpose; -1: none */
	struct map_fds fds;
	bool fresh;      /* tables are empty that another version has filled for itself */
	bool published;  /* what is pinned is of this version */
	int lost_leases; /* the table of leases that is pinned and not ours; -1: there is none */
};

/** version_init() - nothing is in the kernel. */
void version_init(struct version *version);

/**
 * version_adopt() - take what the same version has pinned; nothing is loaded
 * @purposes: @count of them, PROGRAMS_MAX at most; each has its program.
 *
 * Return: 0, or -ENOENT when it is not all there.
 */
int version_adopt(struct version *version, const char *pin_dir, const struct purpose *purposes,
		  size_t count);

/**
 * version_load() - load it; what is pinned and attached stays as it is
 *
 * Return: 0 or a negative errno.
 */
int version_load(struct version *version, const char *pin_dir, const struct purpose *purposes,
		 size_t count);

/**
 * version_publish() - pin it in place of the version before, whose program is gone from the NIC
 *
 * Return: 0 or a negative errno.
 */
int version_publish(struct version *version, const char *pin_dir, const struct purpose *purposes,
		    size_t count);

/**
 * version_pin_again() - pin the tables and programs whose pins somebody has removed
 *
 * Return: 0, or the first negative errno after going on to the end.
 */
int version_pin_again(const struct version *version, const char *pin_dir,
		      const struct purpose *purposes, size_t count);

/** version_close() - what is pinned and attached stays in the kernel. */
void version_close(struct version *version);

/** version_unpin() - remove all pins of programs and tables, of whatever version. */
void version_unpin(const char *pin_dir);

#endif
