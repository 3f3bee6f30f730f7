/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Requests to the kernel over rtnetlink, one at a time: each is answered before the next is sent.
 * Failures are told as errno and in the kernel's own words, both of which libnl's codes lose.
 */
#ifndef VIPD_NET_NETLINK_H
#define VIPD_NET_NETLINK_H

#include <netlink/addr.h>
#include <netlink/netlink.h>
#include <netlink/object.h>
#include <stddef.h>

#include "ctl/net/prefix.h"

#define NETLINK_REASON_MAX 128

struct netlink {
	struct nl_sock *socket;
	char reason[NETLINK_REASON_MAX]; /* what the kernel said of the last failure, or empty */
};

/** netlink_open() - Return: 0, or a negative errno. */
int netlink_open(struct netlink *netlink);
void netlink_close(struct netlink *netlink);

/**
 * netlink_request() - begin a message
 * @type: RTM_...
 * @flags: NLM_F_...
 * @header: of the type's own kind.
 *
 * Return: the message, or NULL for want of memory: netlink_execute() and netlink_read() know.
 */
struct nl_msg *netlink_request(int type, int flags, const void *header, size_t length);

/**
 * netlink_execute() - send a request and wait for the acknowledgement
 * @message: freed; NULL is -ENOMEM.
 *
 * Return: 0, or a negative errno; netlink->reason has the kernel's explanation.
 */
int netlink_execute(struct netlink *netlink, struct nl_msg *message);

typedef void (*netlink_each)(struct nl_object *object, void *context);

/**
 * netlink_read() - send a query and visit the objects of the answer
 * @message: freed; NULL is -ENOMEM. A dump is checked strictly: the kernel applies its filters.
 * @each: sees every object; some twice when the kernel's tables changed during the dump.
 *
 * Return: 0, or a negative errno.
 */
int netlink_read(struct netlink *netlink, struct nl_msg *message, netlink_each each, void *context);

/**
 * netlink_read_device() - visit the device of this name, if there is one
 *
 * Return: 0, also when there is none; or a negative errno.
 */
int netlink_read_device(struct netlink *netlink, const char *name, netlink_each each,
			void *context);

/** netlink_errno() - an errno for a failure of libnl itself. */
int netlink_errno(int nl_error);

/** netlink_family() - AF_INET for FAMILY_IPV4, AF_INET6 for FAMILY_IPV6. */
int netlink_family(int family);

/** netlink_address() - as libnl's setters take it. Return: a reference; NULL: no memory. */
struct nl_addr *netlink_address(const struct prefix *prefix);

/**
 * netlink_prefix() - what a libnl getter returned
 * @address: may be NULL: every address of the family.
 * @family: FAMILY_IPV4 or FAMILY_IPV6.
 */
struct prefix netlink_prefix(struct nl_addr *address, int family);

static inline void cleanup_nl_addr(struct nl_addr **address)
{
	nl_addr_put(*address);
}

#endif
