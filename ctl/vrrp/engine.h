/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VRRP: who of the nodes owns which VIPs. This folder implements RFC 9568 (version 3) and RFC 3768
 * (version 2), with the signatures of draft-cassen-vrrp-auth-hmac; docs/conformance.md has what
 * they require, row by row. Ownership itself is a lease in the dataplane (maps/instances.h), and
 * what is said here to *own* is to have stored one that has not ended.
 *
 * An *instance* is one virtual router of the configuration. Its *machine* is Active, Backup, in
 * Fault, or in Initialize. To *resign* is to drop the lease and to advertise priority 0; to *offer*
 * is to keep it and to advertise priority 1; to *hand over* is to do either on request, so that
 * another node takes over; to *drop the lease* is no more than to store 0; to *stop* is to end for
 * good.
 *
 *   pure: time is an argument               edges
 *     machine.c           states, timers      instance.c        lease, messages, announcements
 *     machine_heard.c     advertisements      instance_setup.c  configuration to instance
 *     machine_requests.c  what others want    presence.c        who is there, and who silent
 *     quorum.c            majorities          transport.c       sockets, and whom to send to
 *     order.c             who can come first  batch.c           many packets, one system call
 *     sync.h              groups              signer.c          the key that signs
 *     heartbeat.c         signs of life     bytes
 *     times.h             all times             advert.c, packet.c, trailer.c
 *   the engine
 *     engine.c            start and stop      engine_requests.c what others want
 *     engine_plan.c       reload, new link    engine_sync.c     groups and faults
 *     engine_thread.c     the thread's loop   engine_events.c   from the thread to the main loop
 *     engine_life.c       both threads watch each other
 *
 * Two threads run here. The *VRRP thread* has real-time priority and an event loop of its own: the
 * dataplane's inbox of advertisements, one timer, a doorbell. In each turn it reads what was heard
 * before it looks at what has run out, so that a thread which slept does not act on a silence that
 * was none; then it sends for all instances at once. It does not log, resolve, allocate or open
 * anything. The *main loop* has everything else: the functions of this header are for it alone.
 *
 * One mutex guards the instances and what they send by. It inherits priority, and nobody who holds
 * it waits for anything but a send: sockets, memory and keys for another configuration are prepared
 * before it is taken, and what was there before is closed and freed after. What an operator should
 * hear of goes the other way through a list in the engine and an eventfd, and is posted as an event
 * in the main loop. Each thread demands a sign of life of the other.
 *
 * The engine holds a reference to the configuration that was committed last; instances, presence
 * and destinations point into it, and are exchanged together with it. The tables of the dataplane
 * belong to maps/ and outlive the engine.
 *
 * A VRID names an instance across every border. It survives a reload and a restart, and so does
 * what the dataplane remembers by it: leases, and each node's last advertisement, which are read at
 * the start and before each timer is believed.
 */
#ifndef VIPD_VRRP_ENGINE_H
#define VIPD_VRRP_ENGINE_H

#include <systemd/sd-event.h>

#include "ctl/config/config.h"
#include "ctl/events/events.h"
#include "ctl/net/link.h"
#include "ctl/vrrp/instance.h"
#include "ctl/vrrp/presence.h"
#include "maps/maps.h"

struct engine;

struct engine_setup {
	struct maps *maps;           /* must outlive the engine */
	const struct net_link *link; /* copied */
	const char *sequence_path;   /* file that keeps the sequence of signed advertisements */
	sd_event *event;             /* the main loop */
	struct events *events;       /* of the main loop, to post to; must outlive the engine */
};

/* An instance at one moment, for people. */
struct engine_status {
	char name[CONFIG_NAME_MAX];
	uint8_t vrid;
	uint8_t version;            /* of VRRP */
	uint8_t priority;           /* as configured */
	uint8_t effective_priority; /* what it runs with now; 0 in Fault: it takes no part */
	enum vrrp_state state;
	const char *fault;        /* static text; NULL: none */
	bool handed_over;         /* on request, and does not preempt */
	bool offering;            /* Active, but another node is to take over */
	bool reluctant;           /* owns only what nobody else does */
	struct ip_address active; /* who was heard last, or ourselves; all zero: nobody */
	uint8_t active_priority;
	uint64_t active_seen_at; /* CLOCK_MONOTONIC ns; 0: never */
	uint64_t lease_until;    /* CLOCK_MONOTONIC ns; 0: no lease */
	uint64_t transitions;
	uint64_t changed_at; /* CLOCK_MONOTONIC ns; 0: never */
	uint64_t adverts_sent, adverts_heard;
	bool addresses_differ;        /* the last one heard listed others than ours */
	uint64_t address_mismatches;  /* adverts heard that did */
	uint64_t interval_mismatches; /* and that had another interval than ours */
	uint64_t intervals_clamped;   /* and whose interval was too long to be learned */
	struct takeover_times takeover;
	struct attract_confirmation confirmation;
	struct vrrp_rival rival; /* while we are Active */
};

/**
 * engine_start() - start the thread, without any instance yet
 *
 * Return: 0, or a negative errno after one logged message.
 */
int engine_start(const struct engine_setup *setup, struct engine **engine);

struct engine_plan;

/**
 * engine_prepare() - get ready for another configuration, or for the first
 * @next: must outlive the engine, or be replaced by another commit.
 * @plan: for engine_commit() or engine_abort().
 *
 * Sockets are opened and memory is taken here; the instances that run do not notice. Instances in
 * which this node takes no part are left out.
 *
 * Return: 0, or a negative errno after one logged message; there is nothing to abort then.
 */
int engine_prepare(struct engine *engine, const struct config *next, struct engine_plan **plan);

/**
 * engine_commit() - follow the prepared configuration; frees @plan
 *
 * To be called when the tables already have the peers and VIPs of the new configuration. Instances
 * whose election stays the same go on, and keep the priority that they have. Those that are gone
 * resign: their priority 0 is on its way before the dataplane forgets them. New ones, and those
 * that need another election, begin in Fault until engine_stand().
 */
void engine_commit(struct engine *engine, struct engine_plan *plan);

/** engine_abort() - as if nothing had been prepared; frees @plan. */
void engine_abort(struct engine *engine, struct engine_plan *plan);

/** engine_stop() - end the thread, and the instances with it, then free. NULL is fine. */
void engine_stop(struct engine *engine);

/**
 * engine_abandon() - end the thread and free, and say nothing to anybody
 *
 * The leases stay for as long as they last, and the dataplane knows the instances still: another
 * engine can go on with them. NULL is fine.
 */
void engine_abandon(struct engine *engine);

/** engine_resign() - what we own is handed over, and all other instances are shut down. */
void engine_resign(struct engine *engine);

/**
 * engine_presume() - take no node for silent until then, ns; before the first commit
 *
 * For a run whose tables are new while others serve.
 */
void engine_presume(struct engine *engine, uint64_t until);

/**
 * engine_prolong() - have all others wait longer for what this node says
 * @interval: ns: what it advertises from now on, in all its roles, if its own is shorter.
 *
 * For the end of a run that another one goes on from. Version 2 has no way to say it.
 */
void engine_prolong(struct engine *engine, uint64_t interval);

/** engine_is_prolonged() - whether all can have heard so, and what we own is ours for @duration ns.
 */
bool engine_is_prolonged(struct engine *engine, uint64_t duration);

/* This is what an instance is good for, by the link, the health checks and the trackers. */
struct instance_standing {
	uint8_t vrid;
	uint8_t priority;  /* 1-255, after the weights of the trackers */
	bool reluctant;    /* own only what nobody else does; an Active hands over at once */
	const char *fault; /* static text, why it takes no part; NULL: it takes part */
};

/**
 * engine_stand() - the standing of instances from now on
 * @standings: @count of them; an instance that this node does not run is passed over.
 *
 * All of it takes effect in one turn: the thread never acts on a part of it.
 */
void engine_stand(struct engine *engine, const struct instance_standing *standings, size_t count);

/** engine_hand_over() - hand over, with the rest of the sync group. Return: 0; -ENOENT: no such
 * instance; -EPERM: it is not Active. */
int engine_hand_over(struct engine *engine, const char *instance);

/** engine_announce() - announce an instance's VIPs again, if we own them. */
void engine_announce(struct engine *engine, uint8_t vrid);

/**
 * engine_set_neighbour() - where a peer's, or a gateway's, address is on the link
 * @mac: six bytes; NULL: it does not answer.
 */
void engine_set_neighbour(struct engine *engine, const struct ip_address *address,
			  const uint8_t *mac);

/**
 * engine_set_link() - the device changed
 *
 * Sockets are opened anew only when its index did. When they cannot be, all instances are in Fault,
 * and it is tried again each second.
 *
 * Return: 0, or a negative errno after one logged message.
 */
int engine_set_link(struct engine *engine, const struct net_link *link);

/**
 * engine_status() - the state of the instances
 * @status: room for @count of them.
 *
 * Return: how many there are.
 */
size_t engine_status(struct engine *engine, struct engine_status *status, size_t count);

/**
 * engine_say() - tell all other nodes what this one is good for, from now on
 *
 * Before the first call nothing is told: the others wait for a node that starts.
 */
void engine_say(struct engine *engine, const struct standing_message *message);

/**
 * engine_watch_presence() - be told of the other nodes
 * @changed: called in the main loop, with @context, after one was heard again, fell silent, or said
 *           something new. NULL: no longer.
 */
void engine_watch_presence(struct engine *engine, void (*changed)(void *context), void *context);

/**
 * engine_presence() - who is heard
 * @status: by index into config->peers; room for MAX_PEERS.
 */
void engine_presence(struct engine *engine, struct presence_status *status);

/** engine_quorum() - whether there is a majority, and who is heard. */
void engine_quorum(struct engine *engine, struct quorum_status *status);

#endif
