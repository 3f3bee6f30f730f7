/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The keys of vipd.yaml as its schema has them, one after another: "services[].check.interval".
 */
#ifndef VIPD_TESTS_UNIT_OUTLINE_H
#define VIPD_TESTS_UNIT_OUTLINE_H

#include "ctl/config/schema.h"

struct outline_key {
	const char *path;
	const char *parent; /* path of the mapping that has it; "" for the outermost keys */
	const struct field *field;
	const void *defaults; /* the struct that the field's offset is in; NULL: all zero */
};

/** outline_walk() - tell each key of the format, outer ones first. */
void outline_walk(void (*tell)(const struct outline_key *key, void *context), void *context);

#endif
