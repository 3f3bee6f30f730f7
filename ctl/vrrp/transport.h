/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sending advertisements: raw sockets on the VLAN device, unicast to every peer or multicast to the
 * group. Nothing is received here: valid advertisements come from the dataplane's inbox, whatever a
 * firewall thinks of them.
 */
#ifndef VIPD_VRRP_TRANSPORT_H
#define VIPD_VRRP_TRANSPORT_H

#include <sys/socket.h>

#include "ctl/config/config.h"
#include "ctl/net/net.h"

/* One family's socket and where it sends to. */
struct transport_path {
	int socket; /* -1: this family carries no election here */
	struct ip_address source;
	struct ip_address destinations[MAX_PEERS];
	struct sockaddr_storage names[MAX_PEERS];
	socklen_t name_length;
	size_t destination_count;
};

struct transport {
	enum vrrp_checksum checksum;
	struct transport_path ipv4, ipv6;
};

/**
 * transport_open() - sockets for the families that carry an election of this node
 *
 * Return: 0, or a negative errno after one logged message; nothing is open then.
 */
int transport_open(struct transport *transport, const struct config *config,
		   const struct net_link *link);

void transport_close(struct transport *transport);

/** transport_source() - the address that our advertisements of a family come from. */
const struct ip_address *transport_source(const struct transport *transport, int family);

/**
 * transport_send() - send an encoded message to everybody
 * @message: its checksum is written here.
 *
 * Return: 0 when it was handed to the network for at least one receiver, or there is none; else the
 * negative errno of the last attempt.
 */
int transport_send(const struct transport *transport, int family, uint8_t *message, size_t length);

#endif
