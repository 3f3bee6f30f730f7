/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sending advertisements, unicast to every peer or multicast to the group, through a packet socket
 * on the VLAN device: no neighbour queue holds them back, no firewall rule eats them, and when
 * sendmmsg() returns the driver has them. The kernel's own way, a raw socket, is for a peer whose
 * MAC nobody has told us yet. Nothing is received here: that is the dataplane's business.
 */
#ifndef VIPD_VRRP_TRANSPORT_H
#define VIPD_VRRP_TRANSPORT_H

#include <sys/socket.h>

#include "ctl/config/config.h"
#include "ctl/net/link.h"
#include "ctl/vrrp/batch.h"

struct transport_destination {
	struct ip_address address;
	uint8_t mac[6];
	bool mac_known;     /* kept when a peer fails to answer: it may be deaf for a moment only */
	bool heard;         /* has ever sent us something valid */
	bool vipd;          /* wants to know our standing */
	bool silent;        /* does not tell us its own */
	uint64_t spoken_at; /* ns, when it was told last */
	uint64_t lost_at;   /* ns, when the kernel found it nowhere; 0: it has not since */
	uint64_t asked_since; /* ns, when it was first looked for; 0: it was not */
	uint64_t ask_at;      /* ns, when it may be looked for again, as long as it is not found */
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
	struct batch *batch;     /* NULL: not open */
	struct transport_path ipv4, ipv6;
};

/** transport_init() - a transport that is not open. */
void transport_init(struct transport *transport);

/**
 * transport_prepare() - what a configuration and a link require: sockets for the families that
 * carry an election of this node, or its standing
 * @next: the result. It shares those sockets of @before that are as required, and opens others.
 * @before: what is in use now, or only initialised; what it knows of MACs is taken over.
 *
 * Return: 0, or a negative errno after one logged message; @next has no sockets then.
 */
int transport_prepare(struct transport *next, const struct config *config,
		      const struct net_link *link, const struct transport *before);

/**
 * transport_close() - close the sockets and free the batch, but for what @other shares
 * @other: NULL: none are shared.
 */
void transport_close(struct transport *transport, const struct transport *other);

/**
 * transport_source() - the address that this node's advertisements of a family come from
 *
 * RFC 9568 section 5.1.2.1: to the group, IPv6 advertisements come from the link-local address.
 */
const struct ip_address *transport_source(const struct config *config, int family);

/**
 * transport_set_mac() - where a peer is, from the neighbour table; others than peers are ignored
 * @mac: six bytes; NULL: it does not answer. Where it was is kept.
 */
void transport_set_mac(struct transport *transport, const struct ip_address *address,
		       const uint8_t *mac);

/** transport_note_heard() - a peer is there, and is not looked for any more. */
void transport_note_heard(struct transport *transport, const struct ip_address *address);

/**
 * transport_queue() - send an encoded message to everybody, by transport_flush() at the latest
 * @message: @length bytes, and @trailer more behind them. Its checksum is written here, which
 * covers the trailer over IPv6 only. What is behind its header must stay until the flush.
 * @delivery: zeroed here; complete after the flush.
 *
 * A peer that was never heard of is looked for once a second, not with every message. So is one
 * that is silent, and has been nowhere on the link for a while. To be silent is not enough: where
 * messages are lost one way only, it still hears this node.
 */
void transport_queue(struct transport *transport, int family, uint8_t *message, size_t length,
		     size_t trailer, struct delivery *delivery);

/**
 * transport_queue_sparingly() - the same for what only peers that run vipd want
 * @now: the turn, ns: all that is sent to a peer in one turn goes together.
 *
 * A peer that is silent gets it twice a second at most: its machine is off, as a rule, and if not,
 * it has not long to wait. Advertisements of instances are not held back like that. Where packets
 * are lost one way only, a silent peer still hears this node, and is Backup as long as it does.
 */
void transport_queue_sparingly(struct transport *transport, int family, uint8_t *message,
			       size_t length, size_t trailer, struct delivery *delivery,
			       uint64_t now);

/** transport_set_silent() - whether a peer is heard; others than peers are ignored. */
void transport_set_silent(struct transport *transport, const struct ip_address *address,
			  bool silent);

/** transport_flush() - hand to the network what is queued. */
void transport_flush(struct transport *transport);

/**
 * delivery_error() - whether nobody can have heard a message
 *
 * Return: 0 when it was handed to the network for at least one receiver, or there is none; else the
 * negative errno of the last attempt.
 */
static inline int delivery_error(const struct delivery *delivery)
{
	return delivery->sent ? 0 : delivery->failure;
}

#endif
