// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sysctls that keep the kernel from sending ARP for a VIP. A node replies with a VIP as source even
 * when it does not own it. Were its ARP request for the gateway to have the VIP as sender, the
 * gateway would send the VIP's traffic to it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ctl/base/cleanup.h"
#include "ctl/net/internal.h"

#define VALUE_TEXT_MAX 16

/* Any value from at_least to at_most will do (Documentation/networking/ip-sysctl.rst). */
static const struct requirement {
	char name[IF_NAMESIZE];
	int at_least; /* the value that we set */
	int at_most;
} requirements[] = {
	{"arp_announce", 2, 2},
	{"arp_ignore", 1, 2},
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

static int survey_requirement(const struct net_link *link, const struct requirement *requirement,
			      struct survey *survey)
{
	struct item item = {.kind = ITEM_SYSCTL, .after = requirement->at_least};
	int error;

	memcpy(item.device, link->device, sizeof(item.device));
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

int sysctls_survey(struct net *net, struct survey *survey)
{
	const size_t count = sizeof(requirements) / sizeof(*requirements);
	int error = 0;

	(void)net;
	if (survey->link->index == 0)
		return 0;
	for (size_t i = 0; i < count && error == 0; i++)
		error = survey_requirement(survey->link, &requirements[i], survey);
	return error;
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
