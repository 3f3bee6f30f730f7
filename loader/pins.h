/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The pin directory: a place on a BPF file system, ours alone while we run.
 */
#ifndef VIPD_LOADER_PINS_H
#define VIPD_LOADER_PINS_H

#include <stdbool.h>
#include <stddef.h>

/**
 * pins_open() - make the directory, on a BPF file system, and lock it
 * @directory: where no BPF file system is, one is mounted: on /sys/fs/bpf for a directory under it,
 *             else on the directory itself.
 *
 * Return: a descriptor that holds the lock, or a negative errno after one logged message.
 */
int pins_open(const char *directory);

/**
 * pins_make_directory() - the same when somebody has removed it: nothing is mounted
 *
 * Return: 0, or a negative errno: -ENODEV where no BPF file system is mounted any more.
 */
int pins_make_directory(const char *directory);

/** pins_path() - the path of a pin; -ENAMETOOLONG when it does not fit. */
int pins_path(const char *directory, const char *name, char *path, size_t size);

/** pins_exist() - whether there is a pin of that name. */
bool pins_exist(const char *directory, const char *name);

/** pins_remove() - remove one pin; fine when there is none. */
void pins_remove(const char *directory, const char *name);

/** pins_sweep() - remove all pins whose names begin with @prefix. */
void pins_sweep(const char *directory, const char *prefix);

/** pins_remove_directory() - remove the directory, and the file system mounted on it. */
void pins_remove_directory(const char *directory);

#endif
