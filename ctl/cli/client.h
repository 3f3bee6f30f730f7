/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vipctl's end of the control socket. Its functions complain on standard error, and say what to do.
 */
#ifndef VIPD_CLI_CLIENT_H
#define VIPD_CLI_CLIENT_H

#include <jansson.h>

#include "ctl/cli/cli.h"

struct client;

/** client_open() - connect to RUN_DIR/vipd.sock. Return: NULL after a complaint. */
struct client *client_open(const char *run_dir);

/** client_reachable() - whether somebody listens there; nothing is complained of. */
bool client_reachable(const char *run_dir);

/** client_close() - NULL is fine. */
void client_close(struct client *client);
void client_closep(struct client **client);

/**
 * client_request() - send a request
 * @request: an object with a "command"; the reference is taken over. It is NULL if one of its texts
 *           would not have been UTF-8.
 *
 * Return: 0, or a negative errno after a complaint.
 */
int client_request(struct client *client, json_t *request);

/**
 * client_receive() - the next line of the answer
 * @patience: seconds; 0: for ever.
 *
 * Return: the line without its end, valid until the next call; NULL after a complaint.
 */
const char *client_receive(struct client *client, unsigned int patience);

/**
 * client_ask() - connect, send a request, and receive its answer
 *
 * With --json the answer is printed as it came. An {"error"} is complained of.
 *
 * @request: as for client_request().
 * @patience: seconds, at least 1.
 * @answer: a new reference, also to an {"error"}; unchanged when there was no answer.
 *
 * Return: an exit status.
 */
int client_ask(const struct invocation *invocation, json_t *request, unsigned int patience,
	       json_t **answer);

/** client_command() - a request that is nothing but {"command": NAME}. */
json_t *client_command(const char *name);

/** client_error() - why an answer is none, or NULL. */
const char *client_error(const json_t *answer);

static inline void cleanup_json(json_t **value)
{
	json_decref(*value);
}

#endif
