/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who a user is, without waiting. The C library may ask a directory service over the network for
 * that, and takes as long as it likes, so a thread of its own asks. It shares nothing with us but a
 * pipe that the answer comes through: we may lose interest, and it may never come back.
 */
#ifndef VIPD_PROCESS_USER_H
#define VIPD_PROCESS_USER_H

#include <stdbool.h>
#include <sys/types.h>
#include <systemd/sd-event.h>

struct user {
	int error; /* a negative errno: it could not be found out */
	bool exists;
	uid_t uid;
	gid_t gid; /* the primary group */
};

struct user_search;

/* Called in the event loop, once for each search. It may end the search. */
typedef void (*user_answer)(const struct user *user, void *context);

/**
 * user_search_start() - begin to look a user up
 * @name: at most CONFIG_NAME_MAX bytes; copied.
 * @answer: with @context, never from within this call, and perhaps never.
 * @search: the result, for user_search_end().
 *
 * Return: 0, or a negative errno.
 */
int user_search_start(sd_event *event, const char *name, user_answer answer, void *context,
		      struct user_search **search);

/** user_search_end() - no answer comes after this. NULL is fine. */
void user_search_end(struct user_search *search);

#endif
