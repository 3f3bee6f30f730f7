/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The two files of the exposition: exposition.c writes the node, its instances and the guard, and
 * calls exposition_services.c, which writes the services and the frames that are steered.
 */
#ifndef VIPD_API_EXPOSITION_INTERNAL_H
#define VIPD_API_EXPOSITION_INTERNAL_H

#include <stdio.h>

#include "ctl/api/snapshot.h"

/** exposition_write_services() - the services, their backends, and who is drained. */
void exposition_write_services(FILE *text, const struct snapshot *snapshot);

/** exposition_write_steering() - what became of the frames of services. */
void exposition_write_steering(FILE *text, const struct traffic_entry *traffic);

#endif
