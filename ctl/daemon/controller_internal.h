/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The controller from inside: what its files share. controller.c brings the parts up and takes them
 * down, reactions.c decides what follows when one of them reports something, reload.c goes over to
 * another configuration, leave.c hands over before the end.
 */
#ifndef VIPD_DAEMON_CONTROLLER_INTERNAL_H
#define VIPD_DAEMON_CONTROLLER_INTERNAL_H

#include "ctl/api/node.h"
#include "ctl/api/server.h"
#include "ctl/daemon/controller.h"
#include "ctl/daemon/faults.h"
#include "ctl/events/log.h"
#include "ctl/events/notices.h"
#include "ctl/http/http.h"
#include "ctl/net/monitor.h"
#include "ctl/net/neighbours.h"
#include "ctl/net/track.h"
#include "ctl/tables/keys.h"
#include "ctl/tables/members.h"
#include "ctl/tables/programs.h"
#include "ctl/tables/wall_clock.h"
#include "ctl/trackers/trackers.h"

struct controller {
	struct controller_setup setup;
	struct events *events;
	struct event_log *log;
	const struct config *config;
	struct monitor *monitor;
	struct net *net;
	struct loader *loader;
	struct maps *maps;
	struct members *members;
	struct wall_clock *wall_clock;
	struct engine *engine;
	struct steering *steering;
	struct checks *checks;
	struct health *health;
	struct notices *notices;
	struct neighbours *neighbours;
	struct drains *drains;
	struct track *track;
	struct programs *programs;
	struct trackers *trackers;
	struct server *server;
	struct http *http;
	struct node node;
	sd_event_source *leave_timer;
	uint64_t leaving_since;
	bool was_active[MAX_INSTANCES]; /* by VRID, when we began to leave */
};

/** describe_node() - make what the windows to the outside look at current. */
void describe_node(struct controller *controller);

/* What the dataplane knows of another configuration. */
struct tables_plan {
	struct members_plan *members;
	struct keys_plan *keys;
	struct programs_plan *programs;
};

/** prepare_tables() - Return: 0, or a negative errno after one logged message. */
int prepare_tables(struct controller *controller, const struct config *config,
		   struct tables_plan *plan);
void commit_tables(struct controller *controller, struct tables_plan *plan);
void abort_tables(struct controller *controller, struct tables_plan *plan);

/* What asks, and what watches, of another configuration. */
struct watchers_plan {
	struct trackers_plan *trackers;
	struct health_plan *health;
};

/** prepare_watchers() - Return: 0, or a negative errno after one logged message. */
int prepare_watchers(struct controller *controller, const struct config *config,
		     struct watchers_plan *plan);
void commit_watchers(struct controller *controller, struct watchers_plan *plan);
void abort_watchers(struct controller *controller, struct watchers_plan *plan);

/* What watches the kernel. */
struct kernel_watchers_plan {
	struct track_plan *track;
	struct neighbours_plan *neighbours;
};

/** prepare_kernel_watchers() - Return: 0, or a negative errno after one logged message. */
int prepare_kernel_watchers(struct controller *controller, const struct config *config,
			    struct kernel_watchers_plan *plan);
void commit_kernel_watchers(struct controller *controller, struct kernel_watchers_plan *plan);
void abort_kernel_watchers(struct controller *controller, struct kernel_watchers_plan *plan);

/* reactions.c: callbacks of the parts, with the controller as their context. */

void on_event(const struct event *event, void *context);
void on_health_change(const char *service, const char *node, const struct health_status *status,
		      void *context);
void on_link_change(const struct net_link *link, void *context);
void on_programs(bool attached, void *context);
void on_neighbour(const struct ip_address *address, const uint8_t *mac, void *context);
void on_drain(const char *node, const struct drain *drain, void *context);
void on_tracked(const char *name, bool up, void *context);
void on_tracker(const char *name, const struct tracker_status *status, void *context);

/** hold_drain() - this node is drained as long as a tracked interface is down. */
void hold_drain(struct controller *controller);

/** judge() - which instances may take part, and how gladly, by all that is known. */
void judge(struct controller *controller);

/** apply_checks() - tell steering what the checks know already, also of services that are new. */
void apply_checks(struct controller *controller);

/** apply_drains() - tell steering and VRRP who is drained now. */
void apply_drains(struct controller *controller);

#endif
