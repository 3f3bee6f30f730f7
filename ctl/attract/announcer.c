// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/attract/announcer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ctl/attract/frames.h"
#include "ctl/attract/section.h"
#include "ctl/base/address.h"
#include "ctl/base/clock.h"
#include "ctl/base/log.h"

/* A switch polices bursts, and the VRRP timers come first: this many frames, then a millisecond. */
#define PEAK_BURST 16
#define PEAK_RATE  (PEAK_BURST * 1000)

/* A frame that has to wait does so for a moment in which others may go, too. */
#define WAIT (1 * NS_PER_MS)

/* A silent gateway is asked so many times a second, by the whole node. */
#define PROBE_RATE 4

void announcer_init(struct announcer *announcer)
{
	*announcer = (struct announcer){.socket = -1};
}

/* It is not bound to a device, so that it outlives every link. */
static int open_packet_socket(const struct net_link *link)
{
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return log_failure(-errno,
				   "cannot open a packet socket for announcements on %s "
				   "(CAP_NET_RAW is needed)",
				   link->device);
	return fd;
}

int announcer_prepare(struct announcer *next, const struct config *config,
		      const struct net_link *link, const struct maps *maps,
		      const struct announcer *before)
{
	const struct announce_settings *pace = config_section(config, &announce_section);
	int fd = before->socket >= 0 ? before->socket : open_packet_socket(link);

	if (fd < 0)
		return fd;
	*next = (struct announcer){
		.socket = fd,
		.ifindex = link->index,
		.gateway4 = config->gateway4,
		.gateway6 = config->gateway6,
		.maps = maps,
		.refresh = config->vrrp.refresh,
	};
	memcpy(next->mac, link->mac, sizeof(next->mac));
	pacer_configure(&next->pacer, pace->rate, pace->burst);
	pacer_configure(&next->repeats, pace->rate / 2 ?: 1, 1);
	pacer_configure(&next->peak, PEAK_RATE, PEAK_BURST);
	pacer_configure(&next->probes, PROBE_RATE, 1);
	return 0;
}

static bool same_pace(const struct pacer *a, const struct pacer *b)
{
	return a->spacing == b->spacing && a->depth == b->depth;
}

void announcer_go_on(struct announcer *announcer, const struct announcer *before)
{
	if (same_pace(&announcer->pacer, &before->pacer)) {
		announcer->pacer = before->pacer;
		announcer->repeats = before->repeats;
	}
	announcer->peak = before->peak;
	announcer->probes = before->probes;
	announcer->answered_at = before->answered_at;
	memcpy(announcer->gateway_mac4, before->gateway_mac4, sizeof(announcer->gateway_mac4));
	memcpy(announcer->gateway_mac6, before->gateway_mac6, sizeof(announcer->gateway_mac6));
	announcer->sent = before->sent;
}

bool announcer_says_the_same(const struct announcer *a, const struct announcer *b)
{
	return a->ifindex == b->ifindex && memcmp(a->mac, b->mac, sizeof(a->mac)) == 0 &&
	       address_equal(&a->gateway4, &b->gateway4) &&
	       address_equal(&a->gateway6, &b->gateway6);
}

bool announcer_set_gateway_mac(struct announcer *announcer, const struct ip_address *address,
			       const uint8_t mac[static 6])
{
	static const uint8_t unknown[6];
	bool ipv4 = address_family(address) == FAMILY_IPV4;
	const struct ip_address *gateway = ipv4 ? &announcer->gateway4 : &announcer->gateway6;
	uint8_t *known = ipv4 ? announcer->gateway_mac4 : announcer->gateway_mac6;
	bool changed;

	if (!address_equal(address, gateway))
		return false;
	changed = memcmp(known, unknown, 6) != 0 && memcmp(known, mac, 6) != 0;
	memcpy(known, mac, 6);
	return changed;
}

void announcer_close(struct announcer *announcer, const struct announcer *other)
{
	if (announcer->socket >= 0 && (!other || announcer->socket != other->socket))
		close(announcer->socket);
	announcer->socket = -1;
}

/* A frame that cannot be sent now is sent again by the next round. */
static void send_frame(struct announcer *announcer, const struct link_frame *frame)
{
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET,
		.sll_ifindex = (int)announcer->ifindex,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_halen = ETH_ALEN,
	};

	memcpy(to.sll_addr, frame->bytes, ETH_ALEN);
	if (sendto(announcer->socket, frame->bytes, frame->length, 0, (struct sockaddr *)&to,
		   sizeof(to)) > 0)
		announcer->sent++;
}

const struct ip_address *announcer_gateway(const struct announcer *announcer,
					   const struct ip_address *vip)
{
	const struct ip_address *gateway =
		address_family(vip) == FAMILY_IPV4 ? &announcer->gateway4 : &announcer->gateway6;

	return address_is_zero(gateway) ? NULL : gateway;
}

void announcer_announce(struct announcer *announcer, const struct ip_address *vip)
{
	struct link_frame frame;

	frame_announcement(&frame, announcer->mac, vip, announcer->router);
	send_frame(announcer, &frame);
}

void announcer_ask(struct announcer *announcer, const struct ip_address *vip)
{
	struct link_frame frame;

	frame_question(&frame, announcer->mac, vip, announcer_gateway(announcer, vip));
	send_frame(announcer, &frame);
}

/* The burst is there for what has just happened; a repeat takes what others leave. */
uint64_t announcer_wait(struct announcer *announcer, uint64_t *token_at, bool repeats, uint64_t now)
{
	if (!*token_at)
		*token_at = pacer_book(repeats ? &announcer->repeats : &announcer->pacer, now);
	if (*token_at > now)
		return *token_at + WAIT;
	if (!pacer_take(&announcer->peak, now) || (repeats && !pacer_take(&announcer->pacer, now)))
		return now + WAIT;
	*token_at = 0;
	return 0;
}

uint64_t announcer_book_probe(struct announcer *announcer, uint64_t now)
{
	return pacer_book(&announcer->probes, now);
}
