/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files that know the format share: format.c has the whole of it, format_services.c the
 * part below services, format_authentication.c what is about keys and passwords.
 */
#ifndef VIPD_CONFIG_FORMAT_INTERNAL_H
#define VIPD_CONFIG_FORMAT_INTERNAL_H

#include "ctl/config/format.h"
#include "ctl/config/schema.h"

/**
 * format_read_peer() - the peer that a place names
 *
 * Return: its index, or UNKNOWN_PEER; then there is a problem. If not all the peers' names could be
 * read, one of those may be meant, and the problem is there.
 */
size_t format_read_peer(const struct reader *reader, const struct place *place);

/* services: a member of struct config */
extern const struct list format_services;

/** format_complete_service() - what follows from other values, once all are read. */
void format_complete_service(struct config_service *service, size_t peer_count,
			     struct problems *problems);

/* vrrp.auth: a member of struct config_vrrp */
void format_read_authentication(const struct reader *reader, const struct place *place,
				const struct field *field, void *target);

/* authentication, of an instance: into its struct config_simple_text */
extern const struct field format_simple_text[];

void format_complete_authentication(struct config_vrrp *vrrp);

#endif
