/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The VRRP state machine of one virtual router (RFC 9568 section 6.4; of version 2, RFC 3768
 * section 6.4), pure: an event and the time go in by vrrp_step(), the one entrance, and actions in
 * their order come out. The machine owns no socket, no timer and no map; its caller does what the
 * actions say, and comes back with VRRP_EVENT_TIMER at the deadline.
 * tests/unit/machine_table_test.c shows what each event does in each state.
 */
#ifndef VIPD_VRRP_MACHINE_H
#define VIPD_VRRP_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctl/vrrp/times.h"
#include "maps/address.h"

enum vrrp_state {
	VRRP_INITIALIZE,
	VRRP_BACKUP,
	VRRP_ACTIVE,
	VRRP_FAULT, /* something that serving depends on is missing: takes no part, but listens */
	VRRP_STATE_COUNT,
};

/* Only VRRP_EVENT_PARAMETERS and VRRP_EVENT_PRIORITY change these while the machine runs. */
struct vrrp_parameters {
	unsigned int version;      /* 2 (RFC 3768) or 3 */
	uint8_t priority;          /* 1-255; VRRP_EVENT_PRIORITY changes it */
	bool preempt;              /* RFC 9568 Preempt_Mode */
	uint64_t preempt_delay;    /* ns; how long a less preferred node is left in peace */
	uint64_t advert_interval;  /* ns, Advertisement_Interval */
	uint64_t handover_delay;   /* ns from our first advertisement to our first answer */
	bool start_active;         /* the first Startup leads to Active, unless one is heard */
	uint64_t startup_delay;    /* ns from our first advertisement to our first answer when we
				      start as Active, for an owner that we have not heard yet */
	struct ip_address address; /* ours; decides between equal priorities */
};

struct vrrp_advert {
	struct ip_address source;
	uint8_t priority;             /* 0: the sender gives up */
	uint64_t max_advert_interval; /* ns, as the sender has it */
	uint64_t seen_at; /* ns, when the dataplane saw it; older than the last one: ignored */
};

enum vrrp_event_type {
	/*
	 * The Startup event (RFC 9568 section 6.4.1), also out of Fault; who takes part already
	 * does nothing. With a live lease, for example of a run before us, nobody can have taken
	 * over, so we go on as Active. An Active heard before leaves the rest of its
	 * Active_Down_Interval. The address owner, and at the first start who is to start as Active
	 * and hears none, advertises at once, but answers only after the startup delay: there may
	 * be an owner that was not heard yet.
	 */
	VRRP_EVENT_STARTUP, /* .lease_alive */

	VRRP_EVENT_SHUTDOWN, /* an Active resigns */
	VRRP_EVENT_FAULT,    /* .reason: an Active resigns; all listen until the next Startup */
	VRRP_EVENT_ADVERT,   /* .advert: a valid one, from a peer */
	VRRP_EVENT_TIMER,    /* .early: timers may have run out */

	/*
	 * An advertisement has left; the time was read after that. Who waits to own waits from
	 * here: until it was heard, and answered, by whoever has something against it.
	 */
	VRRP_EVENT_SENT,

	/*
	 * An Active was late, and its lease has ended. It must not go on as if nothing had
	 * happened, for another node may own by now: it becomes Backup, and listens for the one
	 * interval in which any Active must be heard.
	 */
	VRRP_EVENT_LEASE_LOST,

	/*
	 * Until when a majority of the nodes is within hearing; to be told before each Startup and
	 * each timer. Without a majority, an Active resigns when its timer comes, no lease is
	 * stored beyond it, and a Backup's timer does not run, for silence means nothing then; it
	 * begins anew with the majority.
	 */
	VRRP_EVENT_QUORUM, /* .quorum_until */

	/*
	 * Another priority. A Backup's deadline moves by what the skew time changed, but not into
	 * the past. An Active advertises at once, so that a node which now comes before it need not
	 * wait for the next interval.
	 */
	VRRP_EVENT_PRIORITY, /* .priority */

	/*
	 * Whether to be Active only as a last resort. An Active that becomes reluctant hands over.
	 * As long as it is, a Backup does not preempt, whatever its priority, and does not start as
	 * Active by being the address owner. When nobody else is Active it takes over all the same,
	 * an interval later than it would have, so that all others go first; and it does not resign
	 * a second time.
	 */
	VRRP_EVENT_RELUCTANCE, /* .reluctant */

	/*
	 * Other parameters of the same election: version and address are what they were, and their
	 * priority does not count. An Active tells its new interval at once. Others may have heard
	 * no interval but the old one, and act by that: when the new one is longer, they are told
	 * three times at the old pace, and as long the lease is as short as it was. A Backup has
	 * its interval from the Active, and keeps it.
	 */
	VRRP_EVENT_PARAMETERS, /* .parameters */

	/*
	 * On request: be Backup until the next Active dies. The lease is kept until another node
	 * takes over: the Active offers its VIPs by advertising the least priority, for a Backup
	 * may preempt that at once. If none has by vrrp_hand_over_bound(), it resigns. It does so
	 * without an offer if Backups do not preempt, or not at once.
	 */
	VRRP_EVENT_HAND_OVER,

	/*
	 * Along with another instance of the sync group. To take over is as when the timer runs
	 * out, but not while an owner may live that comes before us: it would not give way.
	 */
	VRRP_EVENT_GROUP_TOOK_OVER,
	VRRP_EVENT_GROUP_HANDED_OVER,
	VRRP_EVENT_COUNT,
};

struct vrrp_event {
	enum vrrp_event_type type;
	bool gave_way; /* the dataplane has ended the lease that the machine takes for its own */
	union {
		uint64_t early;     /* ns, by how much an advertisement may come before its time */
		bool lease_alive;   /* one of ours has not ended */
		const char *reason; /* static text for the log */
		struct vrrp_advert advert;
		uint64_t quorum_until; /* ns, may be past; NEVER: no majority is required */
		uint8_t priority;      /* 1-255 */
		bool reluctant;
		const struct vrrp_parameters *parameters;
	};
};

enum vrrp_action_type {
	VRRP_SEND_ADVERT,   /* with .priority */
	VRRP_STORE_LEASE,   /* until .duration after the last advertisement was sent, or .limit */
	VRRP_DROP_LEASE,    /* at once */
	VRRP_ANNOUNCE,      /* tell the network where the VIPs are now */
	VRRP_STATE_CHANGED, /* from .from to the current state, because of .reason */
};

struct vrrp_action {
	enum vrrp_action_type type;
	uint8_t priority;
	uint64_t duration; /* ns */
	uint64_t limit;    /* ns, when the lease ends at the latest; or NEVER */
	bool renews;       /* goes on with a lease, which must be alive still */
	enum vrrp_state from;
	const char *reason; /* static text */
};

#define VRRP_ACTIONS_MAX 8

struct vrrp_actions {
	struct vrrp_action list[VRRP_ACTIONS_MAX];
	size_t count;
};

/* Another node that advertises, though we are Active and come before it. */
struct vrrp_rival {
	struct ip_address address; /* all zero: none was heard */
	uint8_t priority;
	uint64_t since;   /* ns, when it was first heard, of times that are not far apart */
	uint64_t seen_at; /* ns, when it was heard last */
};

struct vrrp_machine {
	struct vrrp_parameters parameters;
	enum vrrp_state state;
	bool owning;              /* Active, and the lease has been stored */
	bool started;             /* there was a Startup before */
	bool handed_over;         /* on request: no preemption until Active again */
	bool offering;            /* Active, until another one is: see VRRP_EVENT_HAND_OVER */
	const char *offer_reason; /* static text */
	uint64_t offer_timer;     /* ns, when it resigns if nobody has taken over; or NEVER */
	bool reluctant;           /* Active only when nobody else is */
	uint64_t advert_timer;    /* ns, when the next advertisement is due; or NEVER */
	uint64_t down_timer;      /* ns, when the Active is taken for dead; or NEVER */
	uint64_t take_timer;      /* ns, when the lease may be stored; or NEVER */
	uint64_t preempt_timer;   /* ns, until when a lower priority is tolerated; 0: not running */
	uint64_t active_interval; /* ns, Active_Adver_Interval */
	uint64_t pace; /* ns, between our advertisements; shorter than our interval until the others
			  have heard of that */
	unsigned int paced;       /* advertisements that are still to be sent at that pace */
	uint64_t active_seen_at;  /* ns, when the Active was last heard; 0: never */
	uint64_t foreign_lease;   /* ns, until when another node's lease may last; 0: none does */
	struct ip_address active; /* who was heard as Active last; all zero: nobody */
	uint8_t active_priority;  /* what it said */
	struct vrrp_rival rival;
	uint64_t intervals_clamped; /* advertised intervals that were too long to be learned */

	/* The majority; both are NEVER when none is required. */
	uint64_t quorum_until; /* ns, until when it is within hearing */
	uint64_t quorum_timer; /* ns, when the lease is to be stored again, with its new end */
};

/** vrrp_init() - a machine in Initialize; @parameters are copied. */
void vrrp_init(struct vrrp_machine *machine, const struct vrrp_parameters *parameters);

/**
 * vrrp_step() - take one event into account
 * @now: ns, not before that of the last step.
 * @actions: what is to be done, in this order; none, when the event means nothing in this state.
 */
void vrrp_step(struct vrrp_machine *machine, const struct vrrp_event *event, uint64_t now,
	       struct vrrp_actions *actions);

/** vrrp_deadline() - when VRRP_EVENT_TIMER is due next, ns, or NEVER. */
uint64_t vrrp_deadline(const struct vrrp_machine *machine);

/** vrrp_event_name() - for tests and debugging. */
const char *vrrp_event_name(enum vrrp_event_type type);

/** vrrp_state_name() - as operators know it: INIT, BACKUP, MASTER, FAULT. */
const char *vrrp_state_name(enum vrrp_state state);

#endif
