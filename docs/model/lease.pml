// SPDX-License-Identifier: GPL-2.0-only
/*
 * The lease word and its two writers (maps/instances.h), one memory access a step: the dataplane,
 * which ends a lease that an advertisement has beaten, and the controller, which takes and renews
 * it, and may be stopped between any two accesses for as long as you like. There is no time in
 * here: a lease that is live stays so, until somebody writes the word.
 *
 * Claim: from the moment that the dataplane has given way, the word is not live, whatever the
 * controller had in mind, until the controller has looked at what beat it.
 *
 * -D TAKE_BACK   the controller stores first, and takes it back when it sees `beaten` move
 * -D NO_BEATEN   the controller stores, and looks at nothing
 * -D NO_CLAIM    the controller takes without having made the word non-zero
 */
#define NONE  0
#define CLAIM 1 /* not zero, and not live: what the dataplane sees and overwrites */
#define LIVE  2

#define ADVERTS 2 /* that beat ours */
#define TURNS   3 /* of the controller */

byte lease;       /* instance_entry.lease_until */
byte beaten;      /* instance_entry.beaten */
byte sighted;     /* vipd_adverts: adverts that the dataplane has recorded */
byte delivered;   /* vipd_inbox: adverts that the controller's queue has got */
byte gave_way;    /* adverts that have been given way to: what the claim is about */
byte looked_at;   /* adverts that the controller knows of */

#define safe (gave_way <= looked_at || lease != LIVE)

/* bpf/guard/advert.h, accept_advert(): on any CPU, at any time, but one advert after the other. */
active proctype dataplane()
{
	byte count;

	do
	:: count < ADVERTS ->
		sighted++;
		beaten++;
		if
		:: lease != NONE -> lease = NONE
		:: else
		fi;
		gave_way++;
		delivered++;
		count++
	:: break
	od
}

/* maps_store_lease(): a first store, by a node that has asked the dataplane in this turn. */
inline store_lease()
{
#if defined(NO_BEATEN)
	lease = LIVE
#elif defined(TAKE_BACK)
	lease = LIVE;
	if
	:: beaten != mark -> lease = NONE
	:: else
	fi
#else
#ifdef NO_CLAIM
	before = NONE;
#else
	lease = CLAIM;
	before = CLAIM;
#endif
	if
	:: beaten != mark -> lease = NONE
	:: else -> exchange()
	fi
#endif
}

/* maps_renew_lease(): only what is live is renewed. */
inline renew_lease()
{
#if defined(NO_BEATEN) || defined(TAKE_BACK)
	store_lease()
#else
	before = lease;
	if
	:: before == LIVE -> exchange()
	:: else
	fi
#endif
}

inline exchange()
{
	d_step {
		if
		:: lease == before -> lease = LIVE
		:: else
		fi
	}
}

/* One turn of the engine: mark, inbox, then the timers. What it hears, it yields to. */
active proctype controller()
{
	byte turn, mark, before;

	do
	:: turn < TURNS ->
		turn++;
		mark = beaten;
		/* The inbox. A word from a lesser node, before that of a better one, is answered. */
		if
		:: lease == LIVE -> renew_lease()
		:: skip
		fi;
		looked_at = delivered;
		/* A timer is due: what the dataplane has seen comes first. */
		looked_at = sighted;
		if
		:: looked_at > 0 ->
			lease = NONE;
			break
		:: else ->
			if
			:: lease == LIVE -> renew_lease()
			:: else -> store_lease()
			fi
		fi
	:: else -> break
	od
}

ltl beaten_is_beaten { [] safe }
