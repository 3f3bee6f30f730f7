// SPDX-License-Identifier: GPL-2.0-only
/*
 * This calls clone(2) as posix_spawn(3) does: the child has a stack of its own in our memory, and
 * we stand still until it executes the program. A fork would copy our page tables, and every thread
 * would fault on each page that it writes next.
 *
 * So the child shares the C library's data of our thread, and must not call functions that act on
 * all threads of a process. setuid(3) and its kin do so; the bare system calls do not.
 */
#include "ctl/process/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ctl/base/clock.h"

#define STACK_SIZE (64 << 10)

struct child {
	const struct spawn *spawn;
	const char *step; /* what it is doing: "run it" */
	int error;        /* why it went no further; 0: the program runs */
};

/* The program gets the signals that we block or ignore. */
static bool reset_signals(void)
{
	sigset_t none;

	sigemptyset(&none);
	for (int number = 1; number < _NSIG; number++)
		signal(number, SIG_DFL);
	return sigprocmask(SIG_SETMASK, &none, NULL) == 0;
}

static bool close_files(int input)
{
	int null = open("/dev/null", O_RDWR);

	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (null < 0 || dup2(null, fd) < 0)
			return false;
	if (input && dup2(input, STDIN_FILENO) < 0)
		return false;
	return syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, 0) == 0 && chdir("/") == 0;
}

/* Neither our priorities nor our protection from the OOM killer. */
static void become_ordinary(void)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	sched_setscheduler(0, SCHED_OTHER, &(struct sched_param){});
	setpriority(PRIO_PROCESS, 0, 0);
	if (fd < 0)
		return;
	if (write(fd, "0", 1) < 0) {
		/* A kernel without it. */
	}
	close(fd);
}

/*
 * What it leaves behind in a session of its own, beyond our reach, does not use a processor for
 * ever. The number of its processes is not limited: RLIMIT_NPROC counts all that its user has on
 * the host, also in containers, so any number may be too small.
 */
static bool limit_use(uint64_t timeout)
{
	rlim_t seconds = (timeout + NS_PER_S - 1) / NS_PER_S + 1;
	const struct rlimit processor = {seconds, seconds}, core = {};

	return setrlimit(RLIMIT_CPU, &processor) == 0 && setrlimit(RLIMIT_CORE, &core) == 0;
}

/* Who leaves root loses all capabilities but the ambient ones. */
static bool become_user(const struct spawn *spawn)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	const struct __user_cap_data_struct none[2] = {};

	return syscall(SYS_setgroups, 0, NULL) == 0 &&
	       syscall(SYS_setresgid, spawn->gid, spawn->gid, spawn->gid) == 0 &&
	       syscall(SYS_setresuid, spawn->uid, spawn->uid, spawn->uid) == 0 &&
	       prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) == 0 &&
	       syscall(SYS_capset, &header, none) == 0 &&
	       prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0;
}

static int run_program(void *context)
{
	struct child *child = context;
	char *const arguments[] = {(char *)child->spawn->program, NULL};

	become_ordinary();
	child->step = "leave our signals";
	if (setsid() < 0 || !reset_signals())
		goto failed;
	child->step = "close our files";
	if (!close_files(child->spawn->input))
		goto failed;
	child->step = "limit it";
	if (!limit_use(child->spawn->timeout))
		goto failed;
	child->step = "become its user";
	if (!become_user(child->spawn))
		goto failed;
	child->step = "run it";
	execve(child->spawn->program, arguments, child->spawn->environment);
failed:
	child->error = errno;
	_exit(127);
}

/* All signals are blocked, because no handler of ours may run in the child. */
static pid_t clone_quietly(struct child *child, int *pidfd)
{
	static _Alignas(16) char stack[STACK_SIZE];
	const int flags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD;
	sigset_t all, before;
	pid_t pid;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pid = clone(run_program, stack + STACK_SIZE, flags, child, pidfd);
	if (pid < 0)
		child->error = errno;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return pid;
}

int process_start(const struct spawn *spawn, struct process *process, const char **step)
{
	struct child child = {.spawn = spawn, .step = "make a process"};
	struct process new = {.pidfd = -1};

	new.pid = clone_quietly(&child, &new.pidfd);
	if (child.error == 0) {
		*process = new;
		return 0;
	}
	*step = child.step;
	if (new.pid > 0) {
		process_close(&new);
		waitpid(new.pid, NULL, 0);
	}
	return -child.error;
}

void process_close(struct process *process)
{
	close(process->pidfd);
	process->pidfd = -1;
}
