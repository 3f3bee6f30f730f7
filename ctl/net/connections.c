// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/net/connections.h"

#include <errno.h>
#include <linux/inet_diag.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/base/address.h"
#include "ctl/base/cleanup.h"
#include "ctl/config/lookup.h"
#include "ctl/net/sock_diag.h"

#define STATE(name) (1U << TCP_##name)

#define STATES                                                                                     \
	(STATE(ESTABLISHED) | STATE(SYN_RECV) | STATE(FIN_WAIT1) | STATE(FIN_WAIT2) |              \
	 STATE(CLOSE_WAIT) | STATE(LAST_ACK) | STATE(CLOSING))

/* What is counted. */
struct census {
	struct ip_address *vips; /* sorted */
	size_t vip_count;
	size_t found;
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

static int compare_addresses(const void *a, const void *b)
{
	return address_compare(a, b);
}

static void count_socket(const struct inet_diag_msg *socket, const struct ip_address *source,
			 bool only_ipv6, void *context)
{
	struct census *census = context;

	(void)socket;
	(void)only_ipv6;
	if (bsearch(source, census->vips, census->vip_count, sizeof(*source), compare_addresses))
		census->found++;
}

static int ask(struct census *census, const struct port_test *tests, size_t test_count)
{
	const struct sock_diag_question question = {
		.protocol = IPPROTO_TCP,
		.states = STATES,
		.filter = tests,
		.filter_length = test_count * sizeof(*tests),
	};

	return sock_diag_read(&question, count_socket, census);
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

static size_t collect_vips(const struct config *config, struct ip_address *vips)
{
	size_t count = 0;

	CONFIG_FOR_EACH_VIP (config, vip)
		vips[count++] = *vip.address;
	return count;
}

static size_t collect_ports(const struct config *config, struct config_port *ports)
{
	size_t count = 0;

	for (size_t i = 0; i < config->service_count; i++)
		for (size_t j = 0; j < config->services[i].port_count; j++)
			ports[count++] = config->services[i].ports[j];
	return count;
}

/* One look at the kernel's table counts the connections to all VIPs and ports of services. */
int connections_to_services(const struct config *config, size_t *count)
{
	CLEANUP(cleanup_free) struct ip_address *vips = calloc(MAX_VIPS, sizeof(*vips));
	struct config_port ports[CONFIG_SERVICES_MAX * CONFIG_PORTS_MAX];

	if (!vips)
		return -ENOMEM;
	return connections_count(vips, collect_vips(config, vips), ports,
				 collect_ports(config, ports), count);
}
