/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's tables of sockets, read once: sock_diag(7), in the network namespace of the caller.
 */
#ifndef VIPD_NET_SOCK_DIAG_H
#define VIPD_NET_SOCK_DIAG_H

#include <linux/inet_diag.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "maps/address.h"

struct nlattr;

/* What is wanted of the sockets of IPv4, then of those of IPv6. */
struct sock_diag_question {
	uint8_t protocol;   /* IPPROTO_TCP or IPPROTO_UDP */
	uint32_t states;    /* a bit for each, 1 << TCP_LISTEN for example; unconnected sockets of
			       UDP are in TCP_CLOSE */
	const void *filter; /* bytecode that the kernel runs for each socket (linux/inet_diag.h) */
	size_t filter_length; /* bytes; 0: all sockets */
};

/*
 * Called for each socket.
 * @source: its own address; a socket of both families has IPv4 addresses mapped into IPv6, and so
 *          have we.
 * @only_ipv6: of an IPv6 socket that is bound to no address: it takes no IPv4.
 */
typedef void (*sock_diag_each)(const struct inet_diag_msg *socket, const struct ip_address *source,
			       bool only_ipv6, void *context);

/**
 * sock_diag_read() - visit the sockets
 *
 * One that comes or goes meanwhile is visited or not.
 *
 * Return: 0, or a negative errno; nothing is logged. -ENOENT: the kernel does not tell of the
 * sockets of this protocol.
 */
int sock_diag_read(const struct sock_diag_question *question, sock_diag_each each, void *context);

#endif
