/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whether a socket of this node takes what it is to serve: a check asks the server at the node's
 * own address, and vouches for no VIP and no other port. The kernel's tables of sockets are read
 * every two seconds, and what each service of this node needs is looked up in them.
 *
 * A socket serves a VIP when it is bound to it, or to no address of its family, and to no other
 * device than the one whose frames the dataplane sees. A service without a listener check is left
 * out: its sockets cannot be seen from here.
 *
 *   listeners.c  the sockets, sorted; what of a service nobody listens on
 *   part.c       when it is looked, and what is said of it
 *
 * Everything runs in the main loop. The kernel's answer to one look takes it some microseconds for
 * each socket that listens, and none for those that do not.
 */
#ifndef VIPD_LISTENERS_LISTENERS_H
#define VIPD_LISTENERS_LISTENERS_H

#include <stdbool.h>
#include <stddef.h>

#include "ctl/config/config.h"

/* A port of a service of this node. */
struct listener_port {
	char service[CONFIG_NAME_MAX];
	struct config_port port;
	bool known;              /* false: the kernel does not tell of sockets of this protocol */
	size_t vips;             /* of the service */
	size_t missing;          /* so many of them nobody listens on at this port */
	struct ip_address first; /* of the missing */
};

/* A socket that waits for connections, or for datagrams of anybody. */
struct listener {
	struct ip_address address; /* ANY: all of one family, as "0.0.0.0" or "::" */
	uint16_t port;             /* host order */
	uint8_t protocol;
};

struct listeners {
	struct listener *list; /* sorted by listeners_sort() */
	size_t count, room;
	bool failed;      /* there was no memory for one */
	bool without_udp; /* the kernel does not tell of these sockets */
};

/**
 * listeners_read() - of this network namespace
 * @listeners: empty; the result, for listeners_free().
 * @ifindex: sockets that are bound to another device do not count.
 *
 * Return: 0, or a negative errno; nothing is logged.
 */
int listeners_read(struct listeners *listeners, unsigned int ifindex);

/** listeners_add() - one; for listeners_read() and tests. */
void listeners_add(struct listeners *listeners, const struct listener *listener);

/** listeners_sort() - after the last listeners_add(). */
void listeners_sort(struct listeners *listeners);

/**
 * listeners_find_missing() - compare with what the services of this node need
 * @ports: the result, for free().
 * @count: how many there are.
 *
 * Return: 0 or -ENOMEM.
 */
int listeners_find_missing(const struct listeners *listeners, const struct config *config,
			   struct listener_port **ports, size_t *count);

/**
 * listeners_look_at() - whether a socket of this network namespace takes what comes for an address
 * @ifindex: as above.
 * @listens: the result.
 *
 * Return: 0, or a negative errno; nothing is logged.
 */
int listeners_look_at(unsigned int ifindex, const struct ip_address *vip,
		      const struct config_port *port, bool *listens);

/** listeners_free() - what it holds. */
void listeners_free(struct listeners *listeners);

#endif
