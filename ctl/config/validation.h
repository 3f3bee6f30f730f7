/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A configuration under validation: its values, the document that they came from, and the problems
 * found. A value that is zero could not be read; nobody complains about it a second time.
 */
#ifndef VIPD_CONFIG_VALIDATION_H
#define VIPD_CONFIG_VALIDATION_H

#include <yaml.h>

#include "ctl/config/config.h"
#include "ctl/config/document.h"
#include "ctl/config/problems.h"

struct validation {
	const struct config *config; /* from format_read() */
	yaml_document_t *document;   /* what it was read from, for the lines; NULL: no file */
	struct problems *problems;
};

/** validation_is_given() - whether the mapping at a path has a key. */
bool validation_is_given(const struct validation *validation, struct key_path path,
			 const char *key);

/** validation_refuse() - note a problem with what is at a path. */
void validation_refuse(const struct validation *validation, struct key_path path,
		       const char *format, ...) __attribute__((format(printf, 3, 4)));

/** validation_note() - the same for what is worth knowing, but not wrong: "note: ...". */
void validation_note(const struct validation *validation, struct key_path path, const char *format,
		     ...) __attribute__((format(printf, 3, 4)));

/** validation_refuse_reuse() - what must be unique is at @path, but was at @first before. */
void validation_refuse_reuse(const struct validation *validation, struct key_path path,
			     const char *value, struct key_path first);

#endif
