/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How to start a program that is not trusted with anything: it runs as another user without
 * capabilities, with no descriptor but /dev/null and its input, in a session of its own.
 */
#ifndef VIPD_PROCESS_SPAWN_H
#define VIPD_PROCESS_SPAWN_H

#include <stdint.h>
#include <sys/types.h>

struct process {
	pid_t pid; /* also the number of its process group */
	int pidfd; /* readable when it has ended */
};

struct spawn {
	const char *program;      /* absolute path; its only argument, too */
	char *const *environment; /* all of it; NULL ends it */
	uid_t uid;
	gid_t gid;        /* its only group */
	int input;        /* descriptor that it reads from, above 2; 0: /dev/null */
	uint64_t timeout; /* ns: none of its processes needs more of a processor than this */
};

/**
 * process_start() - run a program
 * @process: unchanged on failure. The caller waits for it, and then closes it.
 * @step: on failure, what could not be done: "run the program".
 *
 * The calling thread waits for the execve(2), which takes less than a millisecond. No memory is
 * copied, so the other threads do not notice.
 *
 * Return: 0, or a negative errno.
 */
int process_start(const struct spawn *spawn, struct process *process, const char **step);

/** process_close() - close the descriptor; this does not wait for the process. */
void process_close(struct process *process);

#endif
