// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/daemon/controller.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "ctl/api/events.h"
#include "ctl/api/metrics.h"
#include "ctl/api/node.h"
#include "ctl/api/server.h"
#include "ctl/base/cleanup.h"
#include "ctl/base/clock.h"
#include "ctl/base/log.h"
#include "ctl/daemon/dataplane.h"
#include "ctl/daemon/faults.h"
#include "ctl/daemon/notices.h"
#include "ctl/net/neighbours.h"

/* How often a leaving node looks whether another one has taken over. */
#define LEAVE_POLL (5 * NS_PER_MS)

struct controller {
	struct controller_setup setup;
	struct config *config;
	struct net *net;
	struct loader *loader;
	struct maps maps;
	struct engine *engine;
	struct health *health;
	enum health_state services[CONFIG_SERVICES_MAX]; /* by index; what faults are judged by */
	struct notices *notices;
	struct neighbours *neighbours;
	struct server *server;
	struct metrics *metrics;
	struct node node;
	sd_event_source *leave_timer;
	uint64_t leaving_since;
	bool was_active[MAX_INSTANCES]; /* by VRID, when we began to leave */
};

/* What happens while we run. */

static void judge_faults(struct controller *controller)
{
	const struct config *config = controller->config;

	if (!controller->engine || controller->leaving_since)
		return;
	for (size_t i = 0; i < config->instance_count; i++)
		engine_set_fault(controller->engine, config->instances[i].name,
				 fault_of(config, &config->instances[i], net_link(controller->net),
					  controller->services));
}

static void publish(struct controller *controller, json_t *event)
{
	if (controller->server)
		server_publish(controller->server, event);
	else
		json_decref(event);
}

static void on_instance_event(const struct instance_event *told, void *context)
{
	json_t *event = event_from_instance(told);
	const char *text = json_string_value(json_object_get(event, "text"));

	if (text)
		log_message(told->kind == INSTANCE_MISMATCH ? LOG_WARNING : LOG_NOTICE, "%s", text);
	publish(context, event);
}

static void on_notice(const struct notice_record *notice, void *context)
{
	struct controller *controller = context;

	if (notice->kind == NOTICE_CONFLICT)
		engine_announce(controller->engine, notice->vrid);
	publish(controller, event_from_notice(notice, clock_wall()));
}

static void on_health_change(size_t service, const struct health_status *status, void *context)
{
	struct controller *controller = context;

	controller->services[service] = status->state;
	publish(controller,
		event_from_health(&controller->config->services[service], status, clock_wall()));
	judge_faults(controller);
}

static void on_link_change(const struct net_link *link, void *context)
{
	struct controller *controller = context;

	if (!controller->engine)
		return;
	log_notice("%s: %s", link->device, link->running ? "link is up" : "link is down");
	publish(controller, event_from_link(link, clock_wall()));
	memcpy(controller->maps.settings->mac, link->mac, sizeof(link->mac));
	if (link->running && engine_set_link(controller->engine, link))
		return;
	if (controller->neighbours)
		neighbours_set_link(controller->neighbours, link);
	judge_faults(controller);
}

static void on_neighbour(const struct ip_address *address, const uint8_t *mac, void *context)
{
	struct controller *controller = context;

	if (mac)
		engine_set_neighbour(controller->engine, address, mac);
}

/* Up. */

static int start_network(struct controller *controller)
{
	char journal[PATH_MAX];
	int error;

	if (mkdir(controller->setup.run_dir, 0755) && errno != EEXIST)
		return log_failure(-errno, "cannot make the run directory %s",
				   controller->setup.run_dir);
	snprintf(journal, sizeof(journal), "%s/net.journal", controller->setup.run_dir);
	error = net_open(controller->config, journal, controller->setup.event, on_link_change,
			 controller, &controller->net);
	return error ?: net_prepare(controller->net);
}

/* Addresses first, so that whatever is attracted can be served; then the program that attracts. */
static int start_dataplane(struct controller *controller)
{
	const struct net_link *link = net_link(controller->net);
	const struct attachment *attachment;
	int error;

	error = maps_open(loader_maps(controller->loader), &controller->maps);
	if (error)
		return log_failure(error, "cannot map the dataplane's tables");
	error = dataplane_apply(&controller->maps, controller->config, link);
	error = error ?: net_apply(controller->net, controller->config);
	error = error ?: loader_attach(controller->loader, link->parent, link->parent_index);
	if (error)
		return error;
	attachment = loader_attachment(controller->loader);
	log_info("XDP program %u %s %s in %s mode%s", attachment->program_id,
		 attachment->adopted ? "took over on" : "attached to", attachment->interface,
		 attachment->native ? "native" : "generic",
		 attachment->dispatcher ? ", behind the dispatcher" : "");
	return 0;
}

static int start_control(struct controller *controller)
{
	const struct config *config = controller->config;
	int error;

	error = engine_start(
		&(struct engine_setup){
			.config = config,
			.maps = &controller->maps,
			.link = net_link(controller->net),
			.event = controller->setup.event,
			.event_told = on_instance_event,
			.context = controller,
		},
		&controller->engine);
	if (error)
		return error;
	error = notices_start(controller->maps.fds.notices, controller->setup.event, on_notice,
			      controller, &controller->notices);
	if (error)
		return error;
	error = neighbours_start(config, net_link(controller->net), controller->setup.event,
				 on_neighbour, controller, &controller->neighbours);
	if (error)
		return error;
	error = health_start(config, controller->setup.event, on_health_change, controller,
			     &controller->health);
	judge_faults(controller);
	return error;
}

static int reload_for_client(FILE *report, void *context)
{
	return controller_reload(context, report);
}

static void describe_node(struct controller *controller)
{
	controller->node = (struct node){
		.config = controller->config,
		.engine = controller->engine,
		.maps = &controller->maps,
		.health = controller->health,
		.link = net_link(controller->net),
		.attachment = loader_attachment(controller->loader),
		.started_wall = controller->node.started_wall ?: clock_wall(),
	};
}

static int start_windows(struct controller *controller)
{
	const struct config *config = controller->config;
	char path[PATH_MAX];
	int error;

	describe_node(controller);
	snprintf(path, sizeof(path), "%s/vipd.sock", controller->setup.run_dir);
	error = server_start(
		&(struct server_setup){
			.event = controller->setup.event,
			.path = path,
			.node = &controller->node,
			.reload = reload_for_client,
			.context = controller,
		},
		&controller->server);
	if (error || config->metrics_port == 0)
		return error;
	return metrics_start(controller->setup.event, &controller->node, &config->metrics_address,
			     config->metrics_port, &controller->metrics);
}

static void controller_stopp(struct controller **controller)
{
	controller_stop(*controller);
}

int controller_start(const struct controller_setup *setup, struct config *config,
		     struct controller **started)
{
	CLEANUP(controller_stopp) struct controller *controller = calloc(1, sizeof(*controller));
	int error;

	if (!controller) {
		config_free(config);
		return log_failure(-ENOMEM, "cannot start");
	}
	controller->setup = *setup;
	controller->config = config;
	/* The loader's lock comes first: a second vipd must not get as far as the addresses. */
	error = loader_load(setup->pin_dir, &controller->loader);
	error = error ?: start_network(controller);
	error = error ?: start_dataplane(controller);
	error = error ?: start_control(controller);
	error = error ?: start_windows(controller);
	if (error)
		return error;
	*started = TAKE_POINTER(controller);
	return 0;
}

/* Over to another configuration. */

static int refuse_change(const struct config *before, const struct config *after, FILE *report)
{
	const char *what = NULL;

	if (strcmp(before->interface, after->interface) != 0)
		what = "interface";
	else if (before->vlan != after->vlan)
		what = "vlan";
	else if (strcmp(before->node, after->node) != 0)
		what = "node";
	else if (before->metrics_port != after->metrics_port ||
		 memcmp(&before->metrics_address, &after->metrics_address,
			sizeof(before->metrics_address)) != 0)
		what = "metrics";
	if (!what)
		return 0;
	fprintf(report, "%s: cannot change while vipd runs; restart it for that\n", what);
	return -EINVAL;
}

/* A check that was up stays up until its first result says otherwise. */
static void carry_over_services(struct controller *controller, const struct config *after)
{
	enum health_state carried[CONFIG_SERVICES_MAX] = {HEALTH_UNKNOWN};
	const struct config *before = controller->config;

	for (size_t i = 0; i < after->service_count; i++)
		for (size_t j = 0; j < before->service_count; j++)
			if (strcmp(after->services[i].name, before->services[j].name) == 0)
				carried[i] = controller->services[j];
	memcpy(controller->services, carried, sizeof(carried));
}

static int apply_config(struct controller *controller, const struct config *config)
{
	int error = net_apply(controller->net, config);

	error = error ?: dataplane_apply(&controller->maps, config, net_link(controller->net));
	return error ?: engine_reload(controller->engine, config);
}

static int restart_health(struct controller *controller)
{
	health_stop(controller->health);
	controller->health = NULL;
	return health_start(controller->config, controller->setup.event, on_health_change,
			    controller, &controller->health);
}

int controller_reload(struct controller *controller, FILE *report)
{
	CLEANUP(config_freep) struct config *config = NULL;
	struct config *before = controller->config;
	int error;

	error = config_load(controller->setup.config_path, controller->setup.hostname, report,
			    &config);
	error = error ?: refuse_change(before, config, report);
	if (error)
		return log_failure(error,
				   "reload refused; the configuration before stays in force");
	error = apply_config(controller, config);
	if (error) {
		fprintf(report, "the new configuration could not be applied: %s (see the log)\n",
			strerror(-error));
		apply_config(controller, before);
		judge_faults(controller);
		return log_failure(error, "reload failed; went back to the configuration before");
	}
	carry_over_services(controller, config);
	controller->config = TAKE_POINTER(config);
	neighbours_reload(controller->neighbours, controller->config);
	error = restart_health(controller);
	config_free(before);
	describe_node(controller);
	judge_faults(controller);
	log_notice("configuration reloaded");
	publish(controller, event_from_reload(0, clock_wall()));
	return error;
}

/* Down. */

static bool somebody_took_over(const struct controller *controller)
{
	struct engine_status status[MAX_INSTANCES];
	size_t count = engine_status(controller->engine, status, MAX_INSTANCES);

	for (size_t i = 0; i < count; i++)
		if (controller->was_active[status[i].vrid] &&
		    (status[i].active_seen_at < controller->leaving_since ||
		     status[i].active_priority == 0))
			return false;
	return true;
}

static int on_leave_timer(sd_event_source *source, uint64_t usec, void *context)
{
	struct controller *controller = context;
	uint64_t patience = 2 * controller->config->vrrp.advert_interval + 100 * NS_PER_MS;

	(void)usec;
	if (somebody_took_over(controller) || clock_now() > controller->leaving_since + patience)
		return sd_event_exit(controller->setup.event, 0);
	sd_event_source_set_time_relative(source, LEAVE_POLL / NS_PER_US);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

void controller_leave(struct controller *controller)
{
	struct engine_status status[MAX_INSTANCES];
	size_t count;

	if (controller->leaving_since)
		return;
	controller->leaving_since = clock_now();
	count = engine_status(controller->engine, status, MAX_INSTANCES);
	for (size_t i = 0; i < count; i++)
		controller->was_active[status[i].vrid] = status[i].state == VRRP_ACTIVE;
	engine_resign(controller->engine);
	/* Frames still come until the new owner has announced itself; they are served meanwhile. */
	if (sd_event_add_time_relative(controller->setup.event, &controller->leave_timer,
				       CLOCK_MONOTONIC, 0, 1, on_leave_timer, controller) < 0)
		sd_event_exit(controller->setup.event, 0);
}

void controller_stop(struct controller *controller)
{
	if (!controller)
		return;
	sd_event_source_disable_unref(controller->leave_timer);
	metrics_stop(controller->metrics);
	server_stop(controller->server);
	health_stop(controller->health);
	neighbours_stop(controller->neighbours);
	notices_stop(controller->notices);
	engine_stop(controller->engine);
	if (controller->net)
		net_undo(controller->net);
	maps_close(&controller->maps);
	if (controller->loader)
		loader_detach(controller->loader);
	loader_free(controller->loader);
	net_close(controller->net);
	config_free(controller->config);
	free(controller);
}
