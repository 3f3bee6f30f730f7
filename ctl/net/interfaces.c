// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/net/interfaces.h"

#include <errno.h>
#include <netlink/route/link.h>
#include <string.h>

#include "ctl/base/cleanup.h"
#include "ctl/base/log.h"
#include "ctl/config/config.h"
#include "ctl/net/netlink.h"

struct interface {
	char name[IF_NAMESIZE];
	bool up;
};

struct interfaces_plan {
	struct interface list[CONFIG_TRACKED_MAX];
	size_t count;
};

struct interfaces {
	struct netlink netlink;
	struct monitor_subscription *subscription;
	struct interfaces_plan watched;
	interface_changed changed;
	void *context;
};

static void keep_state(struct nl_object *object, void *context)
{
	const unsigned int up = IFF_UP | IFF_RUNNING;

	*(bool *)context = (rtnl_link_get_flags((struct rtnl_link *)object) & up) == up;
}

static int read_state(struct interfaces *interfaces, const char *name, bool *up)
{
	*up = false;
	return netlink_read_device(&interfaces->netlink, name, keep_state, up);
}

static void look_again(struct interfaces *interfaces, struct interface *interface)
{
	bool up;
	int error = read_state(interfaces, interface->name, &up);

	if (error)
		log_failure(error, "cannot read the state of interface %s", interface->name);
	if (error || up == interface->up)
		return;
	interface->up = up;
	if (interfaces->changed)
		interfaces->changed(interface->name, up, interfaces->context);
}

static void on_link_changes(unsigned int kinds, void *context)
{
	struct interfaces *interfaces = context;

	(void)kinds;
	for (size_t i = 0; i < interfaces->watched.count; i++)
		look_again(interfaces, &interfaces->watched.list[i]);
}

static int look(struct interfaces *interfaces, const char (*names)[IF_NAMESIZE], size_t count,
		struct interfaces_plan *watched)
{
	int error = 0;

	watched->count = count;
	for (size_t i = 0; i < count && !error; i++) {
		memcpy(watched->list[i].name, names[i], IF_NAMESIZE);
		error = read_state(interfaces, names[i], &watched->list[i].up);
	}
	return error;
}

/* Listen first, then look: so nothing is missed in between. */
static int start(struct interfaces *interfaces, struct monitor *monitor,
		 const char (*names)[IF_NAMESIZE], size_t count)
{
	int error = netlink_open(&interfaces->netlink);

	if (error)
		return error;
	error = monitor_subscribe(monitor, MONITOR_LINK | MONITOR_SLOW_LOOK, on_link_changes,
				  interfaces, &interfaces->subscription);
	if (error)
		return error;
	return look(interfaces, names, count, &interfaces->watched);
}

static void cleanup_interfaces(struct interfaces **interfaces)
{
	interfaces_close(*interfaces);
}

int interfaces_open(const char (*names)[IF_NAMESIZE], size_t count, struct monitor *monitor,
		    interface_changed changed, void *context, struct interfaces **interfaces)
{
	CLEANUP(cleanup_interfaces) struct interfaces *new = calloc(1, sizeof(*new));
	int error = -ENOMEM;

	if (new) {
		new->changed = changed;
		new->context = context;
		error = start(new, monitor, names, count);
	}
	if (error)
		return log_failure(error, "cannot watch the state of network interfaces");
	*interfaces = TAKE_POINTER(new);
	return 0;
}

int interfaces_prepare(struct interfaces *interfaces, const char (*names)[IF_NAMESIZE],
		       size_t count, struct interfaces_plan **plan)
{
	CLEANUP(cleanup_free) struct interfaces_plan *new = calloc(1, sizeof(*new));
	int error = new ? look(interfaces, names, count, new) : -ENOMEM;

	if (error)
		return log_failure(error, "cannot read the state of network interfaces");
	*plan = TAKE_POINTER(new);
	return 0;
}

void interfaces_commit(struct interfaces *interfaces, struct interfaces_plan *plan)
{
	interfaces->watched = *plan;
	free(plan);
}

void interfaces_abort(struct interfaces *interfaces, struct interfaces_plan *plan)
{
	(void)interfaces;
	free(plan);
}

const char *interfaces_find_down(const struct interfaces *interfaces)
{
	for (size_t i = 0; i < interfaces->watched.count; i++)
		if (!interfaces->watched.list[i].up)
			return interfaces->watched.list[i].name;
	return NULL;
}

void interfaces_close(struct interfaces *interfaces)
{
	if (!interfaces)
		return;
	monitor_unsubscribe(interfaces->subscription);
	if (interfaces->netlink.socket)
		netlink_close(&interfaces->netlink);
	free(interfaces);
}
