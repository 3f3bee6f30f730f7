// SPDX-License-Identifier: GPL-2.0-only
/*
 * One virtual router on NODES nodes: on each a dataplane, which hears adverts and holds the lease,
 * and a controller, which decides (ctl/vrrp); between them a network, a clock, and an adversary who
 * stops, continues, kills and restarts controllers. What is assumed, and what is left out, is in
 * README.md beside this file; the configurations that are checked are in tools/model.
 *
 * Node 0 comes first in the election, then node 1, and so on. A tick is a unit of time; timers
 * count ticks down. Time goes on only when every controller that is not stopped has done all that
 * is due, and every message that must arrive has arrived: within a tick all orders are possible.
 */
#ifndef NODES
#define NODES 2
#endif
#ifndef INTERVAL
#define INTERVAL 4 /* Advertisement_Interval */
#endif
#ifndef LEASE
#define LEASE (3 * INTERVAL - 2) /* vrrp_lease_duration() */
#endif
#ifndef HANDOVER
#define HANDOVER (2 * DELAY + 1) /* handover_delay: more than a claim and its answer take */
#endif
#ifndef DELAY
#define DELAY 0 /* ticks that a message may take, beyond the one in which it was sent */
#endif
#ifndef DRIFT
#define DRIFT 0 /* ticks that a timer of about an Active_Down_Interval ends early or late */
#endif
#ifndef MISSES
#define MISSES 0 /* messages that a link may lose in a row, time and again */
#endif
#ifndef LOSSES
#define LOSSES 255 /* messages lost altogether; 255: no limit */
#endif
#ifndef PAUSES
#define PAUSES 0 /* how often the adversary stops a controller */
#endif
#ifndef CRASHES
#define CRASHES 0 /* how often it kills one */
#endif
#ifndef STOPS
#define STOPS 0 /* how often an operator stops one, in order */
#endif
#ifndef HANDOVERS
#define HANDOVERS 0 /* how often an operator has an owner hand over */
#endif
#ifndef OFFER_BOUND
#define OFFER_BOUND (INTERVAL + INTERVAL / 2) /* vrrp_hand_over_bound() */
#endif
#ifndef PREEMPT
#define PREEMPT 1
#endif

#ifndef LEAST_SKEW
#define LEAST_SKEW 1 /* of node 0 */
#endif

#define SKEW(node) (LEAST_SKEW + (node))
#define DOWN(node) (3 * INTERVAL + SKEW(node)) /* Active_Down_Interval */

#define OFF 255 /* a timer that does not run */

#define BETTER   1 /* what has been heard since the controller looked last */
#define WORSE    2
#define RESIGNED 4
#define OFFERED  8

mtype = { INITIALIZE, BACKUP, ACTIVE };

/* The maps: they outlive the controller. */
byte lease[NODES];  /* ticks for which the node answers */
bool beaten[NODES]; /* a better advert came in since the controller's mark */
byte heard[NODES];  /* BETTER, WORSE, RESIGNED: inbox and vipd_adverts in one */
byte rest[NODES];   /* what is left of the down timer that these adverts begin */

/* The controllers. */
mtype state[NODES] = INITIALIZE;
bool owning[NODES];
byte advert[NODES] = OFF; /* the timers of struct vrrp_machine */
byte take[NODES] = OFF;
byte down[NODES] = OFF;
byte fresh[NODES];    /* how long a lease is that begins with the advert sent last */
bool idle[NODES];     /* at the end of a turn, or dead */
bool up[NODES];       /* the process is there */
bool running[NODES] = true; /* and is being scheduled */
bool stopping[NODES]; /* an operator wants it to end */

/* FOREIGN: node 1 knows no offers, waits for nothing, and answers before it advertises, as FRR does. */
#ifdef FOREIGN
#define knows_offers(node) ((node) != 1)
#else
#define knows_offers(node) true
#endif

#if HANDOVERS > 0
bool lowered[NODES];   /* the priority that the dataplane knows is the least */
bool offering[NODES];  /* struct vrrp_machine */
bool handed[NODES];    /* handed_over */
byte offer[NODES] = OFF; /* offer_timer */
byte accept[NODES] = OFF; /* what is left of the skew time that an offer begins */
bool asked[NODES];     /* an operator wants it to hand over */
byte handovers = HANDOVERS;
#define is_offering(node) offering[node]
#define is_lowered(node)  lowered[node]
#define HANDED(node)      handed[node]
#define OFFER_DUE(node)   (offer[node] == 0 || asked[node])
#ifdef GAP
bool moved; /* an offer was made */
byte gap;   /* ticks without an owner since then */
#endif
#else
#define is_offering(node) false
#define is_lowered(node)  false
#define HANDED(node)      false
#define OFFER_DUE(node)   false
#endif

/*
 * WHOLE_TURNS: what a controller does in a turn is not mixed with what others do, unless it is
 * stopped or killed in the middle. That leaves out nothing but the speed of the others.
 */
#ifdef WHOLE_TURNS
#define NOBODY 255
byte in_turn = NOBODY;
#define FREE(node)  (in_turn == NOBODY || in_turn == (node))
#define BEGIN(node) in_turn = node
#define END(node)   in_turn = (in_turn == (node) -> NOBODY : in_turn)
#define UNDISTURBED (in_turn == NOBODY)
#else
#define FREE(node)  true
#define BEGIN(node) skip
#define END(node)   skip
#define UNDISTURBED true
#endif

/* The network: messages on their way, by sender and receiver; 0: none, else ticks left, plus 1. */
#define LINK(from, to) ((from) * NODES + (to))
#define ADVERT      0
#define RESIGNATION (NODES * NODES)
#if HANDOVERS > 0
#define OFFER       (2 * NODES * NODES)
#define FLIGHTS     (3 * NODES * NODES)
#else
#define FLIGHTS     (2 * NODES * NODES)
#endif
byte flight[FLIGHTS]; /* [RESIGNATION + LINK(from, to)]: of priority 0; [OFFER + ...]: of 1 */
#ifdef DUPLICATES
bool arrived[NODES * NODES]; /* once at least: what now arrives is a duplicate */
#endif
#if MISSES > 0
byte missed[NODES * NODES];
byte losses = LOSSES;
#endif

/* TOGETHER: all nodes are started before time begins; without it, each at a time of its own. */
#ifdef TOGETHER
bool begun;
#define BEGUN (begun || (up[0] && up[1] && up[NODES - 1]))
#else
#define BEGUN true
#endif

/* The adversary. */
byte pauses = PAUSES, crashes = CRASHES, stops = STOPS;
bool calm;      /* it has done its worst */
byte ownerless; /* ticks without an owner since then */

#ifdef PARTITION
bool split; /* has begun */
bool cut;   /* and has not healed */
byte alone; /* the node on the smaller side */
#define LINKED(from, to) (!cut || ((from) != alone && (to) != alone))
#else
#define LINKED(from, to) true
#endif

#ifdef TAKE_AT_ONCE
byte foreign[NODES]; /* struct vrrp_machine.foreign_lease */
#endif

/*
 * QUORUM, of three nodes: with oneself, the one heard last is a majority. Its numbers want intervals
 * of ten ticks (ctl/vrrp/quorum.c).
 */
#ifdef QUORUM
#define KEEPALIVE (INTERVAL / 2) /* quorum_keepalive_interval() */
#ifndef WINDOW
#define WINDOW (INTERVAL * 17 / 10) /* quorum_window() */
#endif
#define MARGIN (INTERVAL / 10) /* quorum_margin() */
#ifndef LATE
#define LATE 0 /* ticks that keepalives are late */
#endif
#define COUNTED (WINDOW + MARGIN + LATE) /* for so long, from the sending on, with the margin */
byte heard_for[NODES * NODES]; /* ticks for which a sender still counts at a receiver */
byte keepalive[NODES];         /* until the next one is sent */
byte limit[NODES];             /* lease_limit(), by the majority that the controller knows of */
byte stored[NODES];            /* limit of the lease that was stored last */
#define other_heard(me, n)  heard_for[LINK(((me) + (n)) % NODES, me)]
#define majority_lasts(me)                                                                         \
	(other_heard(me, 1) > other_heard(me, 2) -> other_heard(me, 1) : other_heard(me, 2))
#define majority(me)        (limit[me] > MARGIN)
#define worth_storing(me)   (limit[me] >= stored[me] + (INTERVAL + 3) / 4)
#define KEEPALIVE_DUE(node)    (keepalive[node] == 0)
#define QUORUM_TIMER_DUE(node) (owning[node] && stored[node] <= MARGIN)
#else
#define majority(me)           true
#define KEEPALIVE_DUE(node)    false
#define QUORUM_TIMER_DUE(node) false
#endif

#if defined(QUORUM) && !defined(NO_LEASE_LIMIT)
#define limited(me, duration) (duration > limit[me] -> limit[me] : duration)
#else
#define limited(me, duration) (duration)
#endif

#define TIMER_DUE(node)                                                                            \
	(advert[node] == 0 || take[node] == 0 || down[node] == 0 || QUORUM_TIMER_DUE(node) ||              \
	 OFFER_DUE(node))

#define DUE(node) (heard[node] != 0 || TIMER_DUE(node) || KEEPALIVE_DUE(node) || stopping[node])

#if NODES == 3
#define live_leases ((lease[0] > 0) + (lease[1] > 0) + (lease[2] > 0))
#define anybody_up  (up[0] || up[1] || up[2])
#else
#define live_leases ((lease[0] > 0) + (lease[1] > 0))
#define anybody_up  (up[0] || up[1])
#endif

/* A lease begins to be live nowhere but here: this is where two would be. */
inline write_lease(ticks)
{
	lease[me] = limited(me, ticks);
	assert(live_leases <= 1)
}

inline full_down_timer(timer, node)
{
	if
	:: timer = DOWN(node)
#if DRIFT > 0
	:: timer = DOWN(node) - DRIFT
#endif
	fi
}

/* The dataplane: accept_advert() in bpf/guard/advert.h. */

inline remember(flag)
{
	if
	:: up[to] -> heard[to] = heard[to] | flag
	:: else
	fi
}

inline hear_advert()
{
#ifdef TAKE_AT_ONCE
	foreign[to] = LEASE;
#endif
#if HANDOVERS > 0
	accept[to] = OFF;
#endif
	if
	:: from < to || is_lowered(to) ->
#ifndef NO_BEATEN
		beaten[to] = true;
		lease[to] = 0;
#endif
		remember(BETTER);
		full_down_timer(rest[to], to)
	:: else ->
		remember(WORSE);
		if
		:: !PREEMPT || !up[to] || HANDED(to) -> full_down_timer(rest[to], to)
		:: else
		fi
	fi
}

#if HANDOVERS > 0
/* An advertisement of the least priority: it beats nobody, unless both are. */
inline hear_offer()
{
	if
	:: is_lowered(to) && from < to ->
		beaten[to] = true;
		lease[to] = 0;
		remember(BETTER)
	:: else -> remember(WORSE)
	fi;
	if
	:: !up[to] -> full_down_timer(rest[to], to)
	:: up[to] && knows_offers(to) && PREEMPT ->
		handed[to] = false;
		accept[to] = (accept[to] == OFF -> SKEW(to) : accept[to]);
		remember(OFFERED)
	:: else
	fi
}
#endif

inline hear_resignation()
{
#ifdef TAKE_AT_ONCE
	foreign[to] = 0;
#endif
	if
	:: up[to] -> rest[to] = SKEW(to)
	:: else -> full_down_timer(rest[to], to)
	fi;
	remember(RESIGNED)
}

/* One link of the network. It delivers in any order, and late; it may deliver twice. */
proctype link(byte from, to)
{
	do
#ifdef DUPLICATES
	:: atomic { UNDISTURBED && flight[LINK(from, to)] > 0 -> arrived[LINK(from, to)] = true; hear_advert() }
#else
	:: atomic { UNDISTURBED && flight[LINK(from, to)] > 0 -> flight[LINK(from, to)] = 0; hear_advert() }
#endif
	:: atomic {
		UNDISTURBED && flight[RESIGNATION + LINK(from, to)] > 0 ->
		flight[RESIGNATION + LINK(from, to)] = 0;
		hear_resignation()
	   }
#if HANDOVERS > 0
	:: atomic {
		UNDISTURBED && flight[OFFER + LINK(from, to)] > 0 ->
		flight[OFFER + LINK(from, to)] = 0;
		hear_offer()
	   }
#endif
	od
}

#ifdef DUPLICATES
#define OVERDUE(l) (flight[RESIGNATION + (l)] == 1 || (flight[l] == 1 && !arrived[l]))
#else
#define OVERDUE(l) (flight[RESIGNATION + (l)] == 1 || flight[l] == 1 || OFFER_OVERDUE(l))
#endif
#if HANDOVERS > 0
#define OFFER_OVERDUE(l) (flight[OFFER + (l)] == 1)
#else
#define OFFER_OVERDUE(l) false
#endif

inline post(kind)
{
	atomic {
		if
		:: !LINKED(me, to)
#if MISSES > 0
		:: LINKED(me, to) && !calm && losses > 0 && missed[LINK(me, to)] < MISSES ->
			missed[LINK(me, to)]++;
			losses = (losses == 255 -> 255 : losses - 1)
#endif
		:: LINKED(me, to) ->
			flight[kind + LINK(me, to)] = DELAY + 1;
#if MISSES > 0
			missed[LINK(me, to)] = 0;
#endif
#ifdef DUPLICATES
			arrived[LINK(me, to)] = false
#endif
		fi
	}
}

/* Sends to one peer after the other: the controller may be stopped between them. */
inline post_to_all(kind)
{
	to = 0;
	do
	:: to < NODES && to != me -> post(kind); to++
	:: to == me -> to++
	:: to == NODES -> break
	od;
	to = 0
}

/* The controller's edges: ctl/vrrp/instance.c. */

/* The clock is read before the advert is sent, for the lease, and after it, for the handover. */
inline send_advert()
{
	if
	:: fresh[me] = LEASE
#if DRIFT > 0
	:: fresh[me] = LEASE + DRIFT
#endif
	fi;
	post_to_all(ADVERT);
#if HANDOVERS > 0
	lowered[me] = false; /* a higher priority is the dataplane's once it was sent */
#endif
#ifndef HANDOVER_FROM_DECISION
	take[me] = (take[me] == OFF -> OFF : HANDOVER)
#endif
}

/* Only a lease that is still alive after the advert was sent is renewed (lease.pml: the word). */
inline renew_lease()
{
#ifdef NO_RECHECK
	alive = true;
#else
	alive = lease[me] > 0;
#endif
	store(alive && !beaten[me]);
	alive = false
}

inline store(condition)
{
	atomic {
		if
#ifdef NO_BEATEN
		:: true -> write_lease(fresh[me])
#else
		:: condition -> write_lease(fresh[me])
		:: else
#endif
		fi;
#ifdef QUORUM
		stored[me] = limit[me] /* and `fresh` stays, to store by again */
#else
		fresh[me] = 0
#endif
	}
}

inline advertise()
{
	advert[me] = INTERVAL;
#if HANDOVERS > 0
	if
	:: offering[me] ->
		advert[me] = INTERVAL / 4;
		post_to_all(OFFER);
#ifdef OFFER_RENEWS
		fresh[me] = LEASE;
		renew_lease()
#endif
	:: else ->
		send_advert();
		if
		:: owning[me] -> renew_lease()
		:: else
		fi
	fi
#else
	send_advert();
	if
	:: owning[me] -> renew_lease()
	:: else
	fi
#endif
}

/* The state machine: ctl/vrrp/machine.c. */

inline become_backup()
{
	state[me] = BACKUP;
	owning[me] = false;
	advert[me] = OFF;
	take[me] = OFF;
#if HANDOVERS > 0
	offering[me] = false;
	offer[me] = OFF;
#endif
	fresh[me] = 0
}

#if HANDOVERS > 0
/* machine_offer(): the dataplane has the lower priority before anybody hears it. */
inline make_offer()
{
	asked[me] = false;
	if
	:: state[me] == ACTIVE && owning[me] && !offering[me] ->
		atomic {
			handed[me] = true;
			offering[me] = true;
			offer[me] = OFFER_BOUND;
#ifndef NOT_LOWERED_FIRST
			lowered[me] = true
#endif
		}
#ifdef RESIGN_AT_ONCE
		end_offer()
#else
		advertise()
#endif
#ifdef GAP
		;
		moved = true
#endif
	:: else
	fi
}

/* The lease ends before anybody hears that it may, and then the dataplane knows our priority. */
inline end_offer()
{
	atomic { become_backup(); lease[me] = 0; lowered[me] = false }
	post_to_all(RESIGNATION);
	full_down_timer(down[me], me)
}
#endif

/* machine_lose_lease(): an interval, in which any Active must be heard. */
inline lose_lease()
{
	become_backup();
	lease[me] = 0;
	down[me] = INTERVAL + SKEW(me)
}

#ifdef QUORUM
inline drop_and_resign()
{
	atomic {
		become_backup();
		lease[me] = 0
	}
	post_to_all(RESIGNATION);
	full_down_timer(down[me], me)
}

/* Without a majority: an Active resigns, and silence means nothing to a Backup. */
inline lose_quorum()
{
	if
	:: state[me] == ACTIVE -> drop_and_resign()
	:: else
	fi;
	down[me] = (down[me] == 0 -> OFF : down[me])
}

/* keepalive_run(). */
inline send_keepalive(from)
{
	to = 0;
	do
	:: to < NODES ->
		if
		:: to != from && LINKED(from, to) -> heard_for[LINK(from, to)] = COUNTED
		:: to == from || !LINKED(from, to)
		fi;
		to++
	:: else -> break
	od;
	to = 0;
	keepalive[from] = KEEPALIVE
}

/* engine_count_quorum() and VRRP_EVENT_QUORUM. */
inline count_quorum()
{
	atomic {
		regained = !majority(me);
		limit[me] = majority_lasts(me);
		if
		:: regained && majority(me) && state[me] == BACKUP -> full_down_timer(down[me], me)
		:: else
		fi;
		regained = false
	}
}

inline store_again()
{
	if
	:: owning[me] && (worth_storing(me) || QUORUM_TIMER_DUE(me)) -> renew_lease()
	:: else
	fi
}
#endif

inline begin_turn()
{
	atomic {
		beaten[me] = false;
		if
		:: owning[me] && lease[me] == 0 -> lose_lease()
		:: else
		fi
	}
}

/*
 * An Active that hears what has come in since the last look answers each node that it comes before,
 * and says one last word, without a lease, when it has owned and hears a better one.
 */
inline hear()
{
	atomic {
		if
#if HANDOVERS > 0
		:: state[me] == ACTIVE && offering[me] && (heard[me] & (BETTER | WORSE)) ->
			become_backup();
			lease[me] = 0;
			lowered[me] = false;
			full_down_timer(down[me], me)
#endif
		:: state[me] == ACTIVE && !is_offering(me) && (heard[me] & BETTER) ->
			last_word = owning[me];
			become_backup();
			lease[me] = 0;
			down[me] = rest[me]
		:: state[me] == ACTIVE && !(heard[me] & BETTER) &&
		   !(is_offering(me) && (heard[me] & WORSE)) ->
			answers = heard[me] != 0
		:: state[me] == BACKUP && rest[me] > 0 -> down[me] = rest[me]
		:: state[me] == BACKUP && rest[me] == 0 ->
			/* Began, and ran out, while we were stopped; or is no word that counts. */
			if
			:: heard[me] & (BETTER | RESIGNED) -> down[me] = 0
			:: else
			fi
		fi;
#if HANDOVERS > 0
		if
		:: state[me] == BACKUP && (heard[me] & OFFERED) && accept[me] < down[me] ->
			down[me] = accept[me]
		:: else
		fi;
		accept[me] = (heard[me] & OFFERED -> OFF : accept[me]);
#endif
		heard[me] = 0;
		rest[me] = 0
	}
	if
	:: answers -> answers = false; advertise()
	:: last_word -> last_word = false; post_to_all(ADVERT)
	:: else
	fi
}

/* The dataplane is asked until it has nothing new; then, and not before, the timers count. */
inline ask_dataplane()
{
	do
	:: heard[me] != 0 -> hear()
	:: heard[me] == 0 -> break
	od
}

inline take_lease()
{
	atomic { take[me] = OFF; owning[me] = true }
	store(!beaten[me])
}

/* Advertise first, own second. */
inline become_active()
{
	atomic {
		state[me] = ACTIVE;
		down[me] = OFF;
		advert[me] = INTERVAL;
#if HANDOVERS > 0
		handed[me] = false;
#endif
#ifdef FOREIGN
		at_once = me == 1;
#endif
#ifdef TAKE_AT_ONCE
		take[me] = (foreign[me] > 0 -> HANDOVER : OFF);
		foreign[me] = 0;
		at_once = take[me] == OFF
#else
		take[me] = HANDOVER
#endif
	}
#ifdef FOREIGN
	if
	:: at_once -> fresh[me] = LEASE; take_lease()
	:: else
	fi;
	at_once = false;
#endif
	send_advert();
#ifdef FOREIGN
	if
	:: owning[me] -> renew_lease()
	:: else
	fi;
#endif
#ifdef TAKE_AT_ONCE
	if
	:: at_once -> at_once = false; take_lease()
	:: else
	fi
#endif
}

inline act_on_timers()
{
#if HANDOVERS > 0
	if
	:: offer[me] == 0 -> end_offer()
	:: else
	fi;
#endif
	if
	:: take[me] == 0 -> take_lease()
	:: else
	fi;
	if
	:: advert[me] == 0 -> advertise()
	:: else
	fi;
	if
	:: down[me] == 0 -> become_active()
	:: else
	fi
}

inline expire()
{
	if
	:: owning[me] && beaten[me] && lease[me] == 0 -> atomic { lose_lease() }
	:: else
	fi;
#ifdef QUORUM
	if
	:: TIMER_DUE(me) && !majority(me) -> lose_quorum()
	:: majority(me) -> store_again(); act_on_timers()
	:: else
	fi
#else
	act_on_timers()
#endif
}

/* A lease that a run before this one has left alive is gone on with. */
inline startup()
{
	begin_turn();
#ifdef QUORUM
	count_quorum();
#endif
	if
	:: lease[me] > 0 && majority(me) ->
		atomic {
			state[me] = ACTIVE;
			owning[me] = true;
			heard[me] = 0;
			rest[me] = 0
		}
		advertise()
	:: else ->
		atomic {
			state[me] = BACKUP;
			if
			:: rest[me] > 0 -> down[me] = rest[me]
			:: else -> full_down_timer(down[me], me)
			fi;
			heard[me] = 0;
			rest[me] = 0
		}
	fi
}

/* Forgets what is in the process. The maps stay: lease, and what the dataplane saw. */
inline forget(node)
{
	rest[node] = (state[node] == BACKUP && down[node] > rest[node] -> down[node] : rest[node]);
	state[node] = INITIALIZE;
	owning[node] = false;
	advert[node] = OFF;
	take[node] = OFF;
	down[node] = OFF;
	fresh[node] = 0;
	heard[node] = 0;
	stopping[node] = false;
#if HANDOVERS > 0
	offering[node] = false;
	handed[node] = false;
	offer[node] = OFF;
	accept[node] = OFF;
	asked[node] = false;
	lowered[node] = lowered[node] && lease[node] > 0; /* in the map, as long as the lease is */
#endif
#ifdef QUORUM
	keepalive[node] = 0;
	limit[node] = 0;
	stored[node] = 0;
#endif
	idle[node] = false;
	up[node] = false;
	END(node)
}

/* The lease ends before anybody hears that it may. */
inline shutdown()
{
	if
	:: state[me] == ACTIVE -> lease[me] = 0; post_to_all(RESIGNATION)
	:: else
	fi;
	atomic { forget(me) }
}

/* ctl/vrrp/engine_thread.c. It may be stopped before every statement, by `running`. */
proctype controller(byte me) provided (running[me])
{
	byte to;
	bool alive, answers, last_word;
#ifdef QUORUM
	bool regained;
#endif
#if defined(TAKE_AT_ONCE) || defined(FOREIGN)
	bool at_once;
#endif

	do
	:: atomic {
		to = 0;
		alive = false;
		answers = false;
		last_word = false;
#if defined(TAKE_AT_ONCE) || defined(FOREIGN)
		at_once = false;
#endif
		idle[me] = true;
		END(me)
	   }
	   atomic { up[me] && UNDISTURBED -> idle[me] = false; BEGIN(me) }
	   {
		startup();
		do
		:: atomic { idle[me] = true; END(me) }
		   atomic { DUE(me) && UNDISTURBED -> idle[me] = false; BEGIN(me) }
		   if
		   :: stopping[me] -> shutdown()
		   :: else
		   fi;
#if HANDOVERS > 0
		   if
		   :: asked[me] -> make_offer()
		   :: else
		   fi;
#endif
		   begin_turn();
		   ask_dataplane();
#ifdef QUORUM
		   if
		   :: KEEPALIVE_DUE(me) -> atomic { send_keepalive(me) }
		   :: else
		   fi;
		   count_quorum();
		   ask_dataplane();
#endif
		   expire()
		od
	   } unless { !up[me] }
	od
}

/* Nothing is left to be done now: stopped, dead, or at the end of a turn and nothing due. */
#define QUIET(node)                                                                                \
	(!running[node] || (idle[node] && (!up[node] || (state[node] != INITIALIZE && !DUE(node)))))

/* Time. */

inline count_down(timer)
{
	timer = (timer == 0 || timer == OFF -> timer : timer - 1)
}

#ifdef PARTITION
#define OWNED ((lease[0] > 0 && (!cut || alone != 0)) || (lease[1] > 0 && (!cut || alone != 1)) || \
	       (NODES == 3 && lease[NODES - 1] > 0 && (!cut || alone != NODES - 1)))
#else
#define OWNED (live_leases > 0)
#endif

inline count_owners()
{
#ifdef OWNERLESS
	ownerless = (calm && !OWNED -> ownerless + 1 : 0);
	assert(ownerless <= OWNERLESS)
#elif defined(GAP)
	gap = (moved && !OWNED -> gap + 1 : 0);
	assert(gap <= GAP)
#else
	skip
#endif
}

inline tick()
{
	node = 0;
	do
	:: node < NODES ->
		count_down(lease[node]);
		count_down(rest[node]);
		count_down(advert[node]);
		count_down(take[node]);
		count_down(down[node]);
		count_down(fresh[node]);
#if HANDOVERS > 0
		count_down(offer[node]);
		count_down(accept[node]);
#endif
#ifdef TAKE_AT_ONCE
		count_down(foreign[node]);
#endif
#ifdef QUORUM
		count_down(keepalive[node]);
		count_down(limit[node]);
		count_down(stored[node]);
#endif
		node++
	:: else -> break
	od;
	node = 0;
	do
	:: node < FLIGHTS ->
		count_down(flight[node]);
		node++
	:: else -> break
	od;
	node = 0;
#ifdef QUORUM
	do
	:: node < NODES * NODES ->
		count_down(heard_for[node]);
		node++
	:: else -> break
	od;
	node = 0
#endif
}

#if NODES == 3
#define ALL_QUIET (QUIET(0) && QUIET(1) && QUIET(2))
#define NONE_OVERDUE                                                                               \
	!(OVERDUE(1) || OVERDUE(2) || OVERDUE(3) || OVERDUE(5) || OVERDUE(6) || OVERDUE(7))
#else
#define ALL_QUIET    (QUIET(0) && QUIET(1))
#define NONE_OVERDUE !(OVERDUE(1) || OVERDUE(2))
#endif

proctype clock()
{
	byte node;

	do
	:: atomic {
		UNDISTURBED && ALL_QUIET && NONE_OVERDUE && BEGUN ->
		d_step { tick() }
#ifdef TOGETHER
		begun = true;
#endif
		count_owners()
	   }
	od
}

/*
 * SETTLED: before the split nothing happens but that an owner advertises. OWNER_ALONE: it is cut off,
 * and whatever happens, happens to it.
 */
#if defined(OWNER_ALONE)
#define MISFORTUNE (split && !calm && node == alone)
#elif defined(SETTLED)
#define MISFORTUNE (split && !calm)
#else
#define MISFORTUNE (!calm)
#endif

#define STARTED(node) (up[node] && !(idle[node] && state[node] == INITIALIZE))

/* The adversary, as far as one node is concerned. */
proctype misfortune(byte node)
{
	do
#if PAUSES > 0
	:: atomic { pauses > 0 && MISFORTUNE && FREE(node) && STARTED(node) && running[node] ->
		running[node] = false; pauses--; END(node) }
	:: atomic { !running[node] && UNDISTURBED ->
		running[node] = true;
		if
		:: !idle[node] -> BEGIN(node)
		:: else
		fi
	   }
#endif
#if CRASHES > 0
	:: atomic { crashes > 0 && MISFORTUNE && FREE(node) && STARTED(node) ->
		forget(node); running[node] = true; crashes-- }
#endif
#if STOPS > 0
	:: atomic { stops > 0 && MISFORTUNE && UNDISTURBED && STARTED(node) && running[node] && idle[node] ->
		stopping[node] = true; stops-- }
#endif
#if HANDOVERS > 0
	:: atomic { handovers > 0 && MISFORTUNE && UNDISTURBED && STARTED(node) && running[node] && idle[node] &&
		    state[node] == ACTIVE && owning[node] ->
		asked[node] = true; handovers-- }
#endif
	/* Also the first start, of each node at a time of its own. */
	:: atomic { !up[node] && idle[node] && !calm && UNDISTURBED -> up[node] = true }
	od
}

/* From here on nothing more goes wrong, and who was stopped continues. */
proctype peace()
{
	atomic {
#ifdef PARTITION
		split;
#endif
		UNDISTURBED && BEGUN && anybody_up && running[0] && running[1] && running[NODES - 1] &&
		!stopping[0] && !stopping[1] && !stopping[NODES - 1] ->
		calm = true
	}
}

#ifdef PARTITION
proctype partition()
{
	atomic {
#ifdef SETTLED
		begun;
#else
		BEGUN;
#endif
#ifdef OWNER_ALONE
		alone = (lease[0] > 0 -> 0 : (lease[1] > 0 -> 1 : NODES - 1));
#else
		if
		:: alone = 0
		:: alone = 1
		:: alone = NODES - 1
		fi;
#endif
		split = true;
		cut = true
	}
#ifdef HEALS
	cut = false
#endif
}
#endif

#ifdef SETTLED
/* A cluster with an owner, which all others know: as after a restart, each with the maps it had. */
inline settle()
{
	if
	:: lease[0] = 1
	:: !PREEMPT -> lease[1] = 1
	:: !PREEMPT -> lease[NODES - 1] = 1
	fi;
	do
	:: node < NODES ->
		up[node] = true;
		if
		:: keepalive[node] = 0
		:: keepalive[node] = KEEPALIVE / 2
		fi;
		other = 0;
		do
		:: other < NODES ->
			heard_for[LINK(node, other)] = COUNTED - KEEPALIVE + keepalive[node];
			other++
		:: else -> break
		od;
		node++
	:: else -> break
	od;
	node = 0
}
#endif

init {
	byte node, other;

	atomic {
		do
		:: node < NODES ->
			run controller(node);
			run misfortune(node);
			other = 0;
			do
			:: other < NODES && other != node -> run link(node, other); other++
			:: other == node -> other++
			:: other >= NODES -> break
			od;
			node++
		:: else -> break
		od;
		node = 0;
#ifdef SETTLED
		settle();
#endif
		other = 0;
		run clock();
#ifdef PARTITION
		run partition();
#endif
#ifdef OWNERLESS
		run peace()
#endif
	}
}
