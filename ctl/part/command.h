/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A command of the control socket, as a value: what a request may say, who may give it, and what
 * answers it. A part lists its commands in its struct part; ctl/api finds them there.
 */
#ifndef VIPD_PART_COMMAND_H
#define VIPD_PART_COMMAND_H

#include <jansson.h>

struct node;
struct server;
struct session;

enum command_level {
	COMMAND_LOOKS,   /* for everybody who may use the socket */
	COMMAND_CHANGES, /* not for clients that may only look */
};

enum command_value {
	COMMAND_TEXT,
	COMMAND_NUMBER, /* an integer */
	COMMAND_TRUTH,  /* true or false */
};

enum command_need {
	COMMAND_OPTIONAL,
	COMMAND_REQUIRED,
};

/* A member of the request besides "command". One that is null counts as missing. */
struct command_member {
	const char *name;
	enum command_need need;
	enum command_value type;
	const char *expected; /* to follow "must be": "the name of one" */
};

/* Who asks, and of whom. */
struct command_call {
	const struct node *node;
	struct server *server; /* ctl/api/server.h */
	struct session
		*session; /* ctl/api/session.h: of the client, for an answer that comes later */
};

struct command {
	const char *name;
	enum command_level level;
	const struct command_member *members; /* one without a name ends them; NULL: none */

	/**
	 * run() - do it
	 * @request: has the members above in their types, and no others.
	 *
	 * Return: the answer, a new reference: an object, {"error": TEXT} when it cannot be done.
	 * NULL: the answer comes later, or was sent.
	 */
	json_t *(*run)(const struct command_call *call, const json_t *request);
};

#endif
