// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/net/connections.h"

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>
#include <netlink/handlers.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/base/address.h"
#include "ctl/base/cleanup.h"
#include "ctl/net/netlink.h"

#define STATE(name) (1U << TCP_##name)

#define STATES                                                                                     \
	(STATE(ESTABLISHED) | STATE(SYN_RECV) | STATE(FIN_WAIT1) | STATE(FIN_WAIT2) |              \
	 STATE(CLOSE_WAIT) | STATE(LAST_ACK) | STATE(CLOSING))

/* The kernel puts no more into one message of a dump. */
#define ANSWER_SIZE (32 * 1024)

/* One question and its answer. */
struct census {
	struct ip_address *vips; /* sorted */
	size_t vip_count;
	size_t found;
	bool done;
	int error;
};

/*
 * The kernel runs a filter for each socket. One test of it compares the source port: if it is the
 * same, the test jumps to the end of the filter, which accepts the socket; if not, the next test is
 * run. The last test jumps beyond the end instead, which rejects the socket.
 */
struct port_test {
	struct inet_diag_bc_op compare;
	struct inet_diag_hostcond port;
	struct inet_diag_bc_op accept;
};

#define BEYOND 4

/* Return: how many tests there are, at most one for each port. */
static size_t write_filter(struct port_test *tests, const struct config_port *ports,
			   size_t port_count)
{
	size_t count = 0, size = sizeof(*tests);

	for (size_t i = 0; i < port_count; i++)
		if (ports[i].protocol == IPPROTO_TCP)
			tests[count++].port = (struct inet_diag_hostcond){.port = ports[i].port};
	for (size_t i = 0; i < count; i++) {
		tests[i].compare = (struct inet_diag_bc_op){
			.code = INET_DIAG_BC_S_COND,
			.yes = offsetof(struct port_test, accept),
			.no = (unsigned short)(i + 1 < count ? size : size + BEYOND),
		};
		tests[i].accept = (struct inet_diag_bc_op){
			.code = INET_DIAG_BC_JMP,
			.yes = sizeof(tests->accept), /* never taken, but judged */
			.no = (unsigned short)((count - i) * size -
					       offsetof(struct port_test, accept)),
		};
	}
	return count;
}

static struct nl_msg *new_request(int family, const struct port_test *tests, size_t test_count)
{
	const struct inet_diag_req_v2 header = {
		.sdiag_family = (__u8)family,
		.sdiag_protocol = IPPROTO_TCP,
		.idiag_states = STATES,
	};
	size_t length = test_count * sizeof(*tests);
	struct nl_msg *message = nlmsg_alloc_size((size_t)nlmsg_total_size((int)sizeof(header)) +
						  (size_t)nla_total_size((int)length));

	if (message &&
	    nlmsg_put(message, NL_AUTO_PORT, NL_AUTO_SEQ, SOCK_DIAG_BY_FAMILY, 0, NLM_F_DUMP) &&
	    nlmsg_append(message, (void *)&header, sizeof(header), NLMSG_ALIGNTO) == 0 &&
	    nla_put(message, INET_DIAG_REQ_BYTECODE, (int)length, tests) == 0)
		return message;
	nlmsg_free(message);
	return NULL;
}

/* A socket of both families has IPv4 addresses mapped into IPv6, and so have we. */
static struct ip_address source_of(const struct inet_diag_msg *socket)
{
	struct in6_addr in6;

	if (socket->idiag_family == AF_INET)
		return address_from_ipv4((struct in_addr){socket->id.idiag_src[0]});
	memcpy(&in6, socket->id.idiag_src, sizeof(in6));
	return address_from_ipv6(&in6);
}

static int compare_addresses(const void *a, const void *b)
{
	return address_compare(a, b);
}

static int on_socket(struct nl_msg *message, void *context)
{
	struct census *census = context;
	struct ip_address source;

	if (nlmsg_datalen(nlmsg_hdr(message)) < (int)sizeof(struct inet_diag_msg))
		return NL_OK;
	source = source_of(nlmsg_data(nlmsg_hdr(message)));
	if (bsearch(&source, census->vips, census->vip_count, sizeof(source), compare_addresses))
		census->found++;
	return NL_OK;
}

static int on_finish(struct nl_msg *message, void *context)
{
	struct census *census = context;

	(void)message;
	census->done = true;
	return NL_OK;
}

static int on_error(struct sockaddr_nl *sender, struct nlmsgerr *failure, void *context)
{
	struct census *census = context;

	(void)sender;
	census->error = failure->error;
	census->done = true;
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
static int exchange(struct nl_sock *socket, struct nl_msg *message, struct census *census)
{
	CLEANUP(cleanup_callbacks) struct nl_cb *callbacks = nl_cb_alloc(NL_CB_DEFAULT);
	int error = -NLE_NOMEM;

	if (callbacks && message) {
		nl_cb_set(callbacks, NL_CB_VALID, NL_CB_CUSTOM, on_socket, census);
		nl_cb_set(callbacks, NL_CB_FINISH, NL_CB_CUSTOM, on_finish, census);
		nl_cb_err(callbacks, NL_CB_CUSTOM, on_error, census);
		error = nl_send_auto(socket, message);
	}
	nlmsg_free(message);
	census->done = false;
	while (error >= 0 && !census->done)
		error = nl_recvmsgs(socket, callbacks);
	return error < 0 && !census->error ? netlink_errno(error) : census->error;
}

static int ask(struct census *census, const struct port_test *tests, size_t test_count)
{
	CLEANUP(cleanup_socket) struct nl_sock *socket = nl_socket_alloc();
	int error = socket ? nl_connect(socket, NETLINK_SOCK_DIAG) : -NLE_NOMEM;

	if (error >= 0)
		error = nl_socket_set_msg_buf_size(socket, ANSWER_SIZE);
	if (error < 0)
		return netlink_errno(error);
	error = exchange(socket, new_request(AF_INET, tests, test_count), census);
	if (error)
		return error;
	return exchange(socket, new_request(AF_INET6, tests, test_count), census);
}

int connections_count(const struct ip_address *vips, size_t vip_count,
		      const struct config_port *ports, size_t port_count, size_t *count)
{
	CLEANUP(cleanup_free) struct port_test *tests = calloc(port_count + 1, sizeof(*tests));
	CLEANUP(cleanup_free) struct ip_address *sorted = calloc(vip_count + 1, sizeof(*sorted));
	struct census census = {.vips = sorted, .vip_count = vip_count};
	size_t test_count;
	int error;

	if (!tests || !sorted)
		return -ENOMEM;
	if (vip_count)
		memcpy(sorted, vips, vip_count * sizeof(*sorted));
	qsort(sorted, vip_count, sizeof(*sorted), compare_addresses);
	test_count = write_filter(tests, ports, port_count);
	/* An empty filter would accept every socket. */
	error = test_count && vip_count ? ask(&census, tests, test_count) : 0;
	if (!error)
		*count = census.found;
	return error;
}
