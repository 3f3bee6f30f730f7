/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The running node: brings its parts up in the order that never answers for a VIP it cannot serve,
 * takes them down in the reverse, and decides in between which instances may take part.
 */
#ifndef VIPD_DAEMON_CONTROLLER_H
#define VIPD_DAEMON_CONTROLLER_H

#include <stdio.h>
#include <systemd/sd-event.h>

#include "ctl/config/config.h"

struct controller;

struct controller_setup {
	const char *config_path; /* read again on a reload */
	const char *hostname;    /* which node we are, when the file does not say */
	const char *run_dir;
	const char *pin_dir;
	sd_event *event;
};

/**
 * controller_start() - from nothing to a node that takes part
 * @config: loaded from setup->config_path.
 *
 * Return: 0, or a negative errno after logged messages; what had been made is undone then.
 */
int controller_start(const struct controller_setup *setup, const struct config *config,
		     struct controller **controller);

/**
 * controller_reload() - read the configuration again and go over to it
 * @report: gets a line for each thing wrong with the file.
 *
 * Return: 0, or a negative errno; what ran before runs on.
 */
int controller_reload(struct controller *controller, FILE *report);

/**
 * controller_leave() - resign, and end the event loop once somebody else serves, or nobody will
 */
void controller_leave(struct controller *controller);

/** controller_stop() - undo everything and free. NULL is fine. */
void controller_stop(struct controller *controller);

#endif
