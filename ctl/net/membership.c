// SPDX-License-Identifier: GPL-2.0-only
/*
 * Multicast groups. XDP answers neighbour solicitations before the kernel sees them, but the NIC's
 * filter, and switches that snoop MLD, deliver only the groups that the kernel has joined.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ctl/base/cleanup.h"
#include "ctl/base/log.h"
#include "ctl/config/lookup.h"
#include "ctl/net/internal.h"

/* RFC 4291 section 2.7.1: the group is ff02::1:ff00:0/104 with the last 24 bits of the address. */
static struct ip_address solicited_node(const struct ip_address *address)
{
	const __u8 *low = &address->bytes[13];

	return (struct ip_address){
		.bytes = {0xff, 0x02, [11] = 1, [12] = 0xff, low[0], low[1], low[2]},
	};
}

static int compare_for_sort(const void *a, const void *b)
{
	return address_compare(a, b);
}

/* Many VIPs share a group, and each group is to be joined once. Return: how many are left. */
static size_t sort_groups(struct ip_address *groups, size_t count)
{
	size_t kept = 0;

	qsort(groups, count, sizeof(*groups), compare_for_sort);
	for (size_t i = 0; i < count; i++)
		if (kept == 0 || !address_equal(&groups[kept - 1], &groups[i]))
			groups[kept++] = groups[i];
	return kept;
}

/* These groups are in RFC 9568 sections 5.1.1.2 and 5.1.2.2. */
static size_t vrrp_groups(struct ip_address *groups)
{
	address_parse("224.0.0.18", &groups[0]);
	address_parse("ff02::12", &groups[1]);
	return 2;
}

/* Return: how many groups, at most GROUPS_MAX. */
static size_t wanted_groups(const struct config *config, struct ip_address *groups)
{
	size_t count = config->vrrp.mode == VRRP_MULTICAST ? vrrp_groups(groups) : 0;

	CONFIG_FOR_EACH_VIP (config, vip)
		if (count < GROUPS_MAX && address_family(vip.address) == FAMILY_IPV6)
			groups[count++] = solicited_node(vip.address);
	return sort_groups(groups, count);
}

static int join(int fd, unsigned int index, const struct ip_address *group)
{
	bool ipv4 = address_family(group) == FAMILY_IPV4;
	struct group_req request = {.gr_interface = index};

	address_to_sockaddr(group, 0, &request.gr_group);
	if (setsockopt(fd, ipv4 ? IPPROTO_IP : IPPROTO_IPV6, MCAST_JOIN_GROUP, &request,
		       sizeof(request)) < 0)
		return -errno;
	return 0;
}

/* A socket has memory for so many groups only (net.core.optmem_max), so there are several. */
static int socket_for(struct membership *membership, size_t position)
{
	const struct ip_address *group = &membership->groups[position];
	int family = netlink_family(address_family(group));
	bool first_of_family = position == 0 || address_family(group) != address_family(group - 1);
	int fd;

	if (!first_of_family && position % GROUPS_PER_SOCKET != 0)
		return membership->sockets[membership->socket_count - 1];
	fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	membership->sockets[membership->socket_count++] = fd;
	return fd;
}

static int join_all(struct membership *membership)
{
	char text[ADDRESS_TEXT_MAX];

	for (size_t i = 0; i < membership->group_count; i++) {
		int fd = socket_for(membership, i);
		int error = fd < 0 ? fd : join(fd, membership->index, &membership->groups[i]);

		if (error < 0)
			return log_failure(error, "cannot join multicast group %s",
					   address_format(&membership->groups[i], text));
	}
	return 0;
}

static bool is_current(const struct membership *membership, const struct membership *wanted)
{
	return membership->index == wanted->index &&
	       membership->group_count == wanted->group_count &&
	       memcmp(membership->groups, wanted->groups,
		      wanted->group_count * sizeof(*wanted->groups)) == 0;
}

int membership_join(struct membership *membership, const struct membership *current,
		    const struct config *config, unsigned int index)
{
	struct membership joined = {.index = index};
	int error;

	if (index != 0)
		joined.group_count = wanted_groups(config, joined.groups);
	if (is_current(current, &joined)) {
		*membership = (struct membership){.kept = true};
		return 0;
	}
	error = join_all(&joined);
	if (error < 0) {
		membership_leave(&joined);
		return error;
	}
	*membership = joined;
	return 0;
}

void membership_replace(struct membership *membership, struct membership *joined)
{
	if (joined->kept)
		return;
	membership_leave(membership);
	*membership = *joined;
	*joined = (struct membership){};
}

int membership_update(struct membership *membership, const struct config *config,
		      unsigned int index)
{
	struct membership joined;
	int error = membership_join(&joined, membership, config, index);

	if (error < 0)
		return error;
	membership_replace(membership, &joined);
	return 0;
}

void membership_leave(struct membership *membership)
{
	for (size_t i = 0; i < membership->socket_count; i++)
		close(membership->sockets[i]);
	*membership = (struct membership){};
}
