// SPDX-License-Identifier: GPL-2.0-only
/*
 * vipd: the controller of one node. Options, signals, and the event loop that everything but VRRP's
 * own timekeeping runs in.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#include "ctl/base/cleanup.h"
#include "ctl/base/clock.h"
#include "ctl/base/log.h"
#include "ctl/base/memory.h"
#include "ctl/base/rights.h"
#include "ctl/config/config.h"
#include "ctl/config/load.h"
#include "ctl/events/events.h"
#include "ctl/node/node.h"
#include "ctl/node/parts.h"

static const char *const usage =
	"Usage: vipd --config FILE [--check] [--run-dir DIR] [--pin-dir DIR]\n"
	"Virtual IPs for bare-metal nodes: VRRP, with an XDP dataplane.\n"
	"\n"
	"  --config FILE   the configuration, see vipd.yaml(5)\n"
	"  --check         check the configuration and exit\n"
	"  --run-dir DIR   for the control socket and the journal (default /run/vipd)\n"
	"  --pin-dir DIR   for maps and link, on a BPF file system (default /sys/fs/bpf/vipd)\n"
	"  --version       print the version and exit\n"
	"  --help          print this and exit\n"
	"\n"
	"Runs in the foreground and logs to standard error. SIGTERM stops it cleanly, SIGHUP\n"
	"reloads the configuration, SIGUSR2 ends it for a restart that nobody notices.\n";

static const char *const running = "Running"; /* as systemctl status has it */

struct options {
	const char *config, *run_dir, *pin_dir;
	bool check_only;
};

enum {
	OPTION_CONFIG = 1,
	OPTION_CHECK,
	OPTION_RUN_DIR,
	OPTION_PIN_DIR,
	OPTION_VERSION,
	OPTION_HELP,
};

static const struct option long_options[] = {
	{"config", required_argument, NULL, OPTION_CONFIG},
	{"check", no_argument, NULL, OPTION_CHECK},
	{"run-dir", required_argument, NULL, OPTION_RUN_DIR},
	{"pin-dir", required_argument, NULL, OPTION_PIN_DIR},
	{"version", no_argument, NULL, OPTION_VERSION},
	{"help", no_argument, NULL, OPTION_HELP},
	{},
};

static void exit_with_usage(FILE *stream, int status)
{
	fputs(usage, stream);
	exit(status);
}

static void parse_options(int argc, char **argv, struct options *options)
{
	int option;

	while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		switch (option) {
		case OPTION_CONFIG:
			options->config = optarg;
			break;
		case OPTION_CHECK:
			options->check_only = true;
			break;
		case OPTION_RUN_DIR:
			options->run_dir = optarg;
			break;
		case OPTION_PIN_DIR:
			options->pin_dir = optarg;
			break;
		case OPTION_VERSION:
			puts("vipd " VIPD_VERSION);
			exit(0);
		case OPTION_HELP:
			exit_with_usage(stdout, 0);
			break;
		default:
			exit_with_usage(stderr, 2);
		}
	}
	if (optind < argc || !options->config)
		exit_with_usage(stderr, 2);
}

static int on_stop_signal(sd_event_source *source, const struct signalfd_siginfo *info,
			  void *context)
{
	struct node *node = context;

	if (node->leaving_since) {
		log_notice("signal %u, once more: ending at once", info->ssi_signo);
		return sd_event_exit(sd_event_source_get_event(source), 0);
	}
	log_notice("signal %u: leaving", info->ssi_signo);
	sd_notify(0, "STOPPING=1\nSTATUS=Leaving: handing over");
	node_leave(node);
	return 0;
}

static int on_reload_signal(sd_event_source *source, const struct signalfd_siginfo *info,
			    void *context)
{
	(void)source;
	(void)info;
	sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%llu",
		   (unsigned long long)(clock_now() / NS_PER_US));
	node_reload(context, &report_to_log);
	sd_notify(0, "READY=1");
	return 0;
}

/*
 * systemd has no word for a reload that was refused, so the status line has it, for as long as the
 * file and what runs are not the same.
 */
static void on_event(const struct event *event, void *context)
{
	char text[EVENT_TEXT_MAX];

	(void)context;
	if (event->kind != EVENT_RELOAD)
		return;
	sd_notifyf(0, "STATUS=%s", event->error ? event_text(event, text) : running);
}

static int on_restart_signal(sd_event_source *source, const struct signalfd_siginfo *info,
			     void *context)
{
	(void)source;
	log_notice("signal %u: ending for a restart; what serves stays", info->ssi_signo);
	sd_notify(0, "STOPPING=1\nSTATUS=Ending for a restart");
	node_restart(context);
	return 0;
}

/* Blocked before any thread starts, so that all of them arrive in the loop. */
static void block_signals(void)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGUSR2);
	sigaddset(&signals, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
}

static int listen_to_signals(sd_event *event, struct node *node)
{
	int error = sd_event_add_signal(event, NULL, SIGTERM, on_stop_signal, node);

	if (error >= 0)
		error = sd_event_add_signal(event, NULL, SIGINT, on_stop_signal, node);
	if (error >= 0)
		error = sd_event_add_signal(event, NULL, SIGHUP, on_reload_signal, node);
	if (error >= 0)
		error = sd_event_add_signal(event, NULL, SIGUSR2, on_restart_signal, node);
	return error < 0 ? log_failure(error, "cannot listen to signals") : 0;
}

static void read_hostname(char name[static CONFIG_NAME_MAX])
{
	memset(name, 0, CONFIG_NAME_MAX);
	gethostname(name, CONFIG_NAME_MAX - 1);
}

/* @config: let go once the node has its own reference: keys are not kept beyond a reload. */
static int run(const struct options *options, const struct config **config)
{
	CLEANUP(sd_event_unrefp) sd_event *event = NULL;
	CLEANUP(node_stopp) struct node *node = NULL;
	int error = sd_event_default(&event);

	if (error < 0)
		return log_failure(error, "cannot make an event loop");
	memory_lock();
	error = node_start(
		&(struct node_setup){
			.config_path = options->config,
			.hostname = read_hostname,
			.run_dir = options->run_dir,
			.pin_dir = options->pin_dir,
			.event = event,
			.parts = node_parts,
		},
		*config, &node);
	config_unref(TAKE_POINTER(*config));
	if (error)
		return error;
	error = listen_to_signals(event, node);
	if (error)
		return error;
	error = events_subscribe(node->events, on_event, NULL);
	if (error)
		return log_failure(error, "cannot follow reloads");
	sd_event_set_watchdog(event, true);
	log_info("vipd " VIPD_VERSION " runs");
	sd_notifyf(0, "READY=1\nSTATUS=%s", running);
	return sd_event_loop(event);
}

/* Whether a start would fail like that again, whatever becomes of the host. */
static bool is_final(int error)
{
	const char *missing;

	/* The kernel has no such system call, or does not accept the program. */
	if (error == -ENOSYS || error == -ENOEXEC)
		return true;
	/* The same comes of a file system, of a security module, or of IPv6 that is disabled. */
	if (error != -EPERM && error != -EACCES)
		return false;
	missing = rights_missing(rights_effective());
	if (missing)
		log_error("vipd needs %s, and another start would not have it either", missing);
	return missing != NULL;
}

/*
 * The unit does not start us again after EX_CONFIG, so that is for what another try cannot mend,
 * and for nothing else: a node without vipd is a node without failover.
 */
static int exit_status(int error)
{
	if (error >= 0)
		return EXIT_SUCCESS;
	return is_final(error) ? EX_CONFIG : EXIT_FAILURE;
}

/* A file that is missing or wrong stays so until somebody mends it, and starts us again. */
static int load_status(int error)
{
	bool passes = error == -ENOMEM || error == -EMFILE || error == -ENFILE || error == -EIO;

	return passes ? EXIT_FAILURE : EX_CONFIG;
}

int main(int argc, char **argv)
{
	struct options options = {.run_dir = "/run/vipd", .pin_dir = "/sys/fs/bpf/vipd"};
	const struct config *config CLEANUP(config_unrefp) = NULL;
	const struct report to_terminal = report_to_stream(stderr);
	char hostname[CONFIG_NAME_MAX];
	int error;

	memory_limit();
	parse_options(argc, argv, &options);
	log_open("vipd");
	read_hostname(hostname);
	error = options.check_only ? config_check(options.config, hostname, &to_terminal, &config)
				   : config_load(options.config, hostname, &report_to_log, &config);
	if (error)
		return load_status(error);
	if (options.check_only) {
		printf("%s: valid, for node %s\n", options.config, config->node);
		return EXIT_SUCCESS;
	}
	block_signals();
	return exit_status(run(&options, &config));
}
