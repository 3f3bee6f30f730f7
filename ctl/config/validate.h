/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checks whether a configuration makes sense as a whole, which no single value can tell. A value
 * that is zero could not be read, and has its problem already.
 */
#ifndef VIPD_CONFIG_VALIDATE_H
#define VIPD_CONFIG_VALIDATE_H

#include "ctl/config/validation.h"

/** config_validate() - check the values of a configuration against each other. */
void config_validate(const struct validation *validation);

/* config_validate() calls each of these. */
void validate_instances(const struct validation *validation);
void validate_quorum(const struct validation *validation);
void validate_standing(const struct validation *validation);
void validate_authentication(const struct validation *validation);
void validate_simple_text(const struct validation *validation, size_t instance);
void validate_services(const struct validation *validation);
void validate_check(const struct validation *validation, size_t service);
void validate_trackers(const struct validation *validation);
void validate_sync_groups(const struct validation *validation);
void validate_limits(const struct validation *validation);
void validate_service_limits(const struct validation *validation);

/** validate_host() - note which users and addresses this host lacks. */
void validate_host(const struct validation *validation);

/** validate_weights() - check that each weight of an instance can change its election. */
void validate_weights(const struct validation *validation, size_t instance);

/**
 * validate_names() - no two things of a list have the same name
 * @list: its key.
 * @items: @count structs of @size bytes, which begin with their name.
 */
void validate_names(const struct validation *validation, const char *list, const void *items,
		    size_t count, size_t size);

/** validate_check_keys() - check that the keys of a check, at a path, belong to its kind. */
void validate_check_keys(const struct validation *validation, struct key_path path,
			 const struct config_check *check);

/** validate_check_timing() - check the intervals and counts, which every kind has. */
void validate_check_timing(const struct validation *validation, struct key_path path,
			   const struct config_check *check);

/**
 * validate_kind() - check that at most one of the keys is given that say what it is
 * @what: for people: a check, a tracker.
 *
 * Return: how many are given.
 */
size_t validate_kind(const struct validation *validation, struct key_path path, const char *what,
		     const char *const *kinds, size_t count);

#endif
