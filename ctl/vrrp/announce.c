// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/vrrp/announce.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ctl/base/address.h"
#include "ctl/base/clock.h"
#include "ctl/base/log.h"
#include "ctl/vrrp/frames.h"

/* So many VIPs at once, then a pause: a switch polices bursts, and the VRRP timers come first. */
#define BURST       16
#define BURST_PAUSE (1 * NS_PER_MS)

/* A claim of another host is answered at once, but two stubborn hosts must not make a storm. */
#define AGAIN_INTERVAL (100 * NS_PER_MS)

/* From one round to the next. Behind the last one only an unconvinced gateway is asked on. */
static const uint64_t round_pauses[] = {200 * NS_PER_MS, 800 * NS_PER_MS, 4 * NS_PER_S};

#define ROUNDS         (sizeof(round_pauses) / sizeof(round_pauses[0]) + 1)
#define QUESTION_PAUSE (5 * NS_PER_S)

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
	int fd = before->socket >= 0 ? before->socket : open_packet_socket(link);

	if (fd < 0)
		return fd;
	*next = (struct announcer){
		.socket = fd,
		.ifindex = link->index,
		.gateway4 = config->gateway4,
		.gateway6 = config->gateway6,
		.maps = maps,
		.sent = before->sent,
	};
	memcpy(next->mac, link->mac, sizeof(next->mac));
	return 0;
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

static const struct ip_address *gateway_of(const struct announcer *announcer,
					   const struct ip_address *vip)
{
	const struct ip_address *gateway =
		address_family(vip) == FAMILY_IPV4 ? &announcer->gateway4 : &announcer->gateway6;

	return address_is_zero(gateway) ? NULL : gateway;
}

static uint64_t confirmed_at(const struct announcement *announcement,
			     const struct announcer *announcer, const struct announced_vip *vip)
{
	uint64_t at = maps_confirmed_at(announcer->maps, vip->index);

	return at >= announcement->taken_at ? at : 0;
}

static bool wants_confirmation(const struct announcement *announcement,
			       const struct announcer *announcer, const struct announced_vip *vip)
{
	return gateway_of(announcer, &vip->address) && !confirmed_at(announcement, announcer, vip);
}

static bool any_unconfirmed(const struct announcement *announcement,
			    const struct announcer *announcer)
{
	for (size_t i = 0; i < announcement->vip_count; i++)
		if (wants_confirmation(announcement, announcer, &announcement->vips[i]))
			return true;
	return false;
}

static void announce_vip(const struct announcement *announcement, struct announcer *announcer,
			 const struct announced_vip *vip)
{
	struct link_frame frame;

	if (announcement->round < ROUNDS) {
		frame_announcement(&frame, announcer->mac, &vip->address, announcer->router);
		send_frame(announcer, &frame);
	}
	if (wants_confirmation(announcement, announcer, vip)) {
		frame_question(&frame, announcer->mac, &vip->address,
			       gateway_of(announcer, &vip->address));
		send_frame(announcer, &frame);
	}
}

void announcement_start(struct announcement *announcement, const struct announced_vip *vips,
			size_t vip_count, uint64_t now)
{
	*announcement = (struct announcement){
		.vips = vips,
		.vip_count = vip_count,
		.round_at = now,
		.next_at = now,
		.taken_at = now,
	};
}

void announcement_stop(struct announcement *announcement)
{
	*announcement = (struct announcement){.next_at = NEVER};
}

void announcement_again(struct announcement *announcement, uint64_t now)
{
	uint64_t earliest = announcement->round_at + AGAIN_INTERVAL;

	if (announcement->next_vip != 0)
		return; /* a round is on its way */
	announcement->round = 0;
	announcement->next_at = earliest > now ? earliest : now;
}

static void finish_round(struct announcement *announcement, const struct announcer *announcer,
			 uint64_t now)
{
	announcement->next_vip = 0;
	if (announcement->round < ROUNDS)
		announcement->round++;
	if (announcement->round < ROUNDS)
		announcement->next_at = now + round_pauses[announcement->round - 1];
	else if (any_unconfirmed(announcement, announcer))
		announcement->next_at = now + QUESTION_PAUSE;
	else
		announcement->next_at = NEVER;
}

void announcement_run(struct announcement *announcement, struct announcer *announcer, uint64_t now)
{
	if (announcement->next_at > now)
		return;
	if (announcement->next_vip == 0)
		announcement->round_at = now;
	for (int i = 0; i < BURST && announcement->next_vip < announcement->vip_count; i++) {
		announce_vip(announcement, announcer,
			     &announcement->vips[announcement->next_vip++]);
		if (!announcement->first_sent_at)
			announcement->first_sent_at = clock_now();
	}
	if (announcement->next_vip < announcement->vip_count)
		announcement->next_at = now + BURST_PAUSE;
	else
		finish_round(announcement, announcer, now);
}

uint64_t announcement_confirmed_at(const struct announcement *announcement,
				   const struct announcer *announcer)
{
	uint64_t last = 0;

	for (size_t i = 0; i < announcement->vip_count; i++) {
		const struct announced_vip *vip = &announcement->vips[i];
		uint64_t at = confirmed_at(announcement, announcer, vip);

		if (!gateway_of(announcer, &vip->address))
			continue;
		if (!at)
			return 0;
		if (at > last)
			last = at;
	}
	return last;
}
