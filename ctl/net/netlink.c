// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/net/netlink.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/errno.h>
#include <netlink/handlers.h>
#include <netlink/msg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

/* A dump is tried so often when changes of the table interrupt it. */
#define DUMP_ATTEMPTS 5

/* One request and its answer. */
struct exchange {
	struct netlink *netlink;
	uint32_t sequence;
	netlink_each each;
	void *context;
	bool done;
	bool interrupted; /* the table changed during the dump */
	int error;
};

static int enable(int fd, int option)
{
	return setsockopt(fd, SOL_NETLINK, option, &(int){1}, sizeof(int)) == 0 ? 0 : -errno;
}

int netlink_open(struct netlink *netlink)
{
	struct nl_sock *socket = nl_socket_alloc();
	int error;

	if (!socket)
		return -ENOMEM;
	error = nl_connect(socket, NETLINK_ROUTE);
	if (error < 0)
		error = netlink_errno(error);
	if (error == 0)
		error = enable(nl_socket_get_fd(socket), NETLINK_GET_STRICT_CHK);
	if (error == 0)
		error = enable(nl_socket_get_fd(socket), NETLINK_EXT_ACK);
	if (error == 0)
		error = enable(nl_socket_get_fd(socket), NETLINK_CAP_ACK);
	if (error < 0) {
		nl_socket_free(socket);
		return error;
	}
	*netlink = (struct netlink){.socket = socket};
	return 0;
}

void netlink_close(struct netlink *netlink)
{
	nl_socket_free(netlink->socket);
	*netlink = (struct netlink){};
}

int netlink_errno(int nl_error)
{
	switch (nl_error < 0 ? -nl_error : nl_error) {
	case NLE_SUCCESS:
		return 0;
	case NLE_NOMEM:
		return -ENOMEM;
	case NLE_PERM:
	case NLE_NOACCESS:
		return -EPERM;
	default:
		return -EIO;
	}
}

struct nl_msg *netlink_request(int type, int flags, const void *header, size_t length)
{
	struct nl_msg *message = nlmsg_alloc_simple(type, flags);

	if (message && nlmsg_append(message, (void *)header, length, NLMSG_ALIGNTO) < 0) {
		nlmsg_free(message);
		return NULL;
	}
	return message;
}

/* An answer that comes late belongs to an earlier request, which was given up. */
static int on_sequence(struct nl_msg *message, void *context)
{
	const struct exchange *exchange = context;

	return nlmsg_hdr(message)->nlmsg_seq == exchange->sequence ? NL_OK : NL_SKIP;
}

static int on_object(struct nl_msg *message, void *context)
{
	struct exchange *exchange = context;
	int error = 0;

	if (exchange->each)
		error = nl_msg_parse(message, exchange->each, exchange->context);
	/* We make nothing that libnl cannot read, so it may skip what it cannot. */
	if (error == -NLE_NOMEM)
		exchange->error = -ENOMEM;
	return NL_OK;
}

static int on_interruption(struct nl_msg *message, void *context)
{
	struct exchange *exchange = context;

	(void)message;
	exchange->interrupted = true;
	return NL_OK;
}

static int on_acknowledgement(struct nl_msg *message, void *context)
{
	struct exchange *exchange = context;

	(void)message;
	exchange->done = true;
	return NL_OK;
}

/* A dump that fails half way says so in its last message. */
static int on_finish(struct nl_msg *message, void *context)
{
	struct exchange *exchange = context;
	const struct nlmsghdr *header = nlmsg_hdr(message);

	if (nlmsg_datalen(header) >= (int)sizeof(int))
		memcpy(&exchange->error, nlmsg_data(header), sizeof(int));
	exchange->done = true;
	return NL_OK;
}

static int on_error(struct sockaddr_nl *sender, struct nlmsgerr *failure, void *context)
{
	struct exchange *exchange = context;
	const struct nlmsghdr *header = (void *)((char *)failure - NLMSG_HDRLEN);
	int length = nlmsg_datalen(header) - (int)sizeof(*failure);
	const struct nlattr *reason = NULL;

	(void)sender;
	if (header->nlmsg_flags & NLM_F_ACK_TLVS)
		reason = nla_find((struct nlattr *)(failure + 1), length, NLMSGERR_ATTR_MSG);
	if (reason)
		nla_strlcpy(exchange->netlink->reason, reason, NETLINK_REASON_MAX);
	exchange->error = failure->error;
	exchange->done = true;
	return NL_SKIP;
}

static struct nl_cb *callbacks_for(struct exchange *exchange)
{
	struct nl_cb *callbacks = nl_cb_alloc(NL_CB_DEFAULT);

	if (!callbacks)
		return NULL;
	nl_cb_set(callbacks, NL_CB_SEQ_CHECK, NL_CB_CUSTOM, on_sequence, exchange);
	nl_cb_set(callbacks, NL_CB_VALID, NL_CB_CUSTOM, on_object, exchange);
	nl_cb_set(callbacks, NL_CB_DUMP_INTR, NL_CB_CUSTOM, on_interruption, exchange);
	nl_cb_set(callbacks, NL_CB_FINISH, NL_CB_CUSTOM, on_finish, exchange);
	nl_cb_set(callbacks, NL_CB_ACK, NL_CB_CUSTOM, on_acknowledgement, exchange);
	nl_cb_err(callbacks, NL_CB_CUSTOM, on_error, exchange);
	return callbacks;
}

/* Return: 0 or a negative errno of sending and receiving; the kernel's is in exchange->error. */
static int transact(struct exchange *exchange, struct nl_msg *message)
{
	struct nl_sock *socket = exchange->netlink->socket;
	struct nl_cb *callbacks = callbacks_for(exchange);
	int error;

	if (!callbacks)
		return -ENOMEM;
	nlmsg_hdr(message)->nlmsg_seq = NL_AUTO_SEQ;
	error = nl_send_auto(socket, message);
	exchange->sequence = nlmsg_hdr(message)->nlmsg_seq;
	while (error >= 0 && !exchange->done)
		error = nl_recvmsgs(socket, callbacks);
	nl_cb_put(callbacks);
	return error < 0 ? netlink_errno(error) : 0;
}

int netlink_read(struct netlink *netlink, struct nl_msg *message, netlink_each each, void *context)
{
	int error = -ENOMEM;

	netlink->reason[0] = '\0';
	for (int attempt = 0; message && attempt < DUMP_ATTEMPTS; attempt++) {
		struct exchange exchange = {
			.netlink = netlink,
			.each = each,
			.context = context,
		};

		error = transact(&exchange, message);
		if (error == 0)
			error = exchange.error;
		if (error < 0 || !exchange.interrupted)
			break;
		error = -EAGAIN;
	}
	nlmsg_free(message);
	return error;
}

int netlink_execute(struct netlink *netlink, struct nl_msg *message)
{
	return netlink_read(netlink, message, NULL, NULL);
}

int netlink_read_device(struct netlink *netlink, const char *name, netlink_each each, void *context)
{
	struct ifinfomsg header = {};
	struct nl_msg *request = netlink_request(RTM_GETLINK, 0, &header, sizeof(header));
	int error;

	if (request && nla_put_string(request, IFLA_IFNAME, name) < 0) {
		nlmsg_free(request);
		request = NULL;
	}
	error = netlink_read(netlink, request, each, context);
	return error == -ENODEV ? 0 : error;
}

int netlink_family(int family)
{
	return family == FAMILY_IPV4 ? AF_INET : AF_INET6;
}

struct nl_addr *netlink_address(const struct prefix *prefix)
{
	struct in_addr in4 = address_to_ipv4(&prefix->address);
	struct in6_addr in6 = address_to_ipv6(&prefix->address);
	bool ipv4 = address_family(&prefix->address) == FAMILY_IPV4;
	struct nl_addr *address = ipv4 ? nl_addr_build(AF_INET, &in4, sizeof(in4))
				       : nl_addr_build(AF_INET6, &in6, sizeof(in6));

	if (address)
		nl_addr_set_prefixlen(address, prefix->length);
	return address;
}

struct prefix netlink_prefix(struct nl_addr *address, int family)
{
	unsigned char bytes[sizeof(struct in6_addr)] = {};
	struct in6_addr in6;
	struct in_addr in4;
	struct prefix prefix = {};

	if (address && nl_addr_get_len(address) <= sizeof(bytes))
		memcpy(bytes, nl_addr_get_binary_addr(address), nl_addr_get_len(address));
	memcpy(&in4, bytes, sizeof(in4));
	memcpy(&in6, bytes, sizeof(in6));
	prefix.address = family == FAMILY_IPV4 ? address_from_ipv4(in4) : address_from_ipv6(&in6);
	if (address)
		prefix.length = (uint8_t)nl_addr_get_prefixlen(address);
	return prefix;
}
