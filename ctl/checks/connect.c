// SPDX-License-Identifier: GPL-2.0-only
/* A server is up if it accepts a connection and, for CHECK_TLS, completes a handshake on it. */
#include <string.h>

#include "ctl/base/clock.h"
#include "ctl/checks/target.h"

struct connect_target {
	struct target target;
	struct transfer *transfer;
};

static void on_done(const struct transfer_result *result, void *context)
{
	struct connect_target *connect = context;
	bool tls = connect->target.question.check.method == CHECK_TLS;

	if (result->failure)
		target_finish(&connect->target, false, "%s", result->failure);
	else
		target_finish(&connect->target, true,
			      tls ? "TLS handshake in %.1f ms" : "connected in %.1f ms",
			      (double)result->elapsed / (double)NS_PER_MS);
}

static int connect_open(struct target *target, const struct check_tools *tools)
{
	struct connect_target *connect = (struct connect_target *)target;
	const struct config_check *check = &target->question.check;
	char endpoint[ENDPOINT_TEXT_MAX];

	return transfer_new(tools->transfers,
			    &(struct transfer_settings){
				    .endpoint = question_endpoint(&target->question, endpoint),
				    .host = check->host,
				    .tls = check->method == CHECK_TLS,
				    .verify = check->verify,
				    .timeout = check->timeout,
				    .done = on_done,
				    .context = connect,
			    },
			    &connect->transfer);
}

static void connect_start(struct target *target)
{
	const struct connect_target *connect = (struct connect_target *)target;
	int error = transfer_start(connect->transfer);

	if (error)
		target_finish(target, false, "could not be asked: %s", strerror(-error));
}

static void connect_close(struct target *target)
{
	transfer_free(((struct connect_target *)target)->transfer);
}

const struct check_type check_by_connect = {
	.size = sizeof(struct connect_target),
	.open = connect_open,
	.start = connect_start,
	.close = connect_close,
};
