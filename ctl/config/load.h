/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A file, or a text in memory, becomes a configuration.
 */
#ifndef VIPD_CONFIG_LOAD_H
#define VIPD_CONFIG_LOAD_H

#include <stdio.h>

#include "ctl/base/report.h"
#include "ctl/config/config.h"

/**
 * config_load() - read, check and type a configuration file
 * @path: the file.
 * @hostname: which node we are if the file has no key `node`.
 * @report: gets one line for each thing wrong: "FILE:LINE: KEY: what was expected". May be NULL.
 * @config: the result, with one reference for config_unref(); unchanged on failure.
 *
 * Return: 0; -EINVAL when the report says why; another negative errno when the file could not be
 * read, also reported.
 */
int config_load(const char *path, const char *hostname, const struct report *report,
		const struct config **config);

/**
 * config_check() - the same, for somebody who only wants to know whether it is valid
 *
 * Secrets that this process may not read are noted in the report.
 */
int config_check(const char *path, const char *hostname, const struct report *report,
		 const struct config **config);

/**
 * config_parse() - the same for text that is in memory; the files with secrets are not read
 * @name: what the report calls it.
 * @text: @length bytes, without need of a NUL.
 * @report: gets the same lines as a reader of config_load(). May be NULL.
 *
 * Return: 0, -EINVAL or -ENOMEM.
 */
int config_parse(const char *name, const char *text, size_t length, const char *hostname,
		 FILE *report, const struct config **config);

#endif
