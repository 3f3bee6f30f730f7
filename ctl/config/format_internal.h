/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * This is shared by the files that know the format: format.c has the outermost keys, and each of
 * the others has what is below some of them.
 */
#ifndef VIPD_CONFIG_FORMAT_INTERNAL_H
#define VIPD_CONFIG_FORMAT_INTERNAL_H

#include "ctl/config/format.h"
#include "ctl/config/schema.h"

/**
 * format_read_peer() - the peer that a place names
 *
 * Return: its index, or CONFIG_NONE. A name that is unknown is a problem, unless the name of some
 * peer could not be read: then that one may be meant, and it is the problem.
 */
size_t format_read_peer(const struct reader *reader, const struct place *place);

/* The format of peers, a member of struct config. */
extern const struct list format_peers;

/** format_read_gateway() - one address, or a list; @target: a struct config. */
void format_read_gateway(const struct reader *reader, const struct place *place,
			 const struct field *field, void *target);

/* The keys of vrrp, in a struct config_vrrp. */
extern const struct field format_vrrp[];

/* The format of instances, a member of struct config. */
extern const struct list format_instances;

/* The format of services, in a struct service_list. */
extern const struct list format_services;

/** format_read_services() - services; @target: a struct config, whose peers are known. */
void format_read_services(const struct reader *reader, const struct place *place,
			  const struct field *field, void *target);

/* The keys of a check, in a struct config_check. */
extern const struct field format_check_fields[];

/* The formats of trackers and sync_groups, members of struct config. */
extern const struct list format_trackers;
extern const struct list format_sync_groups;

/* The format of track, a member of an instance and of a sync group. */
extern const struct list format_instance_tracks;

/** format_complete_tracker() - set what follows from other values, once all are read. */
void format_complete_tracker(struct config_tracker *tracker);

/** format_complete_sync_groups() - tell the instances which group they are in. */
void format_complete_sync_groups(struct config *config);

/* The keys of vrrp.auth, in a struct config_authentication. */
extern const struct field format_authentication[];
void format_read_authentication(const struct reader *reader, const struct place *place,
				const struct field *field, void *target);

/* The keys of an instance's authentication, in its struct config_simple_text. */
extern const struct field format_simple_text[];

void format_complete_authentication(struct config_vrrp *vrrp);

#endif
