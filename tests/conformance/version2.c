// SPDX-License-Identifier: GPL-2.0-only
#include "tests/conformance/version2.h"

#include <string.h>

#define SECONDS 1

static struct {
	uint8_t type;
	char password[8];
} ours;

/* Padded with zeros, or cut, to eight bytes. */
static void copy_password(char copy[static 8], const char *password)
{
	size_t length = strnlen(password, 8);

	memset(copy, 0, 8);
	memcpy(copy, password, length);
}

static void set_version2(void)
{
	struct instance_entry blue = read_instance(BLUE);

	blue.version = 2;
	blue.advert_interval = 100 * SECONDS;
	blue.authentication_type = ours.type;
	memcpy(blue.authentication_data, ours.password, sizeof(ours.password));
	set_instance(BLUE, &blue);
}

void speak_version2(uint8_t type, const char *password)
{
	ours.type = type;
	copy_password(ours.password, password);
	prepare_dataplane(set_version2);
}

void build_advert2(struct frame *frame, uint8_t type, const char *password)
{
	static const char *const vips[] = {BLUE_VIP4, GREEN_VIP4, NULL};
	char padded[8];

	copy_password(padded, password);
	frame_ethernet(frame, VRRP_GROUP4_MAC, N2_MAC, ETH_P_IP);
	frame_ip(frame, N2_ADDRESS4, VRRP_GROUP4, 112);
	frame_advert2(frame, BLUE, PRIORITY + 50, SECONDS, vips, type, padded);
	frame_finish(frame);
}
