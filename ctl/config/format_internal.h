/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files that know the format share: format.c has the outermost keys, and each other one
 * what is below some of them.
 */
#ifndef VIPD_CONFIG_FORMAT_INTERNAL_H
#define VIPD_CONFIG_FORMAT_INTERNAL_H

#include "ctl/config/format.h"
#include "ctl/config/schema.h"

/**
 * format_read_peer() - the peer that a place names
 *
 * Return: its index, or CONFIG_NONE; then there is a problem. If not all the peers' names could be
 * read, one of those may be meant, and the problem is there.
 */
size_t format_read_peer(const struct reader *reader, const struct place *place);

/* peers: a member of struct config */
extern const struct list format_peers;

/** format_read_gateway() - one address, or a list; @target: a struct config. */
void format_read_gateway(const struct reader *reader, const struct place *place,
			 const struct field *field, void *target);

/* vrrp: of struct config_vrrp */
extern const struct field format_vrrp[];

/* instances: a member of struct config */
extern const struct list format_instances;

/* services: of struct service_list */
extern const struct list format_services;

/** format_read_services() - services; @target: a struct config, whose peers are known. */
void format_read_services(const struct reader *reader, const struct place *place,
			  const struct field *field, void *target);

/* of struct config_check */
extern const struct field format_check_fields[];

/* trackers, sync_groups: members of struct config */
extern const struct list format_trackers;
extern const struct list format_sync_groups;

/* track: a member of struct config_instance, as of struct config_sync_group */
extern const struct list format_instance_tracks;

/** format_complete_tracker() - what follows from other values, once all are read. */
void format_complete_tracker(struct config_tracker *tracker);

/** format_complete_sync_groups() - tell the instances which group they are in. */
void format_complete_sync_groups(struct config *config);

/* vrrp.auth: of struct config_authentication, a member of struct config_vrrp */
extern const struct field format_authentication[];
void format_read_authentication(const struct reader *reader, const struct place *place,
				const struct field *field, void *target);

/* authentication, of an instance: into its struct config_simple_text */
extern const struct field format_simple_text[];

void format_complete_authentication(struct config_vrrp *vrrp);

#endif
