// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/vrrp/transport.h"

#include <errno.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <unistd.h>

#include "ctl/base/address.h"
#include "ctl/base/cleanup.h"
#include "ctl/base/log.h"
#include "ctl/vrrp/advert.h"

/* Internetwork control, as keepalived and routers mark it (RFC 4594 section 3.1: CS6). */
#define TRAFFIC_CLASS 0xc0

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

static int set_options4(int fd, const struct net_link *link)
{
	struct ip_mreqn multicast = {.imr_ifindex = (int)link->index};
	int error = 0;

	error = error ?: set_option(fd, IPPROTO_IP, IP_FREEBIND, 1);
	error = error ?: set_option(fd, IPPROTO_IP, IP_TTL, VRRP_TTL);
	error = error ?: set_option(fd, IPPROTO_IP, IP_MULTICAST_TTL, VRRP_TTL);
	error = error ?: set_option(fd, IPPROTO_IP, IP_MULTICAST_LOOP, 0);
	error = error ?: set_option(fd, IPPROTO_IP, IP_TOS, TRAFFIC_CLASS);
	error = error ?: set_option(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT);
	if (!error && setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &multicast, sizeof(multicast)))
		error = -errno;
	return error;
}

static int set_options6(int fd, const struct net_link *link)
{
	int error = 0;

	error = error ?: set_option(fd, IPPROTO_IPV6, IPV6_FREEBIND, 1);
	error = error ?: set_option(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, VRRP_TTL);
	error = error ?: set_option(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, VRRP_TTL);
	error = error ?: set_option(fd, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 0);
	error = error ?: set_option(fd, IPPROTO_IPV6, IPV6_TCLASS, TRAFFIC_CLASS);
	error = error ?: set_option(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, (int)link->index);
	return error;
}

static socklen_t socket_name(const struct ip_address *address, const struct net_link *link,
			     struct sockaddr_storage *name)
{
	socklen_t length = address_to_sockaddr(address, 0, name);

	/* Link-local addresses mean nothing without their link. */
	if (name->ss_family == AF_INET6)
		((struct sockaddr_in6 *)name)->sin6_scope_id = link->index;
	return length;
}

static int open_socket(const struct ip_address *source, const struct net_link *link)
{
	bool ipv4 = address_family(source) == FAMILY_IPV4;
	CLEANUP(cleanup_close)
	int fd = socket(ipv4 ? AF_INET : AF_INET6, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
			VRRP_IP_PROTOCOL);
	struct sockaddr_storage name;
	socklen_t length = socket_name(source, link, &name);
	int error;

	if (fd < 0)
		return -errno;
	error = receive_nothing(fd);
	error = error ?: (ipv4 ? set_options4(fd, link) : set_options6(fd, link));
	error = error ?: set_option(fd, SOL_SOCKET, SO_PRIORITY, 6); /* TC_PRIO_INTERACTIVE */
	if (!error && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, link->device, IF_NAMESIZE))
		error = -errno;
	if (!error && bind(fd, (struct sockaddr *)&name, length))
		error = -errno;
	return error ?: TAKE_FD(fd);
}

static void add_destination(struct transport_path *path, const struct ip_address *address,
			    const struct net_link *link)
{
	path->destinations[path->destination_count] = *address;
	path->name_length = socket_name(address, link, &path->names[path->destination_count]);
	path->destination_count++;
}

static void choose_destinations(struct transport_path *path, const struct config *config,
				const struct net_link *link, int family)
{
	struct ip_address group;

	if (config->vrrp.mode == VRRP_MULTICAST) {
		address_parse(family == FAMILY_IPV4 ? group4 : group6, &group);
		add_destination(path, &group, link);
		return;
	}
	for (size_t i = 0; i < config->peer_count; i++) {
		const struct config_peer *peer = &config->peers[i];
		const struct ip_address *address =
			family == FAMILY_IPV4 ? &peer->address : &peer->address6;

		if (i != config->self && !address_is_zero(address))
			add_destination(path, address, link);
	}
}

/* RFC 9568 section 5.1.2.1: to the group, IPv6 advertisements come from the link-local address. */
static const struct ip_address *choose_source(const struct config *config, int family)
{
	const struct config_peer *self = config_self(config);

	if (family == FAMILY_IPV4)
		return &self->address;
	return config->vrrp.mode == VRRP_MULTICAST ? &self->link_local6 : &self->address6;
}

static bool carries_election(const struct config *config, int family)
{
	for (size_t i = 0; i < config->instance_count; i++)
		if (config->instances[i].priority[config->self] &&
		    config_election_family(&config->instances[i]) == family)
			return true;
	return false;
}

static int open_path(struct transport_path *path, const struct config *config,
		     const struct net_link *link, int family)
{
	if (!carries_election(config, family))
		return 0;
	path->source = *choose_source(config, family);
	path->socket = open_socket(&path->source, link);
	if (path->socket < 0)
		return log_failure(path->socket,
				   "cannot open a raw socket for IPv%d VRRP on %s (CAP_NET_RAW is "
				   "needed)",
				   family, link->device);
	choose_destinations(path, config, link, family);
	return 0;
}

int transport_open(struct transport *transport, const struct config *config,
		   const struct net_link *link)
{
	int error;

	*transport = (struct transport){
		.checksum = config->vrrp.checksum,
		.ipv4.socket = -1,
		.ipv6.socket = -1,
	};
	error = open_path(&transport->ipv4, config, link, FAMILY_IPV4);
	if (!error)
		error = open_path(&transport->ipv6, config, link, FAMILY_IPV6);
	if (error)
		transport_close(transport);
	return error;
}

void transport_close(struct transport *transport)
{
	if (transport->ipv4.socket >= 0)
		close(transport->ipv4.socket);
	if (transport->ipv6.socket >= 0)
		close(transport->ipv6.socket);
	transport->ipv4.socket = -1;
	transport->ipv6.socket = -1;
}

static const struct transport_path *path_of(const struct transport *transport, int family)
{
	return family == FAMILY_IPV4 ? &transport->ipv4 : &transport->ipv6;
}

const struct ip_address *transport_source(const struct transport *transport, int family)
{
	return &path_of(transport, family)->source;
}

int transport_send(const struct transport *transport, int family, uint8_t *message, size_t length)
{
	const struct transport_path *path = path_of(transport, family);
	int error = 0, sent = 0;

	for (size_t i = 0; i < path->destination_count; i++) {
		advert_checksum(message, length, transport->checksum, &path->source,
				&path->destinations[i]);
		if (sendto(path->socket, message, length, MSG_DONTWAIT,
			   (const struct sockaddr *)&path->names[i], path->name_length) < 0)
			error = -errno;
		else
			sent++;
	}
	return sent ? 0 : error;
}
