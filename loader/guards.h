/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The list of interfaces other than the NIC that carry the program which drops all VRRP.
 */
#ifndef VIPD_LOADER_GUARDS_H
#define VIPD_LOADER_GUARDS_H

#include "loader/hooked.h"

#define GUARD_PIN "guard_" /* and the ifindex */

/** guards_find() - by name of the interface; NULL: it is not guarded. */
struct hooked *guards_find(struct hooked *guards, const char *interface);

/**
 * guards_add() - guard one more
 * @hooked: initialised; copied.
 *
 * Return: 0, or a negative errno; one logged message in either case.
 */
int guards_add(struct hooked **guards, const struct hooked *hooked);

/** guards_remove() - guard one less; fine when it is not guarded. */
void guards_remove(struct hooked **guards, const char *interface);

/** guards_keep() - remove all but these @count. */
void guards_keep(struct hooked **guards, const char (*names)[IF_NAMESIZE], size_t count);

/** guards_sweep() - detach and unpin what a run before guarded and this one does not. */
void guards_sweep(const struct hooked *guards, const char *pin_dir);

/** guards_check() - hooked_check() each. Return: 0, or the first error. */
int guards_check(struct hooked *guards);

/** guards_close() - forget the list; what is pinned stays attached. */
void guards_close(struct hooked **guards);

#endif
