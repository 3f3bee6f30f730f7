// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/listeners/listeners.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/base/address.h"
#include "ctl/base/cleanup.h"
#include "ctl/config/lookup.h"
#include "ctl/net/sock_diag.h"

/* The sockets. */

static int compare_listeners(const void *left, const void *right)
{
	const struct listener *a = left, *b = right;

	if (a->protocol != b->protocol)
		return (int)a->protocol - (int)b->protocol;
	if (a->port != b->port)
		return (int)a->port - (int)b->port;
	return address_compare(&a->address, &b->address);
}

static struct ip_address any_of(int family)
{
	struct ip_address any = {};

	return family == FAMILY_IPV4 ? address_from_ipv4((struct in_addr){}) : any;
}

void listeners_add(struct listeners *listeners, const struct listener *listener)
{
	if (listeners->count == listeners->room) {
		size_t room = listeners->room ? 2 * listeners->room : 64;
		struct listener *list = reallocarray(listeners->list, room, sizeof(*list));

		if (!list) {
			listeners->failed = true;
			return;
		}
		listeners->list = list;
		listeners->room = room;
	}
	listeners->list[listeners->count++] = *listener;
}

void listeners_sort(struct listeners *listeners)
{
	if (listeners->count)
		qsort(listeners->list, listeners->count, sizeof(*listeners->list),
		      compare_listeners);
}

struct reading {
	struct listeners *listeners;
	unsigned int ifindex;
	uint8_t protocol;
};

static void note_socket(const struct inet_diag_msg *socket, const struct ip_address *source,
			bool only_ipv6, void *context)
{
	const struct reading *reading = context;
	struct listener listener = {
		.address = *source,
		.port = ntohs(socket->id.idiag_sport),
		.protocol = reading->protocol,
	};

	if (socket->id.idiag_if && socket->id.idiag_if != reading->ifindex)
		return;
	listeners_add(reading->listeners, &listener);
	if (socket->idiag_family != AF_INET6 || !address_is_zero(source) || only_ipv6)
		return;
	listener.address = any_of(FAMILY_IPV4);
	listeners_add(reading->listeners, &listener);
}

static int read_protocol(struct listeners *listeners, unsigned int ifindex, uint8_t protocol,
			 uint32_t states)
{
	const struct sock_diag_question question = {.protocol = protocol, .states = states};
	struct reading reading = {listeners, ifindex, protocol};

	return sock_diag_read(&question, note_socket, &reading);
}

int listeners_read(struct listeners *listeners, unsigned int ifindex)
{
	int error = read_protocol(listeners, ifindex, IPPROTO_TCP, 1U << TCP_LISTEN);

	if (error)
		return error;
	error = read_protocol(listeners, ifindex, IPPROTO_UDP, 1U << TCP_CLOSE);
	if (error == -ENOENT)
		listeners->without_udp = true;
	else if (error)
		return error;
	if (listeners->failed)
		return -ENOMEM;
	listeners_sort(listeners);
	return 0;
}

void listeners_free(struct listeners *listeners)
{
	free(listeners->list);
	*listeners = (struct listeners){};
}

/* What is missing. */

static bool has_listener(const struct listeners *listeners, const struct listener *wanted)
{
	return listeners->count > 0 && bsearch(wanted, listeners->list, listeners->count,
					       sizeof(*wanted), compare_listeners) != NULL;
}

static bool is_listened_on(const struct listeners *listeners, const struct ip_address *vip,
			   const struct config_port *port)
{
	struct listener wanted = {
		.address = *vip,
		.port = port->port,
		.protocol = port->protocol,
	};

	if (has_listener(listeners, &wanted))
		return true;
	wanted.address = any_of(address_family(vip));
	return has_listener(listeners, &wanted);
}

static struct listener_port look_up(const struct listeners *listeners, const struct config *config,
				    const struct config_service *service,
				    const struct config_port *port)
{
	struct listener_port found = {
		.port = *port,
		.known = port->protocol == IPPROTO_TCP || !listeners->without_udp,
	};

	memcpy(found.service, service->name, sizeof(found.service));
	CONFIG_FOR_EACH_VIP (config, vip) {
		if (!config_service_has_vip(service, vip.address))
			continue;
		found.vips++;
		if (!found.known || is_listened_on(listeners, vip.address, port))
			continue;
		if (found.missing++ == 0)
			found.first = *vip.address;
	}
	return found;
}

static bool is_served_here(const struct config *config, const struct config_service *service)
{
	for (size_t i = 0; i < service->backend_count; i++)
		if (service->backends[i].peer == config->self)
			return service->listener_check;
	return false;
}

int listeners_find_missing(const struct listeners *listeners, const struct config *config,
			   struct listener_port **ports, size_t *count)
{
	struct listener_port *found;
	size_t filled = 0;

	found = calloc(config->service_count * CONFIG_PORTS_MAX + 1, sizeof(*found));
	if (!found)
		return -ENOMEM;
	for (size_t i = 0; i < config->service_count; i++) {
		const struct config_service *service = &config->services[i];

		for (size_t p = 0; is_served_here(config, service) && p < service->port_count; p++)
			found[filled++] = look_up(listeners, config, service, &service->ports[p]);
	}
	*ports = found;
	*count = filled;
	return 0;
}

int listeners_look_at(unsigned int ifindex, const struct ip_address *vip,
		      const struct config_port *port, bool *listens)
{
	struct listeners listeners = {};
	int error = listeners_read(&listeners, ifindex);

	if (!error && port->protocol == IPPROTO_UDP && listeners.without_udp)
		error = -ENOENT;
	if (!error)
		*listens = is_listened_on(&listeners, vip, port);
	listeners_free(&listeners);
	return error;
}
