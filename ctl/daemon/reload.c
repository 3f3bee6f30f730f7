// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "ctl/base/address.h"
#include "ctl/base/cleanup.h"
#include "ctl/base/clock.h"
#include "ctl/base/log.h"
#include "ctl/config/load.h"
#include "ctl/daemon/controller_internal.h"
#include "ctl/http/metrics_section.h"

static int refuse_change(const struct config *before, const struct config *after, FILE *report)
{
	const struct value_listen *listen_before = &metrics_settings(before)->listen;
	const struct value_listen *listen_after = &metrics_settings(after)->listen;
	const char *what = NULL;

	if (strcmp(before->interface, after->interface) != 0)
		what = "interface";
	else if (before->vlan != after->vlan)
		what = "vlan";
	else if (strcmp(before->node, after->node) != 0)
		what = "node";
	else if (listen_before->port != listen_after->port ||
		 !address_equal(&listen_before->address, &listen_after->address))
		what = "metrics";
	if (!what)
		return 0;
	fprintf(report, "%s: cannot change while vipd runs; restart it for that\n", what);
	return -EINVAL;
}

/* All that can be taken back. */
struct plans {
	struct engine_plan *engine;
	struct net_plan *host;
	struct tables_plan tables;
};

static int prepare(struct controller *controller, const struct config *config, struct plans *plans)
{
	int error = engine_prepare(controller->engine, config, &plans->engine);

	if (error)
		return error;
	error = net_prepare(controller->net, config, &plans->host);
	if (error) {
		engine_abort(controller->engine, plans->engine);
		return error;
	}
	error = prepare_tables(controller, config, &plans->tables);
	if (error) {
		net_abort(controller->net, plans->host);
		engine_abort(controller->engine, plans->engine);
	}
	return error;
}

static int apply_config(struct controller *controller, const struct config *config)
{
	struct steering_plan *steering;
	struct plans plans;
	int error = prepare(controller, config, &plans);

	if (error)
		return error;
	commit_tables(controller, &plans.tables);
	error = steering_prepare(controller->steering, config, &steering);
	if (error) {
		net_abort(controller->net, plans.host);
		engine_abort(controller->engine, plans.engine);
		return error;
	}
	steering_commit(controller->steering, steering);
	/* VIPs are resigned before their addresses go. */
	engine_commit(controller->engine, plans.engine);
	net_commit(controller->net, plans.host);
	return 0;
}

static int go_over(struct controller *controller, const struct config *config, FILE *report)
{
	const struct config *before = controller->config;
	struct kernel_watchers_plan kernel;
	struct watchers_plan watchers;
	int error = prepare_watchers(controller, config, &watchers);

	if (!error) {
		error = prepare_kernel_watchers(controller, config, &kernel);
		if (error)
			abort_watchers(controller, &watchers);
	}
	if (error) {
		fprintf(report, "the new configuration could not be prepared: %s (see the log)\n",
			strerror(-error));
		return log_failure(error, "reload failed; the configuration before stays in force");
	}
	error = apply_config(controller, config);
	if (error) {
		abort_kernel_watchers(controller, &kernel);
		abort_watchers(controller, &watchers);
		fprintf(report, "the new configuration could not be applied: %s (see the log)\n",
			strerror(-error));
		apply_config(controller, before);
		judge(controller);
		return log_failure(error, "reload failed; went back to the configuration before");
	}
	controller->config = config_ref(config);
	commit_kernel_watchers(controller, &kernel);
	commit_watchers(controller, &watchers);
	apply_checks(controller);
	describe_node(controller);
	config_unref(before);
	apply_drains(controller);
	return 0;
}

/* Who may use the control socket changes with the rest, or not at all. */
static int go_over_with_control(struct controller *controller, const struct config *config,
				FILE *report)
{
	struct server_plan *plan;
	int error = server_prepare(controller->server, config, &plan);

	if (error) {
		fprintf(report, "the new configuration could not be prepared: %s (see the log)\n",
			strerror(-error));
		return error;
	}
	error = go_over(controller, config, report);
	if (controller->config == config)
		server_commit(controller->server, plan);
	else
		server_abort(controller->server, plan);
	return error;
}

static void post_reload(struct controller *controller, int error)
{
	struct event event = event_new(EVENT_RELOAD, error ? LOG_ERR : LOG_NOTICE);

	event.error = error;
	events_post(controller->events, &event);
}

int controller_reload(struct controller *controller, FILE *report)
{
	const struct config *config CLEANUP(config_unrefp) = NULL;
	int error;

	error = config_load(controller->setup.config_path, controller->setup.hostname, report,
			    &config);
	if (!error)
		error = refuse_change(controller->config, config, report);
	if (error)
		log_failure(error, "reload refused; the configuration before stays in force");
	else
		error = go_over_with_control(controller, config, report);
	post_reload(controller, error);
	return error;
}
