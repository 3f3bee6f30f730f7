/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a client of the control socket may do, by the credentials that the kernel vouches for.
 *
 * Without a group in the configuration the mode of the socket's file decides alone: it is 0660, and
 * the file is root's. With one group the file belongs to that group. With two groups everybody can
 * connect, because a file has only one group, and clients that are in neither group are turned away
 * here. Root and vipd's own user may always do everything.
 */
#ifndef VIPD_API_ACCESS_H
#define VIPD_API_ACCESS_H

#include <stdbool.h>
#include <sys/types.h>

#include "ctl/api/control_section.h"
#include "ctl/part/command.h"

#define ACCESS_NO_GROUP ((gid_t)-1)

/* The groups of the configuration. */
struct access_rules {
	gid_t changes; /* may do everything; ACCESS_NO_GROUP: none was given */
	gid_t looks;   /* may look */
};

/* Without groups the mode of the socket's file decides alone. */
#define ACCESS_ROOT_ONLY ((struct access_rules){ACCESS_NO_GROUP, ACCESS_NO_GROUP})

/* A client. */
struct access {
	uid_t uid;
	bool allowed;
	enum command_level level;
};

/**
 * access_rules_resolve() - find the groups that the configuration names
 *
 * This asks the system's group database, which may take its time.
 *
 * Return: 0, or a negative errno after one logged message; -ENOENT: there is no such group.
 */
int access_rules_resolve(const struct control_settings *settings, struct access_rules *rules);

/**
 * access_apply() - give the socket's file to whoever may connect
 *
 * Return: 0, or a negative errno after one logged message.
 */
int access_apply(const struct access_rules *rules, const char *path);

/** access_of() - what a connected client may do. */
struct access access_of(const struct access_rules *rules, int fd);

#endif
