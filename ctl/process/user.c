// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/process/user.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "ctl/base/cleanup.h"
#include "ctl/config/config.h"

/* Of the thread. Modules of the C library's name services are not frugal. */
#define STACK_SIZE (256 << 10)

/* Of the strings that belong to a user: the home directory, the shell. */
#define STRINGS_SIZE (16 << 10)

struct user_search {
	sd_event_source *source;
	int fd; /* the end of the pipe that the answer comes out of */
	user_answer answer;
	void *context;
};

/* What the thread has, and frees. */
struct seeker {
	char name[CONFIG_NAME_MAX];
	int fd; /* where the answer goes in */
};

/* The thread. */

static struct user find_user(const char *name)
{
	char strings[STRINGS_SIZE];
	struct passwd entry, *found = NULL;
	int error = getpwnam_r(name, &entry, strings, sizeof(strings), &found);

	if (!found)
		return (struct user){.error = -error};
	return (struct user){.exists = true, .uid = entry.pw_uid, .gid = entry.pw_gid};
}

/* Whoever has lost interest has closed the other end; SIGPIPE is blocked. */
static void *seek(void *context)
{
	struct seeker *seeker = context;
	struct user user = find_user(seeker->name);

	if (write(seeker->fd, &user, sizeof(user)) < 0) {
		/* Nobody waits for the answer any more. */
	}
	close(seeker->fd);
	free(seeker);
	return NULL;
}

/* All signals are for the main loop. */
static int start_thread(struct seeker *seeker)
{
	pthread_attr_t attributes;
	pthread_t thread;
	sigset_t all, before;
	int error = pthread_attr_init(&attributes);

	if (error)
		return -error;
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attributes, STACK_SIZE);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&thread, &attributes, seek, seeker);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	return -error;
}

/* Takes the descriptor over, unless it fails. */
static int start_seeker(const char *name, int *fd)
{
	CLEANUP(cleanup_free) struct seeker *seeker = calloc(1, sizeof(*seeker));
	int error;

	if (!seeker)
		return -ENOMEM;
	snprintf(seeker->name, sizeof(seeker->name), "%s", name);
	seeker->fd = *fd;
	error = start_thread(seeker);
	if (error)
		return error;
	*fd = -1;
	seeker = NULL;
	return 0;
}

/* The event loop. */

static int on_answer(sd_event_source *source, int fd, uint32_t events, void *context)
{
	const struct user_search *search = context;
	struct user user;

	(void)events;
	sd_event_source_set_enabled(source, SD_EVENT_OFF);
	if (read(fd, &user, sizeof(user)) != sizeof(user))
		user = (struct user){.error = -EIO};
	search->answer(&user, search->context);
	return 0;
}

static void cleanup_search(struct user_search **search)
{
	user_search_end(*search);
}

int user_search_start(sd_event *event, const char *name, user_answer answer, void *context,
		      struct user_search **search)
{
	CLEANUP(cleanup_search) struct user_search *new = NULL;
	int ends[2];
	int error;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	CLEANUP(cleanup_close) int read_end = ends[0], write_end = ends[1];

	new = calloc(1, sizeof(*new));
	if (!new)
		return -ENOMEM;
	new->fd = TAKE_FD(read_end);
	new->answer = answer;
	new->context = context;
	error = sd_event_add_io(event, &new->source, new->fd, EPOLLIN, on_answer, new);
	if (error >= 0)
		error = start_seeker(name, &write_end);
	if (error < 0)
		return error;
	*search = TAKE_POINTER(new);
	return 0;
}

void user_search_end(struct user_search *search)
{
	if (!search)
		return;
	sd_event_source_disable_unref(search->source);
	close(search->fd);
	free(search);
}
