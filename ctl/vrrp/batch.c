// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/vrrp/batch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/ethernet.h>
#include <string.h>

#include "ctl/base/address.h"

static void set_destination(struct sockaddr_ll *to, const struct batch_route *route)
{
	bool ipv4 = address_family(route->source) == FAMILY_IPV4;

	*to = (struct sockaddr_ll){
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ipv4 ? ETHERTYPE_IP : ETHERTYPE_IPV6),
		.sll_ifindex = (int)route->ifindex,
		.sll_halen = ETH_ALEN,
	};
	memcpy(to->sll_addr, route->mac, ETH_ALEN);
}

void batch_add(struct batch *batch, const struct batch_route *route, const uint8_t *message,
	       size_t length, struct delivery *delivery)
{
	struct batch_packet *packet = &batch->packets[batch->count];
	size_t header = packet_build_header(packet->head, route->source, route->destination,
					    route->identification, length);

	set_destination(&packet->to, route);
	memcpy(packet->head + header, message, VRRP_HEADER_LENGTH);
	packet->parts[0] = (struct iovec){packet->head, header + VRRP_HEADER_LENGTH};
	packet->parts[1] = (struct iovec){(uint8_t *)(uintptr_t)message + VRRP_HEADER_LENGTH,
					  length - VRRP_HEADER_LENGTH};
	packet->delivery = delivery;
	batch->messages[batch->count++].msg_hdr = (struct msghdr){
		.msg_name = &packet->to,
		.msg_namelen = sizeof(packet->to),
		.msg_iov = packet->parts,
		.msg_iovlen = 2,
	};
}

/* sendmmsg(2) stops at the first packet that cannot be sent; the others may be. */
void batch_flush(struct batch *batch, int fd)
{
	size_t done = 0;

	while (done < batch->count) {
		int sent = sendmmsg(fd, &batch->messages[done], (unsigned int)(batch->count - done),
				    0);

		for (int i = 0; i < sent; i++)
			batch->packets[done++].delivery->sent++;
		if (sent <= 0)
			batch->packets[done++].delivery->failure = -errno;
	}
	batch->count = 0;
}
