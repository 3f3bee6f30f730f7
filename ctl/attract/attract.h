/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * To attract is to bring the traffic for an instance's VIPs to this node, when it owns them: by ARP
 * and ND, by a provider's interface, by BGP. An instance knows its attractions by this interface
 * only. What a method does is fenced by the lease: it looks at the lease right before each act, and
 * leaves the act out once the lease has ended, for another node may own by then.
 *
 * A method that keeps time acts in the VRRP thread, under the engine's lock, and must not wait
 * there. A slow one notes in take() and release() what is wanted, and acts in the main loop.
 */
#ifndef VIPD_ATTRACT_ATTRACT_H
#define VIPD_ATTRACT_ATTRACT_H

#include <stdint.h>

#include "ctl/base/clock.h"
#include "maps/address.h"

/* What the network has shown of an instance's VIPs; all times are CLOCK_MONOTONIC ns. */
struct attract_confirmation {
	uint64_t first_at;       /* all were confirmed for the first time; 0: not yet */
	uint64_t confirmed_at;   /* the oldest of their last confirmations; 0: not all have one */
	uint64_t waiting_since;  /* a confirmation is waited for since then; 0: for none */
	struct ip_address vip;   /* while one is waited for: a VIP without it */
	struct ip_address asked; /* and who has been asked */
};

struct attraction;

struct attract_method {
	const char *name;

	/** take() - the lease is ours from now on; or again, when somebody may have unlearned it.
	 */
	void (*take)(struct attraction *attraction, uint64_t now);

	/** release() - we do not own any more; fine when we did not. */
	void (*release)(struct attraction *attraction);

	/** run() - go on with what is due at @now. NULL: the method never has anything due. */
	void (*run)(struct attraction *attraction, uint64_t now);

	/**
	 * confirmed() - how far the network has shown that it sends all VIPs here
	 * @confirmation: all zero when we do not own, or nobody can show it.
	 */
	void (*confirmed)(const struct attraction *attraction,
			  struct attract_confirmation *confirmation);
};

/* One instance's VIPs, attracted by one method; the first member of what the method keeps. */
struct attraction {
	const struct attract_method *method;
	uint64_t next_at;        /* ns, when run() is due; NEVER: not */
	uint64_t first_acted_at; /* ns, since the last take(); 0: not yet */
};

static inline void attract_take(struct attraction *attraction, uint64_t now)
{
	attraction->method->take(attraction, now);
}

static inline void attract_release(struct attraction *attraction)
{
	attraction->method->release(attraction);
}

static inline void attract_run(struct attraction *attraction, uint64_t now)
{
	if (attraction->next_at <= now)
		attraction->method->run(attraction, now);
}

static inline void attract_confirmed(const struct attraction *attraction,
				     struct attract_confirmation *confirmation)
{
	attraction->method->confirmed(attraction, confirmation);
}

#endif
