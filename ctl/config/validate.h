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

/** validate() - check the values of a configuration against each other. */
void validate(const struct validation *validation);

/* Its parts. */
void validate_instances(const struct validation *validation);
void validate_services(const struct validation *validation);

/* A problem with what is at a path; printf behind it. */
#define refuse(validation, path, ...)                                                              \
	problems_add((validation)->problems, document_line((validation)->document, (path)),        \
		     (path), __VA_ARGS__)

/** refuse_reuse() - a value that must be unique is at @path, but was @first elsewhere. */
void refuse_reuse(const struct validation *validation, struct key_path path, const char *value,
		  struct key_path first);

#endif
