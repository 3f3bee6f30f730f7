/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * TCP sockets in every state that a look-up can meet, in a network namespace of the test's own.
 * BPF_PROG_TEST_RUN gives a frame to the loopback device of the caller's namespace, so the
 * dataplane finds them.
 */
#ifndef VIPD_TESTS_BPF_SOCKETS_H
#define VIPD_TESTS_BPF_SOCKETS_H

#include <stdint.h>

#include "maps/steering.h"

/**
 * sockets_enter() - a new namespace, with addresses of both families on its loopback device
 * @addresses: of this host, up to a NULL. All others are of hosts that never answer.
 *
 * Return: 0 or a negative errno.
 */
int sockets_enter(const char *const *addresses);

/* The ends of a connection. */
struct connection {
	int client;
	int server;
};

/* All of these fail the program when something goes wrong. Ports are in host order. */

/** socket_listen() - on one address, or on all of both families where @address is "::". */
int socket_listen(const char *address, uint16_t port);

/** socket_connect() - from a host that is on the loopback device, as the flow says. */
struct connection socket_connect(int listener, const struct flow *flow);

/** socket_sent() - the sequence number behind all that one end has sent; host order. */
uint32_t socket_sent(int end);

/**
 * socket_time_wait() - end the connection, this side first: what remains of it is in TIME_WAIT
 *
 * Return: the sequence number behind all that this side has sent; host order.
 */
uint32_t socket_time_wait(struct connection *connection);

/** socket_half_open() - a SYN from a host that never answers: leaves a request socket. */
void socket_half_open(const struct flow *flow);

/**
 * socket_cookie() - a SYN as socket_half_open(), but the listener answers with a SYN cookie
 *
 * Return: the cookie, which is the sequence number of the SYN-ACK; host order.
 */
uint32_t socket_cookie(const struct flow *flow);

#endif
