/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The TCP connections that this node terminates, counted from the kernel's own socket tables
 * (sock_diag(7)).
 */
#ifndef VIPD_NET_CONNECTIONS_H
#define VIPD_NET_CONNECTIONS_H

#include <stddef.h>

#include "ctl/config/config.h"

/**
 * connections_count() - how many TCP connections there are to some of our addresses and ports
 * @vips: @vip_count of them, of either family.
 * @ports: @port_count of them; those of other protocols than TCP do not count.
 * @count: the result: sockets that have, or may yet have, something to say, from SYN_RECV to
 *         LAST_ACK. Listeners and TIME_WAIT are none, nor is a SYN that a cookie answers.
 *
 * In the network namespace of the caller. A connection that begins or ends meanwhile may count or
 * not.
 *
 * Return: 0, or a negative errno; nothing is logged.
 */
int connections_count(const struct ip_address *vips, size_t vip_count,
		      const struct config_port *ports, size_t port_count, size_t *count);

/**
 * connections_to_services() - how many there are to all VIPs and ports of services
 *
 * Return: as connections_count().
 */
int connections_to_services(const struct config *config, size_t *count);

#endif
