/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The format of vipd.yaml: its keys, their types, ranges and defaults. Whether the values make
 * sense together is the subject of validate.h.
 */
#ifndef VIPD_CONFIG_FORMAT_H
#define VIPD_CONFIG_FORMAT_H

#include <yaml.h>

#include "ctl/config/config.h"
#include "ctl/config/problems.h"
#include "ctl/config/schema.h"

/* Room for the outermost keys and the entry that ends the table. */
#define FORMAT_FIELDS_MAX 64

/* The values of a configuration before anything is read. */
extern const struct config format_defaults;

/** format_fields() - the table of the outermost keys, those of the sections included. */
void format_fields(struct field fields[static FORMAT_FIELDS_MAX]);

/**
 * format_read() - fill a configuration from a document
 * @hostname: the node's name unless the document has it; may be NULL.
 * @config: zeroed. A value that could not be read is in @problems, and stays zero or the default;
 *          lists keep all their elements, so that indices are the same as in the document.
 */
void format_read(yaml_document_t *document, const char *hostname, struct problems *problems,
		 struct config *config);

#endif
