/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The times of the protocol and how they hang together, in nanoseconds; I is an advertisement
 * interval. After an Active's last advertisement was heard, which is 0:
 *
 *	1, 2, 3 I       the standing of each node is due (with a quorum: 0.5, 1, 1.5 I)
 *	1.7 I           the majority of who heard nothing more ends; 1.8 I: a lease that rests on it
 *	2.5 I           an offer to hand over is over, at the latest: then the Active resigns
 *	2.9 I           the lease ends, which the advertisement renewed
 *	3 I + skew      Active_Down_Interval: a Backup takes over (RFC 9568 section 6.1)
 *	3.25 I          a node whose standing is not heard is silent, and gets no new flows
 *	4 I             an Active that was not heard again is one no longer, for people
 *
 * All of these are by the interval that the sender advertises, but for the quorum's: they are by
 * each node's own. 5 s without a sign of life of the other thread end ownership (heartbeat.h).
 */
#ifndef VIPD_VRRP_TIMES_H
#define VIPD_VRRP_TIMES_H

#include <stdint.h>

#include "ctl/base/clock.h"

/** vrrp_skew_time() - RFC 9568 section 6.1. @unit: I; in version 2 a second, whatever I is. */
static inline uint64_t vrrp_skew_time(uint8_t priority, uint64_t unit)
{
	return (256 - priority) * unit / 256;
}

/**
 * vrrp_lease_duration() - how long after an advertisement nobody else can take over
 *
 * The earliest that a Backup can is three intervals after it heard us, plus its skew. The margin is
 * for what lies between our reading of the clock and the wire.
 */
static inline uint64_t vrrp_lease_duration(uint64_t interval)
{
	return 3 * interval - interval / 10;
}

/* A node that has heard none of so many advertisements in a row has taken the Active for dead. */
#define ADVERTS_TO_BE_HEARD 3

/**
 * vrrp_interval_limit() - the longest interval that a node of interval @own learns of an Active
 *
 * Ten of its own, or ten seconds if that is more, so that intervals can be changed node by node. No
 * single advertisement can make a Backup deaf for minutes.
 */
static inline uint64_t vrrp_interval_limit(uint64_t own)
{
	return 10 * own > 10 * NS_PER_S ? 10 * own : 10 * NS_PER_S;
}

/**
 * vrrp_advert_slack() - how much earlier an advertisement may be sent, along with another
 * instance's
 *
 * With half an interval, instances end up in one turn wherever they began.
 */
static inline uint64_t vrrp_advert_slack(uint64_t interval)
{
	return interval / 2;
}

/* Presence. */

/**
 * presence_window() - how long a node is not silent after its standing was heard
 * @interval: what it said that the next one comes after.
 *
 * Three in a row may be lost or late by a quarter of an interval, and that is no later than a
 * Backup of priority 192 would take over from it: who takes a dead node's VIPs sends no new flows
 * there.
 */
static inline uint64_t presence_window(uint64_t interval)
{
	return 3 * interval + interval / 4;
}

/*
 * The quorum. Standings come at 0.5, 1 and 1.5 after the last one heard, and the window ends at
 * 1.7. With the margin that is 1.8, and nobody takes over before 2: its timer of 3 began with an
 * advertisement that was heard, and the next one, an interval later, may have been cut off.
 */

/** quorum_pace() - how often every node has to be heard. */
static inline uint64_t quorum_pace(uint64_t interval)
{
	return interval / 2;
}

/**
 * quorum_window() - how long a node counts after it was heard
 *
 * Two lost ones in a row are forgiven, with a fifth of an interval for delays.
 */
static inline uint64_t quorum_window(uint64_t interval)
{
	return interval * 17 / 10;
}

/** quorum_margin() - how much later than the majority a lease may end: for the step down. */
static inline uint64_t quorum_margin(uint64_t interval)
{
	return interval / 10;
}

/*
 * A restart. An owner that is about to end advertises this interval, if its own is shorter: whoever
 * hears it waits longer, as RFC 9568 has it, and the lease lasts until another run goes on with it.
 */
#define RESTART_INTERVAL (1 * NS_PER_S)

/* An interval like that which is heard for longer is configured. */
#define RESTART_PATIENCE (5 * RESTART_INTERVAL)

/* What is left of such a lease just before the next advertisement, and a little less. */
#define RESTART_LEASE (3 * RESTART_INTERVAL / 2)

/*
 * Another version with tables of its own hears nobody until they are in use, within a second as a
 * rule, and for another interval.
 */
#define UPGRADE_PRESUMPTION (3 * NS_PER_S)

/** vrrp_prolong_patience() - when all have heard of another interval, or never will. */
static inline uint64_t vrrp_prolong_patience(uint64_t interval)
{
	return (ADVERTS_TO_BE_HEARD + 2) * interval + 100 * NS_PER_MS;
}

/* For those who wait for other nodes. */

/** vrrp_active_patience() - when an Active that was last heard so long ago is one no longer. */
static inline uint64_t vrrp_active_patience(uint64_t interval)
{
	return 4 * interval;
}

/**
 * vrrp_hand_over_bound() - for how long an Active offers its VIPs before it resigns
 *
 * A Backup that accepts the offer does so within its skew, which is less than an interval. One that
 * does not know of offers takes over 3 intervals after the last advertisement of the full priority,
 * which was less than an interval before, so it comes later than this.
 */
static inline uint64_t vrrp_hand_over_bound(uint64_t interval)
{
	return interval + interval / 2;
}

/** vrrp_offer_interval() - how often the offer is made: one that is lost can be accepted in time.
 */
static inline uint64_t vrrp_offer_interval(uint64_t interval)
{
	return interval / 4;
}

/** vrrp_leave_patience() - until when a heir of ours has been heard, or there is none. */
static inline uint64_t vrrp_leave_patience(uint64_t interval)
{
	return 4 * interval + 100 * NS_PER_MS;
}

/** vrrp_hand_over_patience() - until when somebody has taken over what was handed over. */
static inline uint64_t vrrp_hand_over_patience(uint64_t interval)
{
	return 6 * interval > 2 * NS_PER_S ? 6 * interval : 2 * NS_PER_S;
}

#endif
