/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A snapshot as Prometheus scrapes it: the text exposition format, version 0.0.4.
 */
#ifndef VIPD_API_EXPOSITION_H
#define VIPD_API_EXPOSITION_H

#include "ctl/api/snapshot.h"

#define EXPOSITION_CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"

/**
 * exposition_text() - all metrics
 * @length: of the result, without its NUL.
 *
 * Return: for free(); NULL: no memory.
 */
char *exposition_text(const struct snapshot *snapshot, size_t *length);

#endif
