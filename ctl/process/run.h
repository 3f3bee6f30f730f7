/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A program that is started, waited for in the event loop, and ended when it takes too long: asked
 * first (SIGTERM), told then (SIGKILL), with all that it has started.
 */
#ifndef VIPD_PROCESS_RUN_H
#define VIPD_PROCESS_RUN_H

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "ctl/process/spawn.h"

struct run;

/*
 * Called in the event loop once, when the program has ended, or cannot be ended.
 * @success: it ended in time, with status 0. @detail: for people, such as "exit status 1".
 */
typedef void (*run_ended)(bool success, const char *detail, void *context);

/**
 * run_start() - start a program
 * @spawn: needed in the call only; its timeout is when it is ended.
 * @run: the result, for run_abandon(); NULL again as soon as the process has ended. A process that
 *       cannot be killed keeps it. It must not move in memory before.
 * @step: on failure, what could not be done: "run the program".
 *
 * Return: 0, or a negative errno; nothing runs then, and @ended is not called.
 */
int run_start(sd_event *event, const struct spawn *spawn, run_ended ended, void *context,
	      struct run **run, const char **step);

/** run_abandon() - kill it; the loop reaps it later, and nobody is told. NULL is fine. */
void run_abandon(struct run *run);

#endif
