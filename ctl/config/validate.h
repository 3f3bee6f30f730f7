/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whether a configuration makes sense as a whole: what no single value can tell. A value that is
 * zero could not be read; it is not complained about a second time.
 */
#ifndef VIPD_CONFIG_VALIDATE_H
#define VIPD_CONFIG_VALIDATE_H

#include <yaml.h>

#include "ctl/config/config.h"
#include "ctl/config/document.h"
#include "ctl/config/problems.h"

struct validation {
	const struct config *config; /* from format_read() */
	yaml_document_t *document;   /* what it was read from, for the lines */
	struct problems *problems;
};

/** config_validate() - check the values of a configuration against each other. */
void config_validate(const struct validation *validation);

/* Its parts. */
void validate_instances(const struct validation *validation);
void validate_authentication(const struct validation *validation);
void validate_simple_text(const struct validation *validation, size_t instance);
void validate_services(const struct validation *validation);
void validate_check(const struct validation *validation, size_t service);

/** validation_refuse() - note a problem with what is at a path. */
void validation_refuse(const struct validation *validation, struct key_path path,
		       const char *format, ...) __attribute__((format(printf, 3, 4)));

/** validation_refuse_reuse() - what must be unique is at @path, but was at @first before. */
void validation_refuse_reuse(const struct validation *validation, struct key_path path,
			     const char *value, struct key_path first);

#endif
