/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The small program that drops VRRP, on interfaces that carry no virtual IP: one pinned link each.
 */
#ifndef VIPD_LOADER_GUARDS_H
#define VIPD_LOADER_GUARDS_H

#include "loader/attach.h"

/**
 * guards_add() - guard an interface, or go on guarding it with this program
 * @program: descriptor of the loaded program.
 * @attachment: names the interface; the rest is filled in.
 *
 * Return: 0, or a negative errno after one logged message.
 */
int guards_add(const char *pin_dir, int program, struct attachment *attachment);

/** guards_keep() - guard no others than these @count interfaces. */
void guards_keep(const char *pin_dir, const char (*names)[IF_NAMESIZE], size_t count);

#endif
