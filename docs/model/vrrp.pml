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
#ifndef PREEMPT
#define PREEMPT 1
#endif

#define SKEW(node) ((node) + 1)
#define DOWN(node) (3 * INTERVAL + SKEW(node)) /* Active_Down_Interval */

#define OFF 255 /* a timer that does not run */

#define BETTER   1 /* what has been heard since the controller looked last */
#define WORSE    2
#define RESIGNED 4

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
byte flight[2 * NODES * NODES]; /* [RESIGNATION + LINK(from, to)]: of priority 0 */
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
bool cut;
byte alone;     /* the node on the smaller side */
byte since_cut; /* ticks */
#define LINKED(from, to) (!cut || ((from) != alone && (to) != alone))
#else
#define LINKED(from, to) true
#endif

#ifdef TAKE_AT_ONCE
byte foreign[NODES]; /* struct vrrp_machine.foreign_lease */
#endif

#ifdef QUORUM
#define WINDOW DOWN(0) /* in which a peer's keepalive counts */
byte recent[NODES * NODES]; /* ticks for which the receiver still counts the sender */
#define COUNTS(me, peer) ((me) == (peer) || recent[LINK(peer, me)] > 0)
#if NODES == 3
#define majority(me) (COUNTS(me, 0) + COUNTS(me, 1) + COUNTS(me, 2) > 1)
#else
#define majority(me) (COUNTS(me, 0) + COUNTS(me, 1) > 1)
#endif
#else
#define majority(me) true
#endif

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
	lease[me] = ticks;
#ifndef OVERLAP
	assert(live_leases <= 1)
#endif
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

/* The dataplane: accept_advert() in bpf/vrrp.h. */

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
	if
	:: from < to ->
#ifndef NO_BEATEN
		beaten[to] = true;
		lease[to] = 0;
#endif
		remember(BETTER);
		full_down_timer(rest[to], to)
	:: else ->
		remember(WORSE);
		if
		:: !PREEMPT || !up[to] -> full_down_timer(rest[to], to)
		:: else
		fi
	fi
}

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
	od
}

#ifdef DUPLICATES
#define OVERDUE(l) (flight[RESIGNATION + (l)] == 1 || (flight[l] == 1 && !arrived[l]))
#else
#define OVERDUE(l) (flight[RESIGNATION + (l)] == 1 || flight[l] == 1)
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
		fresh[me] = 0
	}
}

inline advertise()
{
	advert[me] = INTERVAL;
	send_advert();
	if
	:: owning[me] -> renew_lease()
	:: else
	fi
}

/* The state machine: ctl/vrrp/machine.c. */

inline become_backup()
{
	state[me] = BACKUP;
	owning[me] = false;
	advert[me] = OFF;
	take[me] = OFF;
	fresh[me] = 0
}

/* vrrp_lose_lease(): an interval, in which any Active must be heard. */
inline lose_lease()
{
	become_backup();
	lease[me] = 0;
	down[me] = INTERVAL + SKEW(me)
}

/* Without a majority an Active stops advertising, and lets its lease end. */
inline stand_back()
{
	become_backup();
	full_down_timer(down[me], me)
}

inline begin_turn()
{
	atomic {
		beaten[me] = false;
		if
		:: owning[me] && lease[me] == 0 -> lose_lease()
		:: else -> if
			:: state[me] == ACTIVE && !majority(me) -> stand_back()
			:: else
			fi
		fi
	}
}

/* What has come in since the last look. An Active answers whoever it comes before. */
inline hear()
{
	atomic {
		if
		:: state[me] == ACTIVE && (heard[me] & BETTER) ->
			become_backup();
			lease[me] = 0;
			down[me] = rest[me]
		:: state[me] == ACTIVE && !(heard[me] & BETTER) ->
			answers = heard[me] != 0 && majority(me)
		:: state[me] == BACKUP && rest[me] > 0 -> down[me] = rest[me]
		:: state[me] == BACKUP && rest[me] == 0 ->
			/* Began, and ran out, while we were stopped; or is no word that counts. */
			if
			:: heard[me] & (BETTER | RESIGNED) -> down[me] = 0
			:: else
			fi
		fi;
		heard[me] = 0;
		rest[me] = 0
	}
	if
	:: answers -> answers = false; advertise()
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
#ifdef TAKE_AT_ONCE
		take[me] = (foreign[me] > 0 -> HANDOVER : OFF);
		foreign[me] = 0;
		at_once = take[me] == OFF
#else
		take[me] = HANDOVER
#endif
	}
	send_advert();
#ifdef TAKE_AT_ONCE
	if
	:: at_once -> at_once = false; take_lease()
	:: else
	fi
#endif
}

inline expire()
{
	if
	:: owning[me] && beaten[me] && lease[me] == 0 -> atomic { lose_lease() }
	:: else
	fi;
	if
	:: take[me] == 0 -> take_lease()
	:: else
	fi;
	if
	:: advert[me] == 0 -> advertise()
	:: else
	fi;
	if
	:: down[me] == 0 && majority(me) -> become_active()
	:: down[me] == 0 && !majority(me) -> down[me] = 1 /* and look again */
	:: else
	fi
}

/* A lease that a run before this one has left alive is gone on with. */
inline startup()
{
	begin_turn();
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

#define DUE(node)                                                                                  \
	(heard[node] != 0 || advert[node] == 0 || take[node] == 0 || down[node] == 0 ||            \
	 stopping[node])

/* ctl/vrrp/engine_thread.c. It may be stopped before every statement, by `running`. */
proctype controller(byte me) provided (running[me])
{
	byte to;
	bool alive, answers;
#ifdef TAKE_AT_ONCE
	bool at_once;
#endif

	do
	:: atomic {
		to = 0;
		alive = false;
		answers = false;
#ifdef TAKE_AT_ONCE
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
		   begin_turn();
		   ask_dataplane();
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
#else
	skip
#endif
}

#ifdef QUORUM
/* Keepalives come once an interval: the last before a silence was up to an interval ago. */
inline count_keepalives()
{
	to = 0;
	do
	:: to < NODES * NODES ->
		if
		:: up[to / NODES] && running[to / NODES] && LINKED(to / NODES, to % NODES) ->
			recent[to] = WINDOW
		:: else ->
			if
			:: recent[to] == WINDOW -> recent[to] = WINDOW - 1
			:: recent[to] == WINDOW -> recent[to] = WINDOW - INTERVAL
			:: recent[to] > 0 -> recent[to] = recent[to] - 1
			:: recent[to] == 0
			fi
		fi;
		to++
	:: else -> break
	od;
	to = 0
}
#endif

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
#ifdef TAKE_AT_ONCE
		count_down(foreign[node]);
#endif
		node++
	:: else -> break
	od;
	node = 0;
	do
	:: node < 2 * NODES * NODES ->
		count_down(flight[node]);
		node++
	:: else -> break
	od;
	node = 0
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
	byte node, to;

	do
	:: atomic {
		UNDISTURBED && ALL_QUIET && NONE_OVERDUE && BEGUN ->
		d_step { tick() }
#ifdef TOGETHER
		begun = true;
#endif
#ifdef QUORUM
		count_keepalives();
#endif
#ifdef OVERLAP
		since_cut = (cut && since_cut < 255 -> since_cut + 1 : since_cut);
		assert(live_leases <= 1 || since_cut <= OVERLAP);
#endif
		count_owners()
	   }
	od
}

#define STARTED(node) (up[node] && !(idle[node] && state[node] == INITIALIZE))

/* The adversary, as far as one node is concerned. */
proctype misfortune(byte node)
{
	do
#if PAUSES > 0
	:: atomic { pauses > 0 && !calm && FREE(node) && STARTED(node) && running[node] ->
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
	:: atomic { crashes > 0 && !calm && FREE(node) && STARTED(node) ->
		forget(node); running[node] = true; crashes-- }
#endif
#if STOPS > 0
	:: atomic { stops > 0 && !calm && UNDISTURBED && STARTED(node) && running[node] && idle[node] ->
		stopping[node] = true; stops-- }
#endif
	/* Also the first start, of each node at a time of its own. */
	:: atomic { !up[node] && idle[node] && !calm && UNDISTURBED -> up[node] = true }
	od
}

/* From here on nothing more goes wrong, and who was stopped continues. */
proctype peace()
{
	atomic {
		UNDISTURBED && BEGUN && anybody_up && running[0] && running[1] && running[NODES - 1] &&
		!stopping[0] && !stopping[1] && !stopping[NODES - 1] ->
		calm = true
	}
}

#ifdef PARTITION
proctype partition()
{
	atomic {
		BEGUN;
		if
		:: alone = 0
		:: alone = 1
		:: alone = NODES - 1
		fi;
		cut = true
	}
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
