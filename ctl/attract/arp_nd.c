// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/attract/arp_nd.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ctl/attract/frames.h"
#include "ctl/base/address.h"
#include "ctl/base/clock.h"
#include "ctl/base/log.h"

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

static uint64_t vip_confirmed_at(const struct announcement *announcement,
				 const struct announced_vip *vip)
{
	uint64_t at = maps_confirmed_at(announcement->announcer->maps, vip->index);

	return at >= announcement->taken_at ? at : 0;
}

static bool wants_confirmation(const struct announcement *announcement,
			       const struct announced_vip *vip)
{
	return gateway_of(announcement->announcer, &vip->address) &&
	       !vip_confirmed_at(announcement, vip);
}

static bool any_unconfirmed(const struct announcement *announcement)
{
	for (size_t i = 0; i < announcement->vip_count; i++)
		if (wants_confirmation(announcement, &announcement->vips[i]))
			return true;
	return false;
}

static void announce_vip(const struct announcement *announcement, const struct announced_vip *vip)
{
	struct announcer *announcer = announcement->announcer;
	struct link_frame frame;

	if (announcement->round < ROUNDS) {
		frame_announcement(&frame, announcer->mac, &vip->address, announcer->router);
		send_frame(announcer, &frame);
	}
	if (wants_confirmation(announcement, vip)) {
		frame_question(&frame, announcer->mac, &vip->address,
			       gateway_of(announcer, &vip->address));
		send_frame(announcer, &frame);
	}
}

/* The method. */

static struct announcement *announcement_of(struct attraction *attraction)
{
	return (struct announcement *)attraction;
}

static void begin(struct announcement *announcement, uint64_t now)
{
	announcement->next_vip = 0;
	announcement->round = 0;
	announcement->round_at = now;
	announcement->taken_at = now;
	announcement->attraction.next_at = now;
	announcement->attraction.first_acted_at = 0;
}

/* One more round at once, but not sooner than AGAIN_INTERVAL after the last. */
static void begin_again(struct announcement *announcement, uint64_t now)
{
	uint64_t earliest = announcement->round_at + AGAIN_INTERVAL;

	if (announcement->next_vip != 0)
		return; /* a round is on its way */
	announcement->round = 0;
	announcement->attraction.next_at = earliest > now ? earliest : now;
}

static void take(struct attraction *attraction, uint64_t now)
{
	struct announcement *announcement = announcement_of(attraction);

	if (announcement->taken_at == 0)
		begin(announcement, now);
	else
		begin_again(announcement, now);
}

static void release(struct attraction *attraction)
{
	announcement_of(attraction)->taken_at = 0;
	attraction->first_acted_at = 0;
	attraction->next_at = NEVER;
}

static void finish_round(struct announcement *announcement, uint64_t now)
{
	struct attraction *attraction = &announcement->attraction;

	announcement->next_vip = 0;
	if (announcement->round < ROUNDS)
		announcement->round++;
	if (announcement->round < ROUNDS)
		attraction->next_at = now + round_pauses[announcement->round - 1];
	else if (any_unconfirmed(announcement))
		attraction->next_at = now + QUESTION_PAUSE;
	else
		attraction->next_at = NEVER;
}

static void send_burst(struct announcement *announcement)
{
	for (int i = 0; i < BURST && announcement->next_vip < announcement->vip_count; i++) {
		announce_vip(announcement, &announcement->vips[announcement->next_vip++]);
		if (!announcement->attraction.first_acted_at)
			announcement->attraction.first_acted_at = clock_now();
	}
}

/* The clock is read here, not at the turn's beginning: another node may own by now. */
static bool owns(const struct announcement *announcement)
{
	return clock_now() < maps_lease(announcement->announcer->maps, announcement->vrid);
}

static void run(struct attraction *attraction, uint64_t now)
{
	struct announcement *announcement = announcement_of(attraction);

	if (!owns(announcement)) {
		attraction->next_at = now + AGAIN_INTERVAL;
		return;
	}
	if (announcement->next_vip == 0)
		announcement->round_at = now;
	send_burst(announcement);
	if (announcement->next_vip < announcement->vip_count)
		attraction->next_at = now + BURST_PAUSE;
	else
		finish_round(announcement, now);
}

static uint64_t confirmed_at(const struct attraction *attraction)
{
	const struct announcement *announcement = (const struct announcement *)attraction;
	uint64_t last = 0;

	for (size_t i = 0; i < announcement->vip_count; i++) {
		const struct announced_vip *vip = &announcement->vips[i];
		uint64_t at = vip_confirmed_at(announcement, vip);

		if (!gateway_of(announcement->announcer, &vip->address))
			continue;
		if (!at)
			return 0;
		if (at > last)
			last = at;
	}
	return last;
}

static const struct attract_method arp_nd = {
	.name = "ARP and ND",
	.take = take,
	.release = release,
	.run = run,
	.confirmed_at = confirmed_at,
};

void announcement_init(struct announcement *announcement, struct announcer *announcer, uint8_t vrid,
		       const struct announced_vip *vips, size_t vip_count)
{
	*announcement = (struct announcement){
		.attraction = {.method = &arp_nd, .next_at = NEVER},
		.announcer = announcer,
		.vrid = vrid,
		.vips = vips,
		.vip_count = vip_count,
	};
}

static bool same_vips(const struct announcement *a, const struct announcement *b)
{
	if (a->vip_count != b->vip_count)
		return false;
	for (size_t i = 0; i < a->vip_count; i++)
		if (!address_equal(&a->vips[i].address, &b->vips[i].address) ||
		    a->vips[i].index != b->vips[i].index)
			return false;
	return true;
}

bool announcement_go_on(struct announcement *announcement, const struct announcement *before)
{
	const struct announced_vip *vips = announcement->vips;

	if (!same_vips(announcement, before))
		return false;
	*announcement = *before;
	announcement->vips = vips;
	return true;
}
