// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/daemon/guarding.h"

#include <errno.h>
#include <stdlib.h>

#include "ctl/base/cleanup.h"
#include "ctl/base/log.h"
#include "ctl/net/track.h"

struct guarding {
	struct loader *loader;
	struct track *track;
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

/* An interface that was made anew is another one to the kernel: it has lost its program. */
static void on_change(const char *name, bool up, void *context)
{
	struct guarding *guarding = context;

	(void)name;
	(void)up;
	loader_check(guarding->loader, LOADER_GUARDS);
}

int guarding_watch(struct loader *loader, const struct config_vrrp *vrrp, struct monitor *monitor,
		   struct guarding **guarding)
{
	CLEANUP(cleanup_free) struct guarding *new = NULL;
	int error;

	*guarding = NULL;
	if (vrrp->guard_interface_count == 0)
		return 0;
	new = calloc(1, sizeof(*new));
	if (!new)
		return log_failure(-ENOMEM, "cannot watch the guarded interfaces");
	new->loader = loader;
	error = track_open(vrrp->guard_interfaces, vrrp->guard_interface_count, monitor, on_change,
			   new, &new->track);
	if (error)
		return error;
	*guarding = TAKE_POINTER(new);
	return 0;
}

void guarding_free(struct guarding *guarding)
{
	if (!guarding)
		return;
	track_close(guarding->track);
	free(guarding);
}
