// SPDX-License-Identifier: GPL-2.0-only
#include "loader/hooked.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "ctl/base/log.h"
#include "loader/pins.h"

void hooked_init(struct hooked *hooked, const struct hooked *setup, const char *interface)
{
	*hooked = *setup;
	hooked->link = -1;
	snprintf(hooked->attachment.interface, sizeof(hooked->attachment.interface), "%s",
		 interface);
}

/* What is logged. */

static void log_attached(const struct hooked *hooked, int level, const char *how)
{
	const struct attachment *attachment = &hooked->attachment;

	log_message(level, "XDP program %u %s %s in %s mode%s%s", attachment->program_id, how,
		    attachment->interface, attachment->native ? "native" : "generic",
		    attachment->dispatcher ? ", behind the dispatcher" : "",
		    hooked->purpose->effect);
}

static int log_refused(const struct hooked *hooked, int error)
{
	const char *interface = hooked->attachment.interface;

	if (error == -ENODEV)
		return log_failure(error, "cannot %s %s%s", hooked->purpose->task, interface,
				   hooked->purpose->advice);
	if (error == -EBUSY || error == -EEXIST)
		return log_failure(error,
				   "another XDP program is attached to %s; take it off first (ip "
				   "link set dev %s xdp off), or see who owns it: bpftool net",
				   interface, interface);
	return log_failure(error, "cannot %s %s, or pin the link at %s", hooked->purpose->task,
			   interface, hooked->pin);
}

static void log_gone(const struct hooked *hooked, int error)
{
	if (error == -ENODEV)
		log_warning("interface %s, %s, has disappeared; the XDP program is attached again "
			    "when it comes back",
			    hooked->attachment.interface, hooked->purpose->interface);
	else
		log_refused(hooked, error);
}

/* Attaching. */

static int adopt(struct hooked *hooked)
{
	const struct hook *const *hook = hooked->purpose->hooks;
	int error = -ENOENT;

	for (; *hook && error == -ENOENT; hook++) {
		error = (*hook)->adopt ? (*hook)->adopt(hooked) : -ENOENT;
		if (!error)
			hooked->hook = *hook;
	}
	return error;
}

static int attach_anew(struct hooked *hooked)
{
	const struct hook *const *hook = hooked->purpose->hooks;
	int error = -EOPNOTSUPP;

	for (; *hook; hook++) {
		error = (*hook)->attach(hooked);
		if (error)
			continue;
		hooked->hook = *hook;
		return 0;
	}
	return error;
}

/* A pin is named by the index where there may be several, for an interface's name may have a dot.
 */
static int set_pin(struct hooked *hooked)
{
	const struct purpose *purpose = hooked->purpose;
	char name[64];

	if (purpose->pin_by_index)
		snprintf(name, sizeof(name), "%s%u", purpose->pin, hooked->ifindex);
	else
		snprintf(name, sizeof(name), "%s", purpose->pin);
	return pins_path(hooked->pin_dir, name, hooked->pin, sizeof(hooked->pin));
}

static int attach(struct hooked *hooked, unsigned int ifindex)
{
	int error;

	if (!ifindex)
		return -ENODEV;
	hooked->ifindex = ifindex;
	error = set_pin(hooked);
	if (error)
		return error;
	error = adopt(hooked);
	return error == -ENOENT ? attach_anew(hooked) : error;
}

static const char *how_attached(const struct attachment *attachment)
{
	if (attachment->outdated)
		return "of another version serves for the moment on";
	return attachment->adopted ? "took over on" : "attached to";
}

int hooked_attach(struct hooked *hooked)
{
	int error = attach(hooked, if_nametoindex(hooked->attachment.interface));

	hooked->attachment.error = error;
	if (error)
		return log_refused(hooked, error);
	log_attached(hooked, LOG_INFO, how_attached(&hooked->attachment));
	return 0;
}

int hooked_renew(struct hooked *hooked)
{
	int error;

	if (!hooked->attachment.outdated)
		return 0;
	error = hooked->hook->renew(hooked);
	if (error)
		return log_refused(hooked, error);
	log_attached(hooked, LOG_INFO, how_attached(&hooked->attachment));
	return 0;
}

/* Looking after it. */

static int attach_again(struct hooked *hooked, unsigned int ifindex)
{
	int before = hooked->attachment.error;
	int error;

	hooked_detach(hooked);
	error = attach(hooked, ifindex);
	if (!error)
		log_attached(hooked, before ? LOG_NOTICE : LOG_WARNING,
			     before ? "is again attached to" : "was gone and is again attached to");
	return error;
}

static void pin_again(struct hooked *hooked)
{
	bool failed = hooked->pin_failed;
	int result = hooked->hook->pin_again ? hooked->hook->pin_again(hooked) : 0;

	hooked->pin_failed = result < 0;
	if (result > 0)
		log_warning("somebody has removed %s: pinned the link there again", hooked->pin);
	if (result < 0 && !failed)
		log_failure(result,
			    "somebody has removed %s, and it cannot be made again: without it the "
			    "program goes when vipd crashes",
			    hooked->pin);
}

int hooked_check(struct hooked *hooked)
{
	struct attachment *attachment = &hooked->attachment;
	unsigned int ifindex = if_nametoindex(attachment->interface);
	int error = 0;

	if (!ifindex)
		error = -ENODEV;
	else if (!hooked->hook || ifindex != hooked->ifindex || !hooked->hook->holds(hooked))
		error = attach_again(hooked, ifindex);
	else if (attachment->error)
		log_attached(hooked, LOG_NOTICE, "is still attached to");
	if (error && error != attachment->error)
		log_gone(hooked, error);
	attachment->error = error;
	if (!error)
		pin_again(hooked);
	return error;
}

void hooked_detach(struct hooked *hooked)
{
	if (hooked->hook)
		hooked->hook->detach(hooked);
	hooked->hook = NULL;
}

void hooked_close(struct hooked *hooked)
{
	if (hooked->link >= 0)
		close(hooked->link);
	hooked->link = -1;
}
