/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The programs that the loader has attached, kept where they belong: the dataplane on the NIC, and
 * the guard that drops all VRRP on interfaces without virtual IPs.
 *
 * The kernel tells of interfaces that come and go, but not of a program that somebody detaches, so
 * it is asked four times a second.
 */
#ifndef VIPD_DATAPLANE_PROGRAMS_H
#define VIPD_DATAPLANE_PROGRAMS_H

#include "ctl/config/config.h"
#include "ctl/net/monitor.h"
#include "loader/loader.h"

struct programs;
struct programs_plan;

/* Called in the event loop when the dataplane has lost the NIC, or has it again. */
typedef void (*programs_changed)(bool attached, void *context);

struct programs_setup {
	struct loader *loader;   /* must outlive the result */
	struct monitor *monitor; /* must outlive the result */
	programs_changed changed;
	void *context;
};

/**
 * programs_new() - look after the programs from now on
 *
 * Return: 0, or a negative errno after one logged message.
 */
int programs_new(const struct programs_setup *setup, struct programs **programs);

/**
 * programs_prepare() - guard the interfaces that are not guarded yet
 * @plan: for programs_commit() or programs_abort().
 *
 * Return: 0, or a negative errno after one logged message: an interface that is missing is one.
 */
int programs_prepare(struct programs *programs, const struct config *next,
		     struct programs_plan **plan);

/** programs_commit() - guard no others any more. */
void programs_commit(struct programs *programs, struct programs_plan *plan);

/** programs_abort() - end what was begun. NULL is fine. */
void programs_abort(struct programs *programs, struct programs_plan *plan);

/** programs_free() - end the watch; what is attached remains so. NULL is fine. */
void programs_free(struct programs *programs);

#endif
