// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/daemon/controller.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "ctl/api/exposition.h"
#include "ctl/base/cleanup.h"
#include "ctl/base/clock.h"
#include "ctl/base/log.h"
#include "ctl/daemon/controller_internal.h"
#include "ctl/http/metrics_section.h"

static int start_events(struct controller *controller)
{
	int error = events_new(controller->setup.event, &controller->events);

	if (error)
		return error;
	error = event_log_start(controller->events, controller->setup.event, &controller->log);
	return error ?: events_subscribe(controller->events, on_event, controller);
}

static int start_network(struct controller *controller)
{
	char journal[PATH_MAX];
	int error;

	if (mkdir(controller->setup.run_dir, 0755) && errno != EEXIST)
		return log_failure(-errno, "cannot make the run directory %s",
				   controller->setup.run_dir);
	snprintf(journal, sizeof(journal), "%s/net.journal", controller->setup.run_dir);
	error = monitor_start(controller->setup.event, MONITOR_LOOK_INTERVAL, &controller->monitor);
	if (error)
		return error;
	return net_open(controller->config, journal, controller->monitor, on_link_change,
			controller, &controller->net);
}

static int apply_to_host(struct controller *controller)
{
	struct net_plan *plan;
	int error = net_prepare(controller->net, controller->config, &plan);

	if (!error)
		net_commit(controller->net, plan);
	return error;
}

int prepare_tables(struct controller *controller, const struct config *config,
		   struct tables_plan *plan)
{
	int error;

	*plan = (struct tables_plan){};
	error = members_prepare(controller->members, config, &plan->members);
	if (!error)
		error = keys_prepare(config, &plan->keys);
	if (!error)
		error = programs_prepare(controller->programs, config, &plan->programs);
	if (error)
		abort_tables(controller, plan);
	return error;
}

void commit_tables(struct controller *controller, struct tables_plan *plan)
{
	keys_commit(controller->maps, plan->keys);
	members_commit(controller->members, plan->members);
	programs_commit(controller->programs, plan->programs);
}

void abort_tables(struct controller *controller, struct tables_plan *plan)
{
	programs_abort(controller->programs, plan->programs);
	keys_abort(plan->keys);
	members_abort(controller->members, plan->members);
}

static int start_tables(struct controller *controller)
{
	struct tables_plan plan;
	int error = maps_open(loader_maps(controller->loader), &controller->maps);

	if (error)
		return log_failure(error, "cannot map the dataplane's tables");
	maps_set_mac(controller->maps, net_link(controller->net)->mac);
	error = members_new(controller->maps, controller->config, &controller->members);
	if (!error)
		error = programs_new(&(struct programs_setup){controller->loader,
							      controller->monitor, on_programs,
							      controller},
				     &controller->programs);
	if (!error)
		error = wall_clock_start(controller->setup.event, controller->maps,
					 &controller->wall_clock);
	if (!error)
		error = prepare_tables(controller, controller->config, &plan);
	if (!error)
		commit_tables(controller, &plan);
	return error;
}

/* Addresses first, so that whatever is attracted can be served; then the program that attracts. */
static int start_dataplane(struct controller *controller)
{
	int error = start_tables(controller);

	if (error)
		return error;
	error = apply_to_host(controller);
	if (error)
		return error;
	return loader_attach(controller->loader, net_link(controller->net)->parent);
}

/* Where flows of services go. Until the first check has a result, they stay on this node. */
static int start_steering(struct controller *controller)
{
	struct steering_plan *plan;
	char path[PATH_MAX];
	int error;

	error = steering_open(controller->maps, controller->setup.event, &controller->steering);
	if (!error)
		error = steering_prepare(controller->steering, controller->config, &plan);
	if (error)
		return error;
	steering_commit(controller->steering, plan);
	snprintf(path, sizeof(path), "%s/drains.json", controller->setup.run_dir);
	return drains_open(path, controller->setup.event, on_drain, controller,
			   &controller->drains);
}

int prepare_watchers(struct controller *controller, const struct config *config,
		     struct watchers_plan *plan)
{
	int error = trackers_prepare(controller->trackers, config, &plan->trackers);

	if (error)
		return error;
	error = health_prepare(controller->health, config, &plan->health);
	if (error)
		trackers_abort(controller->trackers, plan->trackers);
	return error;
}

void commit_watchers(struct controller *controller, struct watchers_plan *plan)
{
	trackers_commit(controller->trackers, plan->trackers);
	health_commit(controller->health, plan->health);
}

void abort_watchers(struct controller *controller, struct watchers_plan *plan)
{
	health_abort(controller->health, plan->health);
	trackers_abort(controller->trackers, plan->trackers);
}

int prepare_kernel_watchers(struct controller *controller, const struct config *config,
			    struct kernel_watchers_plan *plan)
{
	int error = track_prepare(controller->track, config->drain_on_down,
				  config->drain_on_down_count, &plan->track);

	if (error)
		return error;
	error = neighbours_prepare(controller->neighbours, config, &plan->neighbours);
	if (error)
		track_abort(controller->track, plan->track);
	return error;
}

void commit_kernel_watchers(struct controller *controller, struct kernel_watchers_plan *plan)
{
	neighbours_commit(controller->neighbours, plan->neighbours);
	track_commit(controller->track, plan->track);
	hold_drain(controller);
}

void abort_kernel_watchers(struct controller *controller, struct kernel_watchers_plan *plan)
{
	neighbours_abort(controller->neighbours, plan->neighbours);
	track_abort(controller->track, plan->track);
}

static int start_kernel_watchers(struct controller *controller)
{
	struct kernel_watchers_plan plan;
	int error = track_open(NULL, 0, controller->monitor, on_tracked, controller,
			       &controller->track);

	if (!error)
		error = neighbours_new(net_link(controller->net), controller->monitor, on_neighbour,
				       controller, &controller->neighbours);
	if (!error)
		error = prepare_kernel_watchers(controller, controller->config, &plan);
	if (!error)
		commit_kernel_watchers(controller, &plan);
	return error;
}

/* No instance is judged without the trackers. */
static int start_watchers(struct controller *controller)
{
	sd_event *event = controller->setup.event;
	struct watchers_plan plan;
	int error = checks_new(event, controller->config->node, &controller->checks);

	if (!error)
		error = trackers_new(&(struct trackers_setup){event, controller->checks,
							      controller->monitor, on_tracker,
							      controller},
				     &controller->trackers);
	if (!error)
		error = health_new(&(struct health_setup){event, controller->checks,
							  on_health_change, controller},
				   &controller->health);
	if (!error)
		error = prepare_watchers(controller, controller->config, &plan);
	if (!error)
		commit_watchers(controller, &plan);
	return error;
}

static int start_engine(struct controller *controller)
{
	char sequence_path[PATH_MAX];
	struct engine_plan *plan;
	int error;

	snprintf(sequence_path, sizeof(sequence_path), "%s/sequence", controller->setup.run_dir);
	error = engine_start(
		&(struct engine_setup){
			.maps = controller->maps,
			.link = net_link(controller->net),
			.sequence_path = sequence_path,
			.event = controller->setup.event,
			.events = controller->events,
		},
		&controller->engine);
	if (error)
		return error;
	error = engine_prepare(controller->engine, controller->config, &plan);
	if (error)
		return error;
	engine_commit(controller->engine, plan);
	return 0;
}

static int start_control(struct controller *controller)
{
	int error = start_watchers(controller);

	error = error ?: start_engine(controller);
	error = error
			?: notices_start(maps_fds(controller->maps)->notices,
					 controller->setup.event, controller->events,
					 &controller->notices);
	error = error ?: start_kernel_watchers(controller);
	if (!error)
		apply_drains(controller);
	return error;
}

static int reload_for_client(FILE *report, void *context)
{
	return controller_reload(context, report);
}

void describe_node(struct controller *controller)
{
	controller->node = (struct node){
		.config = controller->config,
		.engine = controller->engine,
		.maps = controller->maps,
		.health = controller->health,
		.steering = controller->steering,
		.drains = controller->drains,
		.trackers = controller->trackers,
		.link = net_link(controller->net),
		.attachment = loader_attachment(controller->loader),
		.started_wall = controller->node.started_wall ?: clock_wall(),
	};
}

static int start_windows(struct controller *controller)
{
	static const struct http_route *const routes[] = {&metrics_route, NULL};
	const struct value_listen *listen = &metrics_settings(controller->config)->listen;
	struct server_plan *plan;
	char path[PATH_MAX];
	int error;

	describe_node(controller);
	snprintf(path, sizeof(path), "%s/vipd.sock", controller->setup.run_dir);
	error = server_start(
		&(struct server_setup){
			.event = controller->setup.event,
			.path = path,
			.node = &controller->node,
			.events = controller->events,
			.reload = reload_for_client,
			.context = controller,
		},
		&controller->server);
	if (!error)
		error = server_prepare(controller->server, controller->config, &plan);
	if (error)
		return error;
	server_commit(controller->server, plan);
	if (listen->port == 0)
		return 0;
	return http_start(
		&(struct http_setup){
			.event = controller->setup.event,
			.node = &controller->node,
			.routes = routes,
			.address = listen->address,
			.port = listen->port,
		},
		&controller->http);
}

static void controller_stopp(struct controller **controller)
{
	controller_stop(*controller);
}

int controller_start(const struct controller_setup *setup, const struct config *config,
		     struct controller **started)
{
	CLEANUP(controller_stopp) struct controller *controller = calloc(1, sizeof(*controller));
	int error;

	if (!controller)
		return log_failure(-ENOMEM, "cannot start");
	controller->setup = *setup;
	controller->config = config_ref(config);
	/* The loader's lock comes first: a second vipd must not get as far as the addresses. */
	error = loader_load(setup->pin_dir, &controller->loader);
	error = error ?: start_events(controller);
	error = error ?: start_network(controller);
	error = error ?: start_dataplane(controller);
	error = error ?: start_steering(controller);
	error = error ?: start_control(controller);
	error = error ?: start_windows(controller);
	if (error)
		return error;
	*started = TAKE_POINTER(controller);
	return 0;
}

void controller_stop(struct controller *controller)
{
	if (!controller)
		return;
	sd_event_source_disable_unref(controller->leave_timer);
	events_unsubscribe(controller->events, on_event, controller);
	http_stop(controller->http);
	server_stop(controller->server);
	health_free(controller->health);
	track_close(controller->track);
	trackers_free(controller->trackers);
	checks_free(controller->checks);
	drains_close(controller->drains);
	steering_stop(controller->steering);
	neighbours_free(controller->neighbours);
	notices_stop(controller->notices);
	engine_stop(controller->engine);
	wall_clock_stop(controller->wall_clock);
	programs_free(controller->programs);
	members_free(controller->members);
	if (controller->net)
		net_undo(controller->net);
	maps_close(controller->maps);
	if (controller->loader)
		loader_detach(controller->loader);
	loader_free(controller->loader);
	net_close(controller->net);
	monitor_stop(controller->monitor);
	events_flush(controller->events);
	event_log_stop(controller->log);
	events_free(controller->events);
	config_unref(controller->config);
	free(controller);
}
