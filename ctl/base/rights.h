/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rights of this process.
 */
#ifndef VIPD_BASE_RIGHTS_H
#define VIPD_BASE_RIGHTS_H

#include <stdint.h>

/**
 * rights_missing() - a capability without which vipd cannot run
 * @effective: a set of capabilities(7), one bit for each.
 *
 * Return: its name; NULL: none is missing.
 */
const char *rights_missing(uint64_t effective);

/** rights_effective() - the set that this process has. Every bit is set if that cannot be told. */
uint64_t rights_effective(void);

#endif
