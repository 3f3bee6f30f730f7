// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/drain/drain.h"

#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <string.h>

#include "ctl/base/cleanup.h"
#include "ctl/base/clock.h"
#include "ctl/base/file.h"
#include "ctl/base/log.h"

/* One of each kind for every node. */
#define DRAINS_MAX (2 * MAX_PEERS)

#define TIMER_ACCURACY_US 10000

/* How far another node's clock may be ahead of ours. */
#define AHEAD_MAX (86400 * NS_PER_S)

struct drains {
	char path[PATH_MAX];
	struct drain list[DRAINS_MAX];
	size_t count;
	struct drain_order orders[MAX_PEERS];
	size_t order_count;
	sd_event_source *timer; /* the next end of an order */
	drains_changed changed;
	void *context;
};

static void cleanup_json(json_t **value)
{
	json_decref(*value);
}

/* Return: whether the texts fit, and there is a name. */
static bool set_texts(struct drain *drain, const char *node, const char *reason)
{
	int length = snprintf(drain->node, sizeof(drain->node), "%s", node);

	return length > 0 && length < (int)sizeof(drain->node) &&
	       snprintf(drain->reason, sizeof(drain->reason), "%s", reason) <
		       (int)sizeof(drain->reason);
}

/* The list. */

static struct drain *find_kind(const struct drains *drains, const char *node, bool held)
{
	for (size_t i = 0; i < drains->count; i++) {
		const struct drain *drain = &drains->list[i];

		if (drain->held == held && strcmp(drain->node, node) == 0)
			return (struct drain *)drain;
	}
	return NULL;
}

const struct drain *drains_find(const struct drains *drains, const char *node)
{
	const struct drain *order = find_kind(drains, node, false);

	return order ? order : find_kind(drains, node, true);
}

/* Return: 0, -EINVAL or -ENOSPC. */
static int put(struct drains *drains, const struct drain *drain)
{
	struct drain *place = find_kind(drains, drain->node, drain->held);

	if (!place && drains->count == DRAINS_MAX)
		return -ENOSPC;
	if (!place)
		place = &drains->list[drains->count++];
	*place = *drain;
	return 0;
}

static void remove_at(struct drains *drains, struct drain *drain)
{
	*drain = drains->list[--drains->count];
}

static bool is_over(const struct drain *drain, uint64_t now)
{
	return drain->until && drain->until <= now;
}

static struct drain *find_over(struct drains *drains, uint64_t now)
{
	for (size_t i = 0; i < drains->count; i++)
		if (is_over(&drains->list[i], now))
			return &drains->list[i];
	return NULL;
}

/* The orders. */

static struct drain_order *find_order(const struct drains *drains, const char *node)
{
	for (size_t i = 0; i < drains->order_count; i++)
		if (strcmp(drains->orders[i].node, node) == 0)
			return (struct drain_order *)&drains->orders[i];
	return NULL;
}

/* Without room the oldest goes: it is about a node that has long been what it says. */
static struct drain_order *new_order(struct drains *drains)
{
	struct drain_order *oldest = &drains->orders[0];

	if (drains->order_count < MAX_PEERS)
		return &drains->orders[drains->order_count++];
	for (size_t i = 1; i < drains->order_count; i++)
		if (drains->orders[i].at < oldest->at)
			oldest = &drains->orders[i];
	return oldest;
}

static void keep_order(struct drains *drains, const struct drain_order *order)
{
	struct drain_order *place = find_order(drains, order->node);

	if (!place)
		place = new_order(drains);
	*place = *order;
}

/* An order of ours is the last one, whatever the clocks say. */
static void note_order(struct drains *drains, const char *node, uint64_t until, bool drained,
		       uint64_t now)
{
	const struct drain_order *before = find_order(drains, node);
	struct drain_order order = {
		.at = now / NS_PER_MS,
		.until = until,
		.drained = drained,
	};

	if (before && before->at >= order.at)
		order.at = before->at + 1;
	snprintf(order.node, sizeof(order.node), "%s", node);
	keep_order(drains, &order);
}

size_t drains_orders(const struct drains *drains, struct drain_order *orders)
{
	memcpy(orders, drains->orders, drains->order_count * sizeof(*orders));
	return drains->order_count;
}

/* The file: drains and orders, in JSON. */

static json_t *orders_json(const struct drains *drains)
{
	json_t *list = json_array();

	for (size_t i = 0; i < drains->order_count; i++) {
		const struct drain_order *order = &drains->orders[i];

		json_array_append_new(list, json_pack("{s:s, s:I, s:I, s:b}", "node", order->node,
						      "at", (json_int_t)order->at, "until",
						      (json_int_t)order->until, "drained",
						      order->drained));
	}
	return list;
}

static json_t *to_json(const struct drains *drains)
{
	json_t *list = json_array();

	for (size_t i = 0; i < drains->count; i++) {
		const struct drain *drain = &drains->list[i];

		if (!drain->held)
			json_array_append_new(list, json_pack("{s:s, s:s, s:I, s:I}", "node",
							      drain->node, "reason", drain->reason,
							      "since", (json_int_t)drain->since,
							      "until", (json_int_t)drain->until));
	}
	return json_pack("{s:o, s:o}", "drains", list, "orders", orders_json(drains));
}

static int write_json(FILE *file, const void *content)
{
	errno = ENOMEM; /* unless it is the file */
	return json_dumpf(content, file, JSON_INDENT(1)) == 0 ? 0 : -errno;
}

static int write_file(const struct drains *drains)
{
	CLEANUP(cleanup_json) json_t *content = to_json(drains);

	if (!content)
		return -ENOMEM;
	return file_replace(drains->path, FILE_SURVIVES_THE_HOST, write_json, content);
}

static void save(const struct drains *drains)
{
	int error = write_file(drains);

	if (error)
		log_failure(error,
			    "cannot write %s: who is drained would be forgotten if vipd restarted",
			    drains->path);
}

static void read_drain(struct drains *drains, json_t *value, uint64_t now)
{
	const char *node, *reason;
	json_int_t since, until;
	struct drain drain = {};
	json_error_t error;

	if (json_unpack_ex(value, &error, 0, "{s:s, s:s, s:I, s:I}", "node", &node, "reason",
			   &reason, "since", &since, "until", &until)) {
		log_warning("%s: an entry is ignored: %s", drains->path, error.text);
		return;
	}
	if (!set_texts(&drain, node, reason) || since < 0 || until < 0) {
		log_warning("%s: an entry is ignored: no such text or time was ever written",
			    drains->path);
		return;
	}
	drain.since = (uint64_t)since;
	drain.until = (uint64_t)until;
	if (is_over(&drain, now))
		log_notice("%s is drained no longer: its time ended while vipd did not run", node);
	else if (put(drains, &drain))
		log_warning("%s: an entry is ignored: there are too many", drains->path);
}

static void read_order(struct drains *drains, json_t *value)
{
	struct drain_order order = {};
	json_int_t at, until;
	const char *node;
	json_error_t error;
	int drained;

	if (json_unpack_ex(value, &error, 0, "{s:s, s:I, s:I, s:b}", "node", &node, "at", &at,
			   "until", &until, "drained", &drained) ||
	    at < 0 || until < 0 || strlen(node) >= sizeof(order.node)) {
		log_warning("%s: an order is ignored: no such one was ever written", drains->path);
		return;
	}
	snprintf(order.node, sizeof(order.node), "%s", node);
	order.at = (uint64_t)at;
	order.until = (uint64_t)until;
	order.drained = drained;
	keep_order(drains, &order);
}

/* Files of before have drains only. */
static void complete_orders(struct drains *drains)
{
	for (size_t i = 0; i < drains->count; i++) {
		const struct drain *drain = &drains->list[i];

		if (!find_order(drains, drain->node))
			note_order(drains, drain->node, drain->until, true, drain->since);
	}
}

static void read_file(struct drains *drains, uint64_t now)
{
	CLEANUP(cleanup_fclose) FILE *file = fopen(drains->path, "re");
	CLEANUP(cleanup_json) json_t *content = NULL;
	json_t *list, *value;
	json_error_t error;
	size_t i;

	if (!file && errno == ENOENT)
		return;
	if (!file) {
		log_failure(-errno, "cannot read %s: nobody is drained by it", drains->path);
		return;
	}
	content = json_loadf(file, JSON_REJECT_DUPLICATES, &error);
	list = json_object_get(content, "drains");
	if (!content)
		log_warning("%s:%d: %s: nobody is drained by it", drains->path, error.line,
			    error.text);
	else if (!json_is_array(list))
		log_warning("%s: no list of drains in it: nobody is drained by it", drains->path);
	json_array_foreach (list, i, value)
		read_drain(drains, value, now);
	json_array_foreach (json_object_get(content, "orders"), i, value)
		read_order(drains, value);
	complete_orders(drains);
}

/* Ends. */

static void set_timer(struct drains *drains)
{
	uint64_t next = 0;

	for (size_t i = 0; i < drains->count; i++) {
		uint64_t until = drains->list[i].until;

		if (until && (!next || until < next))
			next = until;
	}
	/* Rounded up, so that it is over when the timer says so. */
	sd_event_source_set_time(drains->timer, next / NS_PER_US + 1);
	sd_event_source_set_enabled(drains->timer, next ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
}

static bool same(const struct drain *a, const struct drain *b)
{
	return a->held == b->held && a->since == b->since && a->until == b->until &&
	       strcmp(a->reason, b->reason) == 0;
}

/* What drains a node now; all zero: nothing. */
static struct drain effective(const struct drains *drains, const char *node)
{
	const struct drain *drain = drains_find(drains, node);

	return drain ? *drain : (struct drain){};
}

static void tell(const struct drains *drains, const char *node, const struct drain *before)
{
	struct drain now = effective(drains, node);

	if (drains->changed && !same(before, &now))
		drains->changed(node, now.node[0] ? &now : NULL, drains->context);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *context)
{
	struct drains *drains = context;
	uint64_t now = clock_wall();
	struct drain *drain;

	(void)source;
	(void)usec;
	while ((drain = find_over(drains, now))) {
		struct drain over = *drain;

		remove_at(drains, drain);
		save(drains);
		tell(drains, over.node, &over);
	}
	set_timer(drains);
	return 0;
}

/* Orders and holds. */

static int change(struct drains *drains, const struct drain *drain)
{
	struct drain before = effective(drains, drain->node);
	int error = put(drains, drain);

	if (error)
		return error;
	if (!drain->held)
		save(drains);
	set_timer(drains);
	tell(drains, drain->node, &before);
	return 0;
}

static int end(struct drains *drains, const char *node, bool held)
{
	struct drain before = effective(drains, node);
	struct drain *drain = find_kind(drains, node, held);

	if (!drain)
		return -ENOENT;
	remove_at(drains, drain);
	if (!held)
		save(drains);
	set_timer(drains);
	/* The name may have been that of the drain. */
	tell(drains, before.node, &before);
	return 0;
}

static int begin(struct drains *drains, const char *node, const char *reason, bool held,
		 uint64_t duration, uint64_t now)
{
	const struct drain *before = find_kind(drains, node, held);
	struct drain drain = {
		.since = before ? before->since : now,
		.until = duration ? now + duration : 0,
		.held = held,
	};

	if (!set_texts(&drain, node, reason ? reason : ""))
		return -EINVAL;
	return change(drains, &drain);
}

int drains_set(struct drains *drains, const char *node, const char *reason, uint64_t duration,
	       uint64_t now)
{
	if (strlen(node) < CONFIG_NAME_MAX && (!reason || strlen(reason) < DRAIN_REASON_MAX))
		note_order(drains, node, duration ? now + duration : 0, true, now);
	return begin(drains, node, reason, false, duration, now);
}

int drains_clear(struct drains *drains, const char *node)
{
	if (!find_kind(drains, node, false))
		return -ENOENT;
	note_order(drains, node, 0, false, clock_wall());
	return end(drains, node, false);
}

static bool is_believable(const struct drain_order *order, uint64_t now)
{
	return order->at <= now / NS_PER_MS + AHEAD_MAX / NS_PER_MS;
}

bool drains_adopt(struct drains *drains, const struct drain_order *order, uint64_t now)
{
	const struct drain_order *before = find_order(drains, order->node);
	bool drains_it = order->drained && (!order->until || order->until > now);

	if (!is_believable(order, now) || (before && before->at >= order->at))
		return false;
	keep_order(drains, order);
	if (drains_it)
		begin(drains, order->node, "ordered on another node", false,
		      order->until ? order->until - now : 0, now);
	else if (end(drains, order->node, false)) /* there is nothing to end */
		save(drains);
	return true;
}

int drains_hold(struct drains *drains, const char *node, const char *reason, uint64_t now)
{
	if (reason)
		return begin(drains, node, reason, true, 0, now);
	end(drains, node, true);
	return 0;
}

/* Open and close. */

static void cleanup_drains(struct drains **drains)
{
	drains_close(*drains);
}

int drains_open(const char *path, sd_event *event, drains_changed changed, void *context,
		struct drains **drains)
{
	CLEANUP(cleanup_drains) struct drains *new = calloc(1, sizeof(*new));
	int error = -ENOMEM;

	if (new)
		error = sd_event_add_time(event, &new->timer, CLOCK_REALTIME, 0, TIMER_ACCURACY_US,
					  on_timer, new);
	if (error >= 0 &&
	    (size_t)snprintf(new->path, sizeof(new->path), "%s", path) >= sizeof(new->path))
		error = -ENAMETOOLONG;
	if (error < 0)
		return log_failure(error, "cannot keep who is drained in %s", path);
	new->changed = changed;
	new->context = context;
	read_file(new, clock_wall());
	set_timer(new);
	*drains = TAKE_POINTER(new);
	return 0;
}

void drains_close(struct drains *drains)
{
	if (!drains)
		return;
	sd_event_source_disable_unref(drains->timer);
	free(drains);
}
