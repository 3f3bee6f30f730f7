// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sysctls that keep the kernel from sending ARP for a VIP. A node replies with a VIP as source even
 * when it does not own it. Were its ARP request for the gateway to have the VIP as sender, the
 * gateway would send the VIP's traffic to it.
 *
 * The dataplane answers on one device only. On another one that is in the same network as a VIP,
 * the kernel would answer for it, whoever owns it. IPv6 needs no setting: the kernel answers a
 * neighbour solicitation only for an address of the device that it came to.
 */
#include <errno.h>
#include <fcntl.h>
#include <netlink/route/addr.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ctl/base/cleanup.h"
#include "ctl/config/lookup.h"
#include "ctl/net/internal.h"

#define VALUE_TEXT_MAX 16

enum { ASKS, ANSWERS };

/* Any value from at_least to at_most will do (Documentation/networking/ip-sysctl.rst). */
static const struct requirement {
	char name[IF_NAMESIZE];
	int at_least; /* the value that we set */
	int at_most;
} requirements[] = {
	[ASKS] = {"arp_announce", 2, 2},
	[ANSWERS] = {"arp_ignore", 1, 2},
};

static int open_setting(const char *device, const char *name, int flags)
{
	char path[sizeof("/proc/sys/net/ipv4/conf//") + 2UL * IF_NAMESIZE];
	int fd;

	snprintf(path, sizeof(path), "/proc/sys/net/ipv4/conf/%s/%s", device, name);
	fd = open(path, flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int read_setting(const char *device, const char *name, int *value)
{
	CLEANUP(cleanup_close) int fd = open_setting(device, name, O_RDONLY);
	char text[VALUE_TEXT_MAX] = "";

	if (fd < 0)
		return fd;
	if (read(fd, text, sizeof(text) - 1) < 0)
		return -errno;
	return sscanf(text, "%d", value) == 1 ? 0 : -EIO;
}

static int write_setting(const char *device, const char *name, int value)
{
	CLEANUP(cleanup_close) int fd = open_setting(device, name, O_WRONLY);
	char text[VALUE_TEXT_MAX];
	int length = snprintf(text, sizeof(text), "%d\n", value);

	if (fd < 0)
		return fd;
	return write(fd, text, (size_t)length) == length ? 0 : -errno;
}

static int survey_requirement(const char *device, const struct requirement *requirement,
			      struct survey *survey)
{
	struct item item = {.kind = ITEM_SYSCTL, .after = requirement->at_least};
	int error;

	memcpy(item.device, device, sizeof(item.device));
	memcpy(item.setting, requirement->name, sizeof(item.setting));
	error = read_setting(item.device, item.setting, &item.before);
	/* The device may have gone since we looked. */
	if (error == -ENOENT)
		return 0;
	if (error < 0)
		return error;
	item_list_add(&survey->wanted, &item);
	if (item.before >= requirement->at_least && item.before <= requirement->at_most)
		item_list_add(&survey->present, &item);
	return 0;
}

/* Devices with an address in the network of a VIP. */
struct neighbour_search {
	struct survey *survey;
	int error;
};

static bool has_vip_in(const struct config *config, const struct prefix *network)
{
	CONFIG_FOR_EACH_VIP (config, vip) {
		struct prefix host = prefix_of_host(vip.address);

		if (network->length < host.length && prefix_contains(network, &host))
			return true;
	}
	return false;
}

static void survey_neighbour(struct nl_object *object, void *context)
{
	struct rtnl_addr *entry = (struct rtnl_addr *)object;
	unsigned int index = (unsigned int)rtnl_addr_get_ifindex(entry);
	struct neighbour_search *search = context;
	struct survey *survey = search->survey;
	struct prefix own = netlink_prefix(rtnl_addr_get_local(entry), FAMILY_IPV4);
	struct prefix network = prefix_of_network(&own.address, own.length);
	char device[IF_NAMESIZE];

	if (search->error || index == LOOPBACK_INDEX || index == survey->link->index ||
	    !has_vip_in(survey->config, &network) || !if_indextoname(index, device))
		return;
	search->error = survey_requirement(device, &requirements[ANSWERS], survey);
}

static int survey_neighbours(struct net *net, struct survey *survey)
{
	struct neighbour_search search = {.survey = survey};
	int error = addresses_read(&net->netlink, FAMILY_IPV4, 0, survey_neighbour, &search);

	return error < 0 ? error : search.error;
}

static int survey_own(struct survey *survey)
{
	const char *device = survey->link->device;
	int error;

	if (survey->link->index == 0)
		return 0;
	error = survey_requirement(device, &requirements[ASKS], survey);
	return error < 0 ? error : survey_requirement(device, &requirements[ANSWERS], survey);
}

int sysctls_survey(struct net *net, struct survey *survey)
{
	int error = survey_own(survey);

	return error < 0 ? error : survey_neighbours(net, survey);
}

int sysctls_make(struct net *net, const struct item *item)
{
	(void)net;
	return write_setting(item->device, item->setting, item->after);
}

/* A value that is no longer ours was set by somebody else, and stays. */
int sysctls_remove(struct net *net, const struct item *item)
{
	int value = 0;
	int error = read_setting(item->device, item->setting, &value);

	(void)net;
	if (error == 0 && value == item->after)
		error = write_setting(item->device, item->setting, item->before);
	return error == -ENOENT ? 0 : error;
}
