// SPDX-License-Identifier: GPL-2.0-only
/*
 * The NIC's VLAN offload. A NIC that strips the tag on reception shows XDP an untagged frame, and
 * nothing tells which VLAN it came from.
 */
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "ctl/base/cleanup.h"
#include "ctl/base/log.h"
#include "ctl/net/internal.h"
#include "maps/settings.h"

/* ethtool(8) calls it so. */
#define SETTING "rx-vlan-offload"

static int ethtool(const char *device, uint32_t command, uint32_t *value)
{
	CLEANUP(cleanup_close) int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ethtool_value argument = {.cmd = command, .data = *value};
	struct ifreq request = {.ifr_data = (void *)&argument};

	if (fd < 0)
		return -errno;
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", device);
	if (ioctl(fd, SIOCETHTOOL, &request) < 0)
		return -errno;
	*value = argument.data;
	return 0;
}

static int set_offload(const char *device, bool on)
{
	uint32_t flags = 0;
	int error = ethtool(device, ETHTOOL_GFLAGS, &flags);

	if (error < 0)
		return error;
	flags = on ? flags | ETH_FLAG_RXVLAN : flags & ~(uint32_t)ETH_FLAG_RXVLAN;
	error = ethtool(device, ETHTOOL_SFLAGS, &flags);
	if (error < 0)
		return error;

	/* A driver may accept the setting and ignore it. */
	error = ethtool(device, ETHTOOL_GFLAGS, &flags);
	if (error < 0)
		return error;
	return !!(flags & ETH_FLAG_RXVLAN) == on ? 0 : -EOPNOTSUPP;
}

int offloads_survey(struct net *net, struct survey *survey)
{
	struct item item = {.kind = ITEM_OFFLOAD, .setting = SETTING, .before = 1, .after = 0};
	uint32_t flags = 0;
	int error;

	(void)net;
	if (survey->config->vlan == VLAN_UNTAGGED || survey->link->parent_index == 0)
		return 0;
	memcpy(item.device, survey->link->parent, sizeof(item.device));
	item_list_add(&survey->wanted, &item);
	error = ethtool(item.device, ETHTOOL_GFLAGS, &flags);
	/* A device that has no such flags strips no tags. */
	if (error < 0 && error != -EOPNOTSUPP)
		return error;
	if (!(flags & ETH_FLAG_RXVLAN))
		item_list_add(&survey->present, &item);
	return 0;
}

int offloads_make(struct net *net, const struct item *item)
{
	int error = set_offload(item->device, false);

	(void)net;
	if (error == 0)
		log_notice("turned " SETTING " of %s off: it hides the VLAN tag from XDP",
			   item->device);
	return error;
}

int offloads_remove(struct net *net, const struct item *item)
{
	int error = set_offload(item->device, true);

	(void)net;
	return error == -ENODEV ? 0 : error;
}
