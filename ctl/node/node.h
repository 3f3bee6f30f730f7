/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The life of a node: it starts, goes over to another configuration, leaves and stops, each as one
 * walk over its parts (ctl/part/part.h). What a part does in that walk, this does not know.
 */
#ifndef VIPD_NODE_NODE_H
#define VIPD_NODE_NODE_H

#include "ctl/part/node.h"

struct node_setup {
	const char *config_path;         /* of the file that a reload reads */
	node_read_hostname hostname;     /* names this node where the file does not */
	const char *run_dir;             /* for the socket and the journal */
	const char *pin_dir;             /* for maps and links, on a BPF file system */
	sd_event *event;                 /* the main loop */
	const struct part *const *parts; /* in start order, NULL ends it */
};

/**
 * node_start() - start all parts
 * @setup: what it points to must outlive the node; the struct itself need not.
 * @config: the node takes a reference.
 * @node: the result, for node_stop().
 *
 * Return: 0, or a negative errno after one logged message; all that had started has stopped again.
 * What a run before has left in the kernel and on the host is still there then, and serves.
 */
int node_start(const struct node_setup *setup, const struct config *config, struct node **node);

/**
 * node_reload() - read the file again, and go over to what it says
 * @report: gets a line for each thing that is wrong, or worth knowing. May be NULL.
 *
 * Return: 0, or a negative errno after one logged message; nothing has changed then.
 */
int node_reload(struct node *node, const struct report *report);

/**
 * node_follow() - go over to another configuration
 * @next: the node takes a reference.
 *
 * Return: as node_reload().
 */
int node_follow(struct node *node, const struct config *next);

/**
 * node_leave() - say so, resign, and end the loop when nobody needs this node any more
 *
 * That is when the others have followed, or can be expected to, and no connection is left, or
 * stop_grace is over. Nothing happens the second time.
 */
void node_leave(struct node *node);

/**
 * node_restart() - end the loop for another run, which goes on with all that serves
 *
 * Owners ask the others for patience first, which takes some advertisement intervals. node->keep is
 * set then. Nothing happens to a node that leaves already.
 */
void node_restart(struct node *node);

/**
 * node_stop() - stop all parts, the last one first, and free
 *
 * With node->keep, the dataplane, the leases and the host's network stay as they are, for a run
 * that goes on with them. NULL is fine.
 */
void node_stop(struct node *node);
void node_stopp(struct node **node);

#endif
