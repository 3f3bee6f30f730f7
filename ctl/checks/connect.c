// SPDX-License-Identifier: GPL-2.0-only
/* A backend is up if it accepts a connection, and, if asked to, completes a TLS handshake on it. */
#include <string.h>

#include "ctl/base/clock.h"
#include "ctl/checks/probe.h"

struct connect_probe {
	struct probe probe;
	struct transfer *transfer;
};

static void on_done(const struct transfer_result *result, void *context)
{
	struct connect_probe *connect = context;
	bool tls = connect->probe.target.check->method == CHECK_TLS;

	if (result->failure)
		probe_finish(&connect->probe, false, "%s", result->failure);
	else
		probe_finish(&connect->probe, true,
			     tls ? "TLS handshake in %.1f ms" : "connected in %.1f ms",
			     (double)result->elapsed / (double)NS_PER_MS);
}

static int connect_open(struct probe *probe, const struct probe_tools *tools)
{
	struct connect_probe *connect = (struct connect_probe *)probe;
	const struct config_check *check = probe->target.check;

	return transfer_new(tools->transfers,
			    &(struct transfer_settings){
				    .endpoint = probe->endpoint,
				    .host = check->host,
				    .tls = check->method == CHECK_TLS,
				    .verify = check->verify,
				    .timeout = check->timeout,
				    .done = on_done,
				    .context = connect,
			    },
			    &connect->transfer);
}

static void connect_start(struct probe *probe)
{
	const struct connect_probe *connect = (struct connect_probe *)probe;
	int r = transfer_start(connect->transfer);

	if (r < 0)
		probe_finish(probe, false, "could not be asked: %s", strerror(-r));
}

static void connect_close(struct probe *probe)
{
	transfer_free(((struct connect_probe *)probe)->transfer);
}

const struct check_kind check_by_connect = {
	.size = sizeof(struct connect_probe),
	.open = connect_open,
	.start = connect_start,
	.close = connect_close,
};
