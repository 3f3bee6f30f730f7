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
void validate_services(const struct validation *validation);
void validate_check(const struct validation *validation, size_t service);
void validate_trackers(const struct validation *validation);
void validate_sync_groups(const struct validation *validation);

/** validate_weights() - of an instance, and its sync group: can each change the election? */
void validate_weights(const struct validation *validation, size_t instance);

/** validate_check_keys() - those of a check that is of one kind, in the mapping at a path. */
void validate_check_keys(const struct validation *validation, struct key_path path,
			 const struct config_check *check);

/** validate_check_timing() - the part of it that every kind has. */
void validate_check_timing(const struct validation *validation, struct key_path path,
			   const struct config_check *check);

/**
 * validate_kind() - that at most one of the keys which say what it is was given
 * @what: for people: a check, a tracker.
 *
 * Return: how many were.
 */
size_t validate_kind(const struct validation *validation, struct key_path path, const char *what,
		     const char *const *kinds, size_t count);

/** validation_is_given() - whether the mapping at a path has a key. */
bool validation_is_given(const struct validation *validation, struct key_path path,
			 const char *key);

/** validation_refuse() - note a problem with what is at a path. */
void validation_refuse(const struct validation *validation, struct key_path path,
		       const char *format, ...) __attribute__((format(printf, 3, 4)));

/** validation_refuse_reuse() - what must be unique is at @path, but was at @first before. */
void validation_refuse_reuse(const struct validation *validation, struct key_path path,
			     const char *value, struct key_path first);

#endif
