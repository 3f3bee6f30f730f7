/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/bpf/adverts.h"

#include <string.h>

#define PROTOCOL_VRRP 112

static const char *const vips4[] = {BLUE_VIP4, GREEN_VIP4, NULL};
static const char *const vips6[] = {BLUE_VIP6, GREEN_VIP6, NULL};

const struct advert blue_advert = {
	.mac = N2_MAC,
	.source = N2_ADDRESS4,
	.vrid = BLUE,
	.priority = PRIORITY + 50,
	.interval = 100,
};

const struct advert green_advert = {
	.mac = N2_MAC,
	.source = N2_LINK_LOCAL,
	.vrid = GREEN,
	.priority = PRIORITY + 50,
	.interval = 100,
};

void build_advert(struct frame *frame, const struct advert *advert)
{
	bool ipv6 = strchr(advert->source, ':') != NULL;
	const char *group = ipv6 ? VRRP_GROUP6 : VRRP_GROUP4;

	frame_ethernet(frame, ipv6 ? VRRP_GROUP6_MAC : VRRP_GROUP4_MAC, advert->mac,
		       ipv6 ? ETH_P_IPV6 : ETH_P_IP);
	frame_ip(frame, advert->source, advert->destination ? advert->destination : group,
		 PROTOCOL_VRRP);
	frame_advert(frame, advert->vrid, advert->priority, advert->interval, ipv6 ? vips6 : vips4);
	frame_finish(frame);
}

void set_secret(const struct secret *secret)
{
	struct key_entry key = key_of(secret);

	set_key(secret->id, &key);
}

void ask_for_hmac(enum authentication_mode mode, bool monotonic)
{
	struct authentication_entry authentication = authentication_now(mode, monotonic);

	set_authentication(&authentication);
	set_secret(&first_secret);
}

void own_both(const struct network *network)
{
	harness_reset(network);
	set_lease(GREEN, lease_in(60000));
}

static bool is_beaten(__u32 vrid)
{
	struct instance_entry instance = read_instance(vrid);

	return instance.lease_until == 0 || instance.beaten != 0;
}

const char *find_trace(void)
{
	static const struct traffic_entry nothing;
	struct traffic_entry traffic = read_traffic();

	if (memcmp(&traffic, &nothing, sizeof(nothing)) != 0)
		return "a traffic counter moved";
	if (!no_adverts())
		return "vipd_adverts has an entry";
	if (take_inbox(NULL) != 0)
		return "vipd_inbox has a record";
	if (is_beaten(BLUE) || is_beaten(GREEN))
		return "a lease was given up";
	return NULL;
}

const char *find_other_drop(enum drop_reason reason)
{
	struct drops_entry drops = read_drops();

	for (enum drop_reason other = DROP_REASON_FIRST; other < DROP_REASON_END; other++)
		if (((__u64 *)&drops)[drop_index(other)] != 0 && other != reason)
			return drop_name(other);
	return ((__u64 *)&drops)[drop_index(reason)] == 1 ? NULL : "none, or more than once";
}
