// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/daemon/guarding.h"

#include <errno.h>
#include <stdlib.h>

#include "ctl/base/cleanup.h"
#include "ctl/base/log.h"

struct guarding {
	struct loader *loader;
	struct monitor_subscription *subscription;
};

int guarding_apply(struct loader *loader, const struct config_vrrp *vrrp)
{
	int error = 0;

	for (size_t i = 0; i < vrrp->guard_interface_count && !error; i++)
		if (!loader_is_guarded(loader, vrrp->guard_interfaces[i]))
			error = loader_guard(loader, vrrp->guard_interfaces[i]);
	if (!error)
		loader_guard_only(loader, vrrp->guard_interfaces, vrrp->guard_interface_count);
	return error;
}

static void on_change(unsigned int kinds, void *context)
{
	struct guarding *guarding = context;

	(void)kinds;
	loader_check(guarding->loader, LOADER_GUARDS);
}

int guarding_watch(struct loader *loader, struct monitor *monitor, struct guarding **guarding)
{
	CLEANUP(cleanup_free) struct guarding *new = calloc(1, sizeof(*new));
	int error = -ENOMEM;

	if (new) {
		new->loader = loader;
		error = monitor_subscribe(monitor, MONITOR_LINK | MONITOR_SLOW_LOOK, on_change, new,
					  &new->subscription);
	}
	if (error)
		return log_failure(error, "cannot watch the guarded interfaces");
	*guarding = TAKE_POINTER(new);
	return 0;
}

void guarding_free(struct guarding *guarding)
{
	if (!guarding)
		return;
	monitor_unsubscribe(guarding->subscription);
	free(guarding);
}
