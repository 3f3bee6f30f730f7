// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/notify/notify.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

#include "ctl/api/events.h"
#include "ctl/base/cleanup.h"
#include "ctl/base/json.h"
#include "ctl/base/log.h"
#include "ctl/config/lookup.h"
#include "ctl/notify/section.h"
#include "ctl/process/run.h"
#include "ctl/process/user.h"

/* An event that waits, as the text that the program will read. */
struct notice {
	TAILQ_ENTRY(notice) others;
	size_t length;
	char text[];
};

TAILQ_HEAD(notice_queue, notice);

struct notify {
	sd_event *event;
	struct events *events;
	const struct config *config; /* a reference; NULL: none yet */
	struct notice_queue waiting;
	size_t waiting_count;
	size_t left_out;            /* since the log said so last */
	struct user_search *search; /* NULL: nobody is looked up */
	struct run *run;            /* NULL: the program does not run */
};

static const struct notify_settings *settings(const struct notify *notify)
{
	return notify_settings(notify->config);
}

/* What the program reads. */

static json_t *vips_json(const struct config *config, uint8_t vrid)
{
	size_t index = config_find_vrid(config, vrid);
	json_t *vips = json_array();

	if (index == CONFIG_NONE)
		return vips;
	for (size_t i = 0; i < config->instances[index].vip_count; i++)
		value_append(&vips, value_address(&config->instances[index].vips[i]));
	return vips;
}

static char *describe(const struct config *config, const struct event *event)
{
	json_t *object = event_json(event);
	char *text = NULL;

	value_set(&object, "node", value_text(config->node));
	if (event->vrid)
		value_set(&object, "vips", vips_json(config, event->vrid));
	if (object)
		text = json_dumps(object, JSON_COMPACT);
	json_decref(object);
	return text;
}

/* The queue. */

static void drop_oldest(struct notify *notify)
{
	struct notice *oldest = TAILQ_FIRST(&notify->waiting);

	TAILQ_REMOVE(&notify->waiting, oldest, others);
	free(oldest);
	notify->waiting_count--;
}

static void enqueue(struct notify *notify, const char *text)
{
	size_t length = strlen(text);
	struct notice *notice = malloc(sizeof(*notice) + length + 1);

	if (!notice) {
		notify->left_out++;
		return;
	}
	memcpy(notice->text, text, length);
	notice->text[length] = '\n';
	notice->length = length + 1;
	if (notify->waiting_count == NOTIFY_QUEUE_MAX) {
		drop_oldest(notify);
		notify->left_out++;
	}
	TAILQ_INSERT_TAIL(&notify->waiting, notice, others);
	notify->waiting_count++;
}

static void log_left_out(struct notify *notify)
{
	if (notify->left_out)
		log_warning("notify: %s was not told of %zu events: they came faster than it ends",
			    settings(notify)->script, notify->left_out);
	notify->left_out = 0;
}

/* The program. */

static void start_next(struct notify *notify);

static void on_ended(bool success, const char *detail, void *context)
{
	struct notify *notify = context;

	if (!success)
		log_warning("notify: %s: %s", settings(notify)->script, detail);
	start_next(notify);
}

/*
 * A pipe takes 64 KiB without a reader, and no event has as much, so this never waits.
 *
 * Return: the end to read from, or a negative errno.
 */
static int write_ahead(const struct notice *notice)
{
	int ends[2];
	ssize_t written;

	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	fcntl(ends[1], F_SETFL, O_NONBLOCK);
	written = write(ends[1], notice->text, notice->length);
	close(ends[1]);
	if (written == (ssize_t)notice->length)
		return ends[0];
	close(ends[0]);
	return -EMSGSIZE;
}

static int run_as(struct notify *notify, const struct user *user, const char **step)
{
	static char path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	char *environment[] = {path, NULL};
	struct spawn spawn = {
		.program = settings(notify)->script,
		.environment = environment,
		.uid = user->uid,
		.gid = user->gid,
		.timeout = settings(notify)->timeout,
	};
	int error;

	*step = "pass the event on";
	spawn.input = write_ahead(TAILQ_FIRST(&notify->waiting));
	if (spawn.input < 0)
		return spawn.input;
	error = run_start(notify->event, &spawn, on_ended, notify, &notify->run, step);
	close(spawn.input);
	return error;
}

/* Return: 0, or why it must not run, or cannot. */
static int try_to_run(struct notify *notify, const struct user *user, const char **step)
{
	*step = "find its user";
	if (user->error)
		return user->error;
	if (!user->exists)
		return -ENOENT;
	*step = "run it as root";
	if (user->uid == 0)
		return -EPERM;
	return run_as(notify, user, step);
}

static void on_user(const struct user *user, void *context)
{
	struct notify *notify = context;
	const char *step;
	int error;

	user_search_end(TAKE_POINTER(notify->search));
	if (!notify->waiting_count) /* another configuration wants to tell nobody */
		return;
	error = try_to_run(notify, user, &step);
	if (error)
		log_failure(error, "notify: %s as user %s: cannot %s", settings(notify)->script,
			    settings(notify)->user, step);
	drop_oldest(notify);
	if (error)
		start_next(notify);
}

static void start_next(struct notify *notify)
{
	int error;

	if (notify->run || notify->search)
		return;
	if (!notify->waiting_count) {
		log_left_out(notify);
		return;
	}
	error = user_search_start(notify->event, settings(notify)->user, on_user, notify,
				  &notify->search);
	if (!error)
		return;
	log_failure(error, "notify: %s: cannot look its user up", settings(notify)->script);
	drop_oldest(notify);
	notify->left_out++;
}

static void on_event(const struct event *event, void *context)
{
	struct notify *notify = context;
	CLEANUP(cleanup_free) char *text = NULL;

	if (!notify->config || !settings(notify)->script[0] ||
	    !settings(notify)->kinds[event->kind])
		return;
	text = describe(notify->config, event);
	if (text)
		enqueue(notify, text);
	else
		notify->left_out++;
	start_next(notify);
}

int notify_new(sd_event *event, struct events *events, struct notify **notify)
{
	struct notify *new = calloc(1, sizeof(*new));
	int error;

	if (!new)
		return log_failure(-ENOMEM, "cannot set up notifications");
	error = events_subscribe(events, on_event, new);
	if (error) {
		free(new);
		return error;
	}
	new->event = sd_event_ref(event);
	new->events = events;
	TAILQ_INIT(&new->waiting);
	*notify = new;
	return 0;
}

void notify_follow(struct notify *notify, const struct config *config)
{
	const struct config *before = notify->config;

	notify->config = config_ref(config);
	config_unref(before);
	while (!settings(notify)->script[0] && notify->waiting_count)
		drop_oldest(notify);
}

void notify_free(struct notify *notify)
{
	if (!notify)
		return;
	events_unsubscribe(notify->events, on_event, notify);
	user_search_end(notify->search);
	run_abandon(notify->run);
	while (notify->waiting_count)
		drop_oldest(notify);
	config_unref(notify->config);
	sd_event_unref(notify->event);
	free(notify);
}
