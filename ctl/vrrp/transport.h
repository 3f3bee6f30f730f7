/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sending advertisements, unicast to every peer or multicast to the group, through a packet socket
 * on the VLAN device: no neighbour queue holds them back, no firewall rule eats them, and when
 * sendto() returns the driver has them. The kernel's own way, a raw socket, is for a peer whose MAC
 * nobody has told us yet. Nothing is received here: that is the dataplane's business.
 */
#ifndef VIPD_VRRP_TRANSPORT_H
#define VIPD_VRRP_TRANSPORT_H

#include <sys/socket.h>

#include "ctl/config/config.h"
#include "ctl/net/link.h"

struct transport_destination {
	struct ip_address address;
	uint8_t mac[6];
	bool mac_known; /* kept when a peer fails to answer: it may be deaf for a moment only */
};

/* One family's way out. */
struct transport_path {
	int raw; /* socket; -1: this family carries no election here */
	struct ip_address source;
	struct transport_destination destinations[MAX_PEERS];
	size_t destination_count;
};

struct transport {
	enum vrrp_checksum checksum;
	unsigned int ifindex;
	int packet;              /* socket; -1: not open */
	uint16_t identification; /* of the next IPv4 packet */
	struct transport_path ipv4, ipv6;
};

/** transport_init() - a transport that is not open. */
void transport_init(struct transport *transport);

/**
 * transport_prepare() - what a configuration and a link require: sockets for the families that
 * carry an election of this node, or keepalives
 * @next: the result. It shares those sockets of @before that are as required, and opens others.
 * @before: what is in use now, or only initialised; what it knows of MACs is taken over.
 *
 * Return: 0, or a negative errno after one logged message; @next has no sockets then.
 */
int transport_prepare(struct transport *next, const struct config *config,
		      const struct net_link *link, const struct transport *before);

/**
 * transport_close() - close the sockets, but for those that @other shares
 * @other: NULL: none are shared.
 */
void transport_close(struct transport *transport, const struct transport *other);

/**
 * transport_source() - the address that this node's advertisements of a family come from
 *
 * RFC 9568 section 5.1.2.1: to the group, IPv6 advertisements come from the link-local address.
 */
const struct ip_address *transport_source(const struct config *config, int family);

/** transport_set_mac() - where a peer is, from the neighbour table; others than peers are ignored.
 */
void transport_set_mac(struct transport *transport, const struct ip_address *address,
		       const uint8_t mac[static 6]);

/**
 * transport_send() - send an encoded message to everybody
 * @message: @length bytes, and @trailer more behind them; its checksum is written here, which
 * covers the trailer over IPv6 only.
 *
 * Return: 0 when it was handed to the network for at least one receiver, or there is none; else the
 * negative errno of the last attempt.
 */
int transport_send(struct transport *transport, int family, uint8_t *message, size_t length,
		   size_t trailer);

#endif
