/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What one command shows of another's answer.
 */
#ifndef VIPD_CLI_SHOW_H
#define VIPD_CLI_SHOW_H

#include <jansson.h>
#include <stdbool.h>

/**
 * show_notable_drops() - those that a healthy cluster does not have
 * @drops: the answer to "drops".
 */
void show_notable_drops(const json_t *drops, bool colour);

#endif
