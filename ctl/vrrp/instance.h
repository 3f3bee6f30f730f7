/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A running VRRP instance: the pure machine, and the edges its actions reach: the lease in the map,
 * the advertisement on the wire, the announcements. All of it belongs to the engine's lock.
 * instance_setup.c makes one of the configuration, instance.c is its life.
 */
#ifndef VIPD_VRRP_INSTANCE_H
#define VIPD_VRRP_INSTANCE_H

#include "ctl/attract/arp_nd.h"
#include "ctl/config/config.h"
#include "ctl/vrrp/machine.h"
#include "ctl/vrrp/mismatch.h"
#include "ctl/vrrp/quorum.h"
#include "ctl/vrrp/signer.h"
#include "ctl/vrrp/transport.h"
#include "maps/maps.h"

/* How long the last takeover took; CLOCK_MONOTONIC ns, 0: has not happened. */
struct takeover_times {
	uint64_t due_at;       /* the timer that decided it ran out */
	uint64_t stored_at;    /* the lease was in the map */
	uint64_t announced_at; /* the first announcement was on its way */
	uint64_t confirmed_at; /* the gateway had answered for every VIP, the first time */
};

/* An operator should hear of this; the thread that keeps time tells it, and must not log itself. */
struct instance_event {
	enum instance_event_kind {
		INSTANCE_TRANSITION,
		INSTANCE_MISMATCH, /* a peer advertises other addresses than ours */
		QUORUM_CHANGED, /* of the node, not of an instance: a majority is heard, or not */
		INSTANCE_INTERVAL, /* a peer advertises another interval than ours */
	} kind;
	char instance[CONFIG_NAME_MAX];
	uint8_t vrid;
	uint64_t wall; /* ns since the epoch */
	enum vrrp_state from, to;
	const char *reason;       /* static text */
	struct ip_address source; /* mismatch, interval: who */
	uint64_t interval;        /* interval: theirs, ns */
	bool majority;            /* quorum: whether there is one now */
	struct quorum quorum;
};

#define NO_PEER_INDEX UINT32_MAX

/* All instances share these; everything that an instance does goes through them. */
struct instance_edges {
	struct maps *maps;
	struct transport *transport;
	struct signer *signer;
	struct announcer *announcer;
	uint32_t peer_indices[MAX_PEERS]; /* in vipd_adverts, by index into config->peers; or
					     NO_PEER_INDEX */
	uint64_t quorum_until;            /* ns, as counted last; NEVER: no majority is required */
	void (*tell)(const struct instance_event *event, void *context);
	void *context;
};

/* An advertisement that is queued, and the actions that wait until it has left. */
struct pending_advert {
	struct vrrp_actions actions;
	size_t next;        /* of them; as many as there are: nothing waits */
	uint64_t queued_at; /* ns */
	uint8_t priority;
	struct delivery delivery;
};

struct instance {
	const struct config *config;
	const struct config_instance *own; /* what of it is this instance's */
	const struct instance_edges *edges;
	uint8_t vrid;
	int family; /* of the election */
	struct vrrp_machine machine;
	struct announcement announcement;
	struct announced_vip *vips;
	uint8_t message[ADVERT_MESSAGE_MAX]; /* and room for a trailer */
	size_t message_length;
	uint64_t sent_at; /* ns, when the last advertisement was handed to the network; 0: it was
			     not */
	struct pending_advert advert;
	uint64_t beaten; /* mark of this turn; see maps_store_lease() */
	uint64_t transitions;
	uint64_t changed_at; /* CLOCK_MONOTONIC ns, of the last transition */
	uint64_t adverts_sent, adverts_heard;
	struct mismatch addresses, interval; /* between what was heard and what is ours */
	enum vrrp_state synced;              /* when the sync group was last looked at */
	struct takeover_times takeover;
};

/**
 * instance_new() - an instance in Initialize
 * @config, @edges: must outlive it.
 * @own: of @config.
 *
 * Return: for instance_free(); NULL when there is no memory.
 */
struct instance *instance_new(const struct config *config, const struct config_instance *own,
			      const struct instance_edges *edges);
void instance_free(struct instance *instance);

/** instance_parameters() - of its election, by its configuration. */
struct vrrp_parameters instance_parameters(const struct instance *instance);

/** instance_find_vips() - where the dataplane keeps the VIPs; by a system call for each of them. */
void instance_find_vips(struct instance *instance);

/**
 * instance_go_on() - with the election of an instance of the configuration before
 * @before: has the same VRID; it must not do anything afterwards but end, without a word.
 *
 * The parameters of the election stay what they were until instance_follow().
 *
 * Return: false when the new configuration requires another election (version, address, family, and
 * in version 2 the interval); nothing has changed then, and @before has to resign.
 */
bool instance_go_on(struct instance *instance, const struct instance *before);

/**
 * instance_follow() - its own configuration, after instance_go_on()
 *
 * The dataplane is told. The priority stays what it was until VRRP_EVENT_PRIORITY.
 */
void instance_follow(struct instance *instance, uint64_t now);

/**
 * instance_publish() - tell the dataplane of the instance, before it takes part, or of a change
 *
 * While a lease of the run before is there, the priority does not rise above what that one said.
 */
void instance_publish(const struct instance *instance);

/** instance_retract() - the dataplane forgets it; no lease is left. */
void instance_retract(const struct instance *instance);

/** instance_begin_turn() - mark the dataplane's state before anything is read or decided. */
void instance_begin_turn(struct instance *instance, uint64_t now);

/**
 * instance_do() - take an event into account, and do what the machine decides
 *
 * What the dataplane knows of the instance is filled in here: what it saw and has not told yet,
 * whether a lease of ours is alive, whether it gave way.
 *
 * A new priority is the dataplane's, too: it gives way to what beats the priority it knows, which
 * is never above the one that was advertised last, for others act on that.
 */
void instance_do(struct instance *instance, const struct vrrp_event *event, uint64_t now);

/** instance_hear() - a valid message from the inbox. */
void instance_hear(struct instance *instance, const struct inbox_record *record, uint64_t now);

/**
 * instance_expire() - act on timers that have run out, of the election and of announcements
 * @early: ns, how much earlier than its time an advertisement may be sent, along with others.
 *
 * What an instance has to say is queued, for transport_flush() to send along with what others have.
 * instance_finish() has to follow.
 */
void instance_expire(struct instance *instance, uint64_t early, uint64_t now);

/** instance_announce() - tell the network again where the VIPs are, if we own them. */
void instance_announce(struct instance *instance, uint64_t now);

/** instance_finish() - after the flush: what rests on the advertisement having left. */
void instance_finish(struct instance *instance, uint64_t now);

/** instance_encode() - its message, with that interval (ns); what is sent next says it. */
void instance_encode(struct instance *instance, uint64_t interval);

/** instance_prolong() - advertise a longer interval, if it is Active: see engine_prolong(). */
void instance_prolong(struct instance *instance, uint64_t interval, uint64_t now);

/** instance_deadline() - when instance_expire() is due next, ns, or NEVER. */
uint64_t instance_deadline(const struct instance *instance);

#endif
