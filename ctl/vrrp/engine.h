/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The thread that keeps VRRP's time. It runs all instances in an event loop of its own: the inbox
 * of advertisements, one timer, a doorbell. It logs nothing, resolves nothing and allocates
 * nothing; whoever else wants something of an instance does it here, under the engine's lock.
 *
 * Locking: one mutex (priority-inheriting) guards everything the engine owns. The callback of
 * engine_setup runs in the caller's loop, without the lock.
 */
#ifndef VIPD_VRRP_ENGINE_H
#define VIPD_VRRP_ENGINE_H

#include <systemd/sd-event.h>

#include "ctl/config/config.h"
#include "ctl/net/net.h"
#include "ctl/vrrp/instance.h"
#include "maps/maps.h"

struct engine;

struct engine_setup {
	const struct config *config; /* must outlive the engine, or be replaced by a reload */
	struct maps *maps;           /* must outlive the engine */
	const struct net_link *link; /* copied */
	sd_event *event;             /* the caller's loop, which hears of events */
	void (*event_told)(const struct instance_event *event, void *context);
	void *context;
};

/* An instance at one moment, for people. */
struct engine_status {
	char name[CONFIG_NAME_MAX];
	uint8_t vrid;
	uint8_t priority;           /* as configured */
	uint8_t effective_priority; /* what it runs with now; 0 in Fault: it takes no part */
	enum vrrp_state state;
	const char *fault;        /* static text; NULL: none */
	bool yielded;             /* handed over on request, and does not preempt */
	bool reluctant;           /* owns only what nobody else does */
	struct ip_address active; /* who was heard last, or ourselves; all zero: nobody */
	uint8_t active_priority;
	uint64_t active_seen_at; /* CLOCK_MONOTONIC ns; 0: never */
	uint64_t lease_until;    /* CLOCK_MONOTONIC ns; 0: no lease */
	uint64_t transitions;
	uint64_t changed_wall; /* ns since the epoch; 0: never */
	uint64_t adverts_sent, adverts_heard;
	bool addresses_differ;        /* the last one heard listed others than ours */
	uint64_t address_mismatches;  /* adverts heard that did */
	uint64_t interval_mismatches; /* and that had another interval than ours */
	uint64_t intervals_clamped;   /* and whose interval was too long to be learned */
	struct takeover_times takeover;
};

/**
 * engine_start() - open the sockets and start the thread; every instance begins in Fault
 *
 * Instances in which this node takes no part are left out.
 *
 * Return: 0, or a negative errno after one logged message.
 */
int engine_start(const struct engine_setup *setup, struct engine **engine);

/** engine_stop() - end the thread, and the instances with it, then free. NULL is fine. */
void engine_stop(struct engine *engine);

/** engine_resign() - shut all instances down: those we own get a new owner at once. */
void engine_resign(struct engine *engine);

/**
 * engine_set_fault() - what is wrong for an instance
 * @reason: static text, or NULL when all is well: the instance takes part.
 */
void engine_set_fault(struct engine *engine, const char *instance, const char *reason);

/** engine_yield() - hand over, with the rest of the sync group. Return: 0; -ENOENT: no such
 * instance; -EPERM: it is not Active. */
int engine_yield(struct engine *engine, const char *instance);

/**
 * engine_set_reluctant() - whether an instance is to own only what nobody else does: while this
 * node is drained, or sees no backend that works
 *
 * An Active hands over at once.
 */
void engine_set_reluctant(struct engine *engine, const char *instance, bool reluctant);

/** engine_set_priority() - an instance's from now on, 1-255; until then it is as configured. */
void engine_set_priority(struct engine *engine, const char *instance, uint8_t priority);

/** engine_announce() - announce an instance's VIPs again, if we own them. */
void engine_announce(struct engine *engine, uint8_t vrid);

/** engine_set_neighbour() - where a peer's address is on the link. */
void engine_set_neighbour(struct engine *engine, const struct ip_address *address,
			  const uint8_t mac[static 6]);

/**
 * engine_set_link() - the device changed (index, MAC): open the sockets anew
 *
 * Return: 0, or a negative errno after one logged message; the old sockets stay then.
 */
int engine_set_link(struct engine *engine, const struct net_link *link);

/**
 * engine_reload() - go over to a new configuration
 *
 * Instances whose election stays the same are not touched, and keep the priority that they have;
 * others resign and begin anew, in Fault.
 *
 * Return: 0, or a negative errno after one logged message; the old configuration runs on then.
 */
int engine_reload(struct engine *engine, const struct config *config);

/**
 * engine_status() - the state of the instances
 * @status: room for @count of them.
 *
 * Return: how many there are.
 */
size_t engine_status(struct engine *engine, struct engine_status *status, size_t count);

#endif
