// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/vrrp/transport.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <net/ethernet.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/base/address.h"
#include "ctl/base/cleanup.h"
#include "ctl/base/clock.h"
#include "ctl/base/log.h"
#include "ctl/config/lookup.h"
#include "ctl/vrrp/advert.h"
#include "ctl/vrrp/packet.h"

/* TC_PRIO_INTERACTIVE: what a busy queue of the NIC lets through first. */
#define TRANSPORT_PRIORITY 6

/* How often a peer that was never heard of is looked for. */
#define ASK_INTERVAL (1 * NS_PER_S)

/* A silent peer that the kernel has not found for so long has gone. */
#define GONE_AFTER (10 * NS_PER_S)

/* How often a peer that is silent is told our standing. */
#define SPARING_INTERVAL (NS_PER_S / 2)

/* In bytes: a batch of frames may be on its way through the NIC at once. */
#define SEND_BUFFER (4 * 1024 * 1024)

static const char *const group4 = "224.0.0.18"; /* RFC 9568 section 5.1.1.2 */
static const char *const group6 = "ff02::12";   /* RFC 9568 section 5.1.2.2 */

static int set_option(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value)) ? -errno : 0;
}

/*
 * The kernel copies every VRRP packet to a raw socket of that protocol, and answers "protocol
 * unreachable" when there is none. We want neither: the socket is there, and keeps nothing.
 */
static int receive_nothing(int fd)
{
	struct sock_filter refuse = BPF_STMT(BPF_RET | BPF_K, 0);
	struct sock_fprog program = {.len = 1, .filter = &refuse};

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) ? -errno : 0;
}

struct socket_option {
	int level, name, value;
};

static int set_options(int fd, const struct socket_option *options, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int error = set_option(fd, options[i].level, options[i].name, options[i].value);

		if (error)
			return error;
	}
	return 0;
}

static int set_options4(int fd, const struct net_link *link)
{
	static const struct socket_option options[] = {
		{IPPROTO_IP, IP_FREEBIND, 1},
		{IPPROTO_IP, IP_TTL, VRRP_TTL},
		{IPPROTO_IP, IP_MULTICAST_TTL, VRRP_TTL},
		{IPPROTO_IP, IP_MULTICAST_LOOP, 0},
		{IPPROTO_IP, IP_TOS, VRRP_TRAFFIC_CLASS},
		{IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT},
	};
	struct ip_mreqn multicast = {.imr_ifindex = (int)link->index};
	int error = set_options(fd, options, sizeof(options) / sizeof(options[0]));

	if (error)
		return error;
	return setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &multicast, sizeof(multicast)) ? -errno
											  : 0;
}

static int set_options6(int fd, const struct net_link *link)
{
	const struct socket_option options[] = {
		{IPPROTO_IPV6, IPV6_FREEBIND, 1},
		{IPPROTO_IPV6, IPV6_UNICAST_HOPS, VRRP_TTL},
		{IPPROTO_IPV6, IPV6_MULTICAST_HOPS, VRRP_TTL},
		{IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 0},
		{IPPROTO_IPV6, IPV6_TCLASS, VRRP_TRAFFIC_CLASS},
		{IPPROTO_IPV6, IPV6_MULTICAST_IF, (int)link->index},
	};

	return set_options(fd, options, sizeof(options) / sizeof(options[0]));
}

static socklen_t socket_name(const struct ip_address *address, unsigned int ifindex,
			     struct sockaddr_storage *name)
{
	socklen_t length = address_to_sockaddr(address, 0, name);

	/* Link-local addresses mean nothing without their link. */
	if (name->ss_family == AF_INET6)
		((struct sockaddr_in6 *)name)->sin6_scope_id = ifindex;
	return length;
}

static int bind_to_device(int fd, const struct ip_address *source, const struct net_link *link)
{
	struct sockaddr_storage name;
	socklen_t length = socket_name(source, link->index, &name);

	if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, link->device, IF_NAMESIZE))
		return -errno;
	return bind(fd, (struct sockaddr *)&name, length) ? -errno : 0;
}

static int open_raw_socket(const struct ip_address *source, const struct net_link *link)
{
	bool ipv4 = address_family(source) == FAMILY_IPV4;
	CLEANUP(cleanup_close)
	int fd = socket(ipv4 ? AF_INET : AF_INET6, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
			VRRP_IP_PROTOCOL);
	int error;

	if (fd < 0)
		return -errno;
	error = receive_nothing(fd);
	if (error)
		return error;
	error = ipv4 ? set_options4(fd, link) : set_options6(fd, link);
	if (error)
		return error;
	error = set_option(fd, SOL_SOCKET, SO_PRIORITY, TRANSPORT_PRIORITY);
	if (error)
		return error;
	error = bind_to_device(fd, source, link);
	if (error)
		return error;
	return TAKE_FD(fd);
}

static struct transport_destination *find_destination(struct transport_path *path,
						      const struct ip_address *address)
{
	for (size_t i = 0; i < path->destination_count; i++)
		if (address_equal(&path->destinations[i].address, address))
			return &path->destinations[i];
	return NULL;
}

static void set_mac(struct transport_destination *destination, const uint8_t mac[static 6])
{
	memcpy(destination->mac, mac, sizeof(destination->mac));
	destination->mac_known = true;
	destination->lost_at = 0;
}

static struct transport_destination *add_destination(struct transport_path *path,
						     const struct ip_address *address, bool vipd)
{
	struct transport_destination *destination = &path->destinations[path->destination_count++];

	*destination = (struct transport_destination){.address = *address, .vipd = vipd};
	return destination;
}

static void choose_destinations(struct transport_path *path, const struct config *config,
				int family)
{
	struct ip_address group;
	uint8_t mac[6];

	if (config->vrrp.mode == VRRP_MULTICAST) {
		address_parse(family == FAMILY_IPV4 ? group4 : group6, &group);
		packet_group_mac(&group, mac);
		set_mac(add_destination(path, &group, true), mac);
		return;
	}
	for (size_t i = 0; i < config->peer_count; i++) {
		const struct config_peer *peer = &config->peers[i];
		const struct ip_address *address =
			family == FAMILY_IPV4 ? &peer->address : &peer->address6;

		if (i != config->self && !address_is_zero(address))
			add_destination(path, address, peer->vipd);
	}
}

const struct ip_address *transport_source(const struct config *config, int family)
{
	const struct config_peer *self = config_self(config);

	if (family == FAMILY_IPV4)
		return &self->address;
	return config->vrrp.mode == VRRP_MULTICAST ? &self->link_local6 : &self->address6;
}

static bool carries_election(const struct config *config, int family)
{
	if (config_standing_family(config) == family)
		return true;
	for (size_t i = 0; i < config->instance_count; i++)
		if (config_takes_part(config, &config->instances[i]) &&
		    config_election_family(&config->instances[i]) == family)
			return true;
	return false;
}

static void take_over_knowledge(struct transport_path *path, const struct transport_path *before)
{
	for (size_t i = 0; i < before->destination_count; i++) {
		const struct transport_destination *known = &before->destinations[i];
		struct transport_destination *destination = find_destination(path, &known->address);

		if (destination) {
			bool vipd = destination->vipd;

			*destination = *known;
			destination->vipd = vipd;
		}
	}
}

/* A raw socket is bound to the source and to the device, which it knows by its index. */
static bool socket_fits(const struct transport_path *path, const struct transport_path *before,
			bool same_device)
{
	return same_device && before->raw >= 0 && address_equal(&before->source, &path->source);
}

static int prepare_path(struct transport_path *path, const struct transport_path *before,
			const struct config *config, const struct net_link *link, int family,
			bool same_device)
{
	if (!carries_election(config, family))
		return 0;
	path->source = *transport_source(config, family);
	choose_destinations(path, config, family);
	take_over_knowledge(path, before);
	if (!link->index) /* opened when it comes */
		return 0;
	path->raw = socket_fits(path, before, same_device) ? before->raw
							   : open_raw_socket(&path->source, link);
	if (path->raw < 0)
		return log_failure(path->raw,
				   "cannot open a raw socket for IPv%d VRRP on %s (CAP_NET_RAW is "
				   "needed)",
				   family, link->device);
	return 0;
}

static int open_packet_socket(const struct net_link *link)
{
	int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return log_failure(-errno,
				   "cannot open a packet socket for VRRP on %s (CAP_NET_RAW is "
				   "needed)",
				   link->device);
	set_option(fd, SOL_SOCKET, SO_PRIORITY, TRANSPORT_PRIORITY);
	set_option(fd, SOL_SOCKET, SO_SNDBUFFORCE, SEND_BUFFER);
	return fd;
}

void transport_init(struct transport *transport)
{
	*transport = (struct transport){.packet = -1, .ipv4.raw = -1, .ipv6.raw = -1};
}

static int prepare_batch(struct transport *next, const struct transport *before)
{
	next->batch = before->batch ? before->batch : calloc(1, sizeof(*next->batch));
	return next->batch ? 0 : log_failure(-ENOMEM, "cannot set up VRRP");
}

int transport_prepare(struct transport *next, const struct config *config,
		      const struct net_link *link, const struct transport *before)
{
	bool same_device = link->index == before->ifindex;
	int error;

	transport_init(next);
	next->checksum = config->vrrp.checksum;
	next->ifindex = link->index;
	next->identification = before->identification;
	next->packet = before->packet >= 0 ? before->packet : open_packet_socket(link);
	if (next->packet < 0)
		return next->packet;
	error = prepare_batch(next, before);
	if (!error)
		error = prepare_path(&next->ipv4, &before->ipv4, config, link, FAMILY_IPV4,
				     same_device);
	if (!error)
		error = prepare_path(&next->ipv6, &before->ipv6, config, link, FAMILY_IPV6,
				     same_device);
	if (error)
		transport_close(next, before);
	return error;
}

static void close_socket(int *fd, int shared)
{
	if (*fd >= 0 && *fd != shared)
		close(*fd);
	*fd = -1;
}

void transport_close(struct transport *transport, const struct transport *other)
{
	close_socket(&transport->packet, other ? other->packet : -1);
	close_socket(&transport->ipv4.raw, other ? other->ipv4.raw : -1);
	close_socket(&transport->ipv6.raw, other ? other->ipv6.raw : -1);
	if (!other || transport->batch != other->batch)
		free(transport->batch);
	transport->batch = NULL;
}

static struct transport_path *path_of(struct transport *transport, int family)
{
	return family == FAMILY_IPV4 ? &transport->ipv4 : &transport->ipv6;
}

void transport_set_mac(struct transport *transport, const struct ip_address *address,
		       const uint8_t *mac)
{
	struct transport_destination *destination =
		find_destination(path_of(transport, address_family(address)), address);

	if (!destination)
		return;
	if (mac)
		set_mac(destination, mac);
	else if (!destination->lost_at)
		destination->lost_at = clock_now();
}

static void queue_packet(struct transport *transport, const struct transport_path *path,
			 const struct transport_destination *destination, const uint8_t *message,
			 size_t length, struct delivery *delivery)
{
	if (batch_is_full(transport->batch))
		transport_flush(transport);
	batch_add(transport->batch,
		  &(struct batch_route){
			  .ifindex = transport->ifindex,
			  .mac = destination->mac,
			  .source = &path->source,
			  .destination = &destination->address,
			  .identification = transport->identification++,
		  },
		  message, length, delivery);
}

/* The kernel asks for the MAC, and keeps the packet until it has it. */
static void send_raw(const struct transport *transport, const struct transport_path *path,
		     const struct transport_destination *destination, const uint8_t *message,
		     size_t length, struct delivery *delivery)
{
	struct sockaddr_storage name;
	socklen_t name_length = socket_name(&destination->address, transport->ifindex, &name);

	if (sendto(path->raw, message, length, 0, (struct sockaddr *)&name, name_length) < 0)
		delivery->failure = -errno;
	else
		delivery->sent++;
}

static bool has_gone(const struct transport_destination *destination, uint64_t now)
{
	return destination->silent && destination->lost_at &&
	       now - destination->lost_at >= GONE_AFTER;
}

/* For the first second it is not known that it is not there. */
static bool was_never_there(struct transport_destination *destination, uint64_t now)
{
	if (destination->mac_known || destination->heard)
		return false;
	if (!destination->asked_since)
		destination->asked_since = now;
	return now - destination->asked_since >= ASK_INTERVAL;
}

/* Most of what is not there would cost the most: a route, a neighbour's full queue, an error. */
static bool held_back(struct transport_destination *destination, uint64_t now)
{
	if (!has_gone(destination, now) && !was_never_there(destination, now))
		return false;
	if (now < destination->ask_at)
		return true;
	destination->ask_at = now + ASK_INTERVAL;
	return false;
}

static void queue_to(struct transport *transport, struct transport_path *path,
		     struct transport_destination *destination, uint8_t *message, size_t length,
		     size_t trailer, struct delivery *delivery)
{
	bool ipv4 = address_family(&path->source) == FAMILY_IPV4;
	size_t whole = length + trailer;

	advert_checksum(message, ipv4 ? length : whole, transport->checksum, &path->source,
			&destination->address);
	if (destination->mac_known)
		queue_packet(transport, path, destination, message, whole, delivery);
	else
		send_raw(transport, path, destination, message, whole, delivery);
}

void transport_queue(struct transport *transport, int family, uint8_t *message, size_t length,
		     size_t trailer, struct delivery *delivery)
{
	struct transport_path *path = path_of(transport, family);
	uint64_t now = clock_now();

	*delivery = (struct delivery){};
	for (size_t i = 0; i < path->destination_count; i++)
		if (!held_back(&path->destinations[i], now))
			queue_to(transport, path, &path->destinations[i], message, length, trailer,
				 delivery);
}

static bool is_due(const struct transport_destination *destination, uint64_t now)
{
	return destination->vipd && (!destination->silent || destination->spoken_at == now ||
				     now - destination->spoken_at >= SPARING_INTERVAL);
}

void transport_queue_sparingly(struct transport *transport, int family, uint8_t *message,
			       size_t length, size_t trailer, struct delivery *delivery,
			       uint64_t now)
{
	struct transport_path *path = path_of(transport, family);

	*delivery = (struct delivery){};
	for (size_t i = 0; i < path->destination_count; i++) {
		struct transport_destination *destination = &path->destinations[i];

		if (!is_due(destination, now))
			continue;
		destination->spoken_at = now;
		queue_to(transport, path, destination, message, length, trailer, delivery);
	}
}

void transport_set_silent(struct transport *transport, const struct ip_address *address,
			  bool silent)
{
	struct transport_destination *destination =
		find_destination(path_of(transport, address_family(address)), address);

	if (destination)
		destination->silent = silent;
}

void transport_flush(struct transport *transport)
{
	if (transport->batch)
		batch_flush(transport->batch, transport->packet);
}

void transport_note_heard(struct transport *transport, const struct ip_address *address)
{
	struct transport_destination *destination =
		find_destination(path_of(transport, address_family(address)), address);

	if (destination)
		destination->heard = true;
}
