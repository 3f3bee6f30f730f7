// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/net/sock_diag.h"

#include <linux/sock_diag.h>
#include <netlink/handlers.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <stdbool.h>
#include <string.h>

#include "ctl/base/address.h"
#include "ctl/base/cleanup.h"
#include "ctl/net/netlink.h"

/* The kernel puts no more into one message of a dump. */
#define ANSWER_SIZE (32 * 1024)

/* One question of one family, and its answer. */
struct exchange {
	sock_diag_each each;
	void *context;
	bool done;
	int error;
};

static struct nl_msg *new_request(const struct sock_diag_question *question, int family)
{
	const struct inet_diag_req_v2 header = {
		.sdiag_family = (__u8)family,
		.sdiag_protocol = question->protocol,
		.idiag_states = question->states,
	};
	int filter = (int)question->filter_length;
	struct nl_msg *message = nlmsg_alloc_size((size_t)nlmsg_total_size((int)sizeof(header)) +
						  (size_t)nla_total_size(filter));

	if (message &&
	    nlmsg_put(message, NL_AUTO_PORT, NL_AUTO_SEQ, SOCK_DIAG_BY_FAMILY, 0, NLM_F_DUMP) &&
	    nlmsg_append(message, (void *)&header, sizeof(header), NLMSG_ALIGNTO) == 0 &&
	    (!filter || nla_put(message, INET_DIAG_REQ_BYTECODE, filter, question->filter) == 0))
		return message;
	nlmsg_free(message);
	return NULL;
}

static struct ip_address source_of(const struct inet_diag_msg *socket)
{
	struct in6_addr in6;

	if (socket->idiag_family == AF_INET)
		return address_from_ipv4((struct in_addr){socket->id.idiag_src[0]});
	memcpy(&in6, socket->id.idiag_src, sizeof(in6));
	return address_from_ipv6(&in6);
}

static int on_socket(struct nl_msg *message, void *context)
{
	struct nlmsghdr *header = nlmsg_hdr(message);
	struct exchange *exchange = context;
	const struct inet_diag_msg *socket;
	struct nlattr *only_ipv6;
	struct ip_address source;

	if (nlmsg_datalen(header) < (int)sizeof(*socket))
		return NL_OK;
	socket = nlmsg_data(header);
	source = source_of(socket);
	only_ipv6 = nlmsg_find_attr(header, sizeof(*socket), INET_DIAG_SKV6ONLY);
	exchange->each(socket, &source, only_ipv6 && nla_get_u8(only_ipv6), exchange->context);
	return NL_OK;
}

static int on_finish(struct nl_msg *message, void *context)
{
	struct exchange *exchange = context;

	(void)message;
	exchange->done = true;
	return NL_OK;
}

static int on_error(struct sockaddr_nl *sender, struct nlmsgerr *failure, void *context)
{
	struct exchange *exchange = context;

	(void)sender;
	exchange->error = failure->error;
	exchange->done = true;
	return NL_STOP;
}

static void cleanup_callbacks(struct nl_cb **callbacks)
{
	nl_cb_put(*callbacks);
}

static void cleanup_socket(struct nl_sock **socket)
{
	nl_socket_free(*socket);
}

/* Return: 0 or a negative errno; @message is freed. */
static int run(struct nl_sock *socket, struct nl_msg *message, struct exchange *exchange)
{
	CLEANUP(cleanup_callbacks) struct nl_cb *callbacks = nl_cb_alloc(NL_CB_DEFAULT);
	int error = -NLE_NOMEM;

	if (callbacks && message) {
		nl_cb_set(callbacks, NL_CB_VALID, NL_CB_CUSTOM, on_socket, exchange);
		nl_cb_set(callbacks, NL_CB_FINISH, NL_CB_CUSTOM, on_finish, exchange);
		nl_cb_err(callbacks, NL_CB_CUSTOM, on_error, exchange);
		error = nl_send_auto(socket, message);
	}
	nlmsg_free(message);
	exchange->done = false;
	while (error >= 0 && !exchange->done)
		error = nl_recvmsgs(socket, callbacks);
	return error < 0 && !exchange->error ? netlink_errno(error) : exchange->error;
}

int sock_diag_read(const struct sock_diag_question *question, sock_diag_each each, void *context)
{
	CLEANUP(cleanup_socket) struct nl_sock *socket = nl_socket_alloc();
	struct exchange exchange = {.each = each, .context = context};
	int error = socket ? nl_connect(socket, NETLINK_SOCK_DIAG) : -NLE_NOMEM;

	if (error >= 0)
		error = nl_socket_set_msg_buf_size(socket, ANSWER_SIZE);
	if (error < 0)
		return netlink_errno(error);
	error = run(socket, new_request(question, AF_INET), &exchange);
	if (error)
		return error;
	return run(socket, new_request(question, AF_INET6), &exchange);
}
