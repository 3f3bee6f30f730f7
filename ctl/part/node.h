/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The running node as its parts see it: where it runs, the configuration in force, and a place for
 * the state of each part. A part finds another one by that part's own function, for example
 * vrrp_engine(node), and never by its place in the table.
 */
#ifndef VIPD_PART_NODE_H
#define VIPD_PART_NODE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "ctl/base/report.h"
#include "ctl/config/config.h"
#include "ctl/part/part.h"

/* More than the table has; node_start() refuses a longer one. */
#define PARTS_MAX 32

struct events;

/* Tells the name that this host has now, which may be another one than at the start. */
typedef void (*node_read_hostname)(char name[static CONFIG_NAME_MAX]);

struct node {
	sd_event *event;             /* the main loop; outlives the node */
	const char *config_path;     /* of the file that a reload reads */
	node_read_hostname hostname; /* names this node where the file does not */
	const char *run_dir;
	const char *pin_dir;
	const struct config *config; /* in force; a reference */
	struct events *events;
	/* node_reload(), for parts below it */
	int (*reload)(struct node *node, const struct report *report);
	uint64_t started_at;    /* CLOCK_MONOTONIC ns */
	uint64_t leaving_since; /* CLOCK_MONOTONIC ns; 0: it does not leave */
	bool keep; /* a stop takes nothing away: the next run goes on with it. Set until
		      it has begun, and once it ends for a restart */
	const struct report *report; /* for who ordered the reload under way; NULL: there is none */
	sd_event_source *weighing;   /* runs the parts' weigh() in the next turn of the loop */
	const struct part *const *parts; /* in start order */
	size_t part_count;
	size_t started;          /* how many of them have started */
	void *states[PARTS_MAX]; /* by place in @parts */
};

/** node_state() - a part's own; NULL: it has none, or is not in the table. */
void *node_state(const struct node *node, const struct part *part);

/** node_set_state() - keep a part's own; @part is in the table. */
void node_set_state(struct node *node, const struct part *part, void *state);

/**
 * node_path() - the path of a file in the run directory
 *
 * Return: @path.
 */
const char *node_path(const struct node *node, const char *name, char path[static PATH_MAX]);

/**
 * node_refuse() - say why a change is refused, to whoever ordered it, or else to the log
 *
 * Return: -EINVAL.
 */
int node_refuse(struct node *node, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** node_weigh_soon() - let the parts weigh what has changed, in the next turn of the loop. */
void node_weigh_soon(struct node *node);

/*
 * Defines prepare(), commit() and abort_plan() of a part whose module has functions of these names
 * for its own state and plan: steering_prepare(steering, next, &plan) and so on.
 */
#define PART_FOLLOWS(module, state_of)                                                             \
	static int prepare(struct node *node, const struct config *next, void **plan)              \
	{                                                                                          \
		struct module##_plan *own;                                                         \
		int error = module##_prepare(state_of(node), next, &own);                          \
                                                                                                   \
		if (!error)                                                                        \
			*plan = own;                                                               \
		return error;                                                                      \
	}                                                                                          \
                                                                                                   \
	static void commit(struct node *node, void *plan)                                          \
	{                                                                                          \
		module##_commit(state_of(node), plan);                                             \
	}                                                                                          \
                                                                                                   \
	static void abort_plan(struct node *node, void *plan)                                      \
	{                                                                                          \
		module##_abort(state_of(node), plan);                                              \
	}

/* Let all parts that have started add to what is shown of the node: ctl/part/part.h. */
void node_add_status(const struct node *node, struct json_t **status);
void node_write_metrics(const struct node *node, FILE *text);
void node_raise_alarms(const struct node *node, struct alarms *alarms);

/** node_link_changed() - tell all parts that have started. Return: 0, or the first's error. */
int node_link_changed(struct node *node, const struct net_link *link);

#endif
