// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/api/access.h"

#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl/base/cleanup.h"
#include "ctl/base/log.h"

#define GROUP_BUFFER 65536 /* bytes; a group with many members is a long line */
#define GROUPS_MAX   65536 /* a user can have as many: NGROUPS_MAX */

static int find_group(const char *key, const char *name, gid_t *gid)
{
	CLEANUP(cleanup_free) char *buffer = malloc(GROUP_BUFFER);
	struct group group, *found = NULL;
	int error = ENOMEM;

	*gid = ACCESS_NO_GROUP;
	if (!name[0])
		return 0;
	if (buffer)
		error = getgrnam_r(name, &group, buffer, GROUP_BUFFER, &found);
	if (error)
		return log_failure(-error, "control.%s: cannot look up group %s", key, name);
	if (!found) {
		log_error("control.%s: there is no group %s on this node", key, name);
		return -ENOENT;
	}
	*gid = found->gr_gid;
	return 0;
}

int access_rules_resolve(const struct control_settings *settings, struct access_rules *rules)
{
	struct access_rules found;
	int error = find_group("group", settings->group, &found.changes);

	if (error)
		return error;
	error = find_group("read_only_group", settings->read_only_group, &found.looks);
	if (error)
		return error;
	*rules = found;
	return 0;
}

static bool has_groups(const struct access_rules *rules)
{
	return rules->changes != ACCESS_NO_GROUP || rules->looks != ACCESS_NO_GROUP;
}

/* The file is closed to all others while its group changes. */
int access_apply(const struct access_rules *rules, const char *path)
{
	bool two = rules->changes != ACCESS_NO_GROUP && rules->looks != ACCESS_NO_GROUP &&
		   rules->changes != rules->looks;
	gid_t group = rules->changes != ACCESS_NO_GROUP ? rules->changes : rules->looks;

	if (chmod(path, 0600))
		return log_failure(-errno, "cannot set the mode of the control socket %s", path);
	if (!has_groups(rules) || two)
		group = getegid();
	if (chown(path, ACCESS_NO_GROUP, group))
		return log_failure(-errno, "cannot give the control socket %s to group %u", path,
				   group);
	if (chmod(path, two ? 0666 : 0660))
		return log_failure(-errno, "cannot set the mode of the control socket %s", path);
	return 0;
}

/* These are the supplementary groups at the time of connect(2). Return: their number. */
static size_t groups_of(int fd, gid_t **groups)
{
	socklen_t size = 0;

	*groups = NULL;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, NULL, &size) == 0 || errno != ERANGE ||
	    size > GROUPS_MAX * sizeof(gid_t))
		return 0;
	*groups = malloc(size);
	if (!*groups || getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, *groups, &size))
		return 0;
	return size / sizeof(gid_t);
}

static bool is_member(gid_t wanted, gid_t own, const gid_t *groups, size_t count)
{
	if (wanted == ACCESS_NO_GROUP)
		return false;
	for (size_t i = 0; i < count; i++)
		if (groups[i] == wanted)
			return true;
	return own == wanted;
}

struct access access_of(const struct access_rules *rules, int fd)
{
	CLEANUP(cleanup_free) gid_t *groups = NULL;
	struct access access = {};
	struct ucred peer;
	socklen_t size = sizeof(peer);
	size_t count;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size))
		return access;
	access.uid = peer.uid;
	count = groups_of(fd, &groups);
	if (peer.uid == 0 || peer.uid == geteuid() || !has_groups(rules) ||
	    is_member(rules->changes, peer.gid, groups, count)) {
		access.allowed = true;
		access.level = COMMAND_CHANGES;
	} else if (is_member(rules->looks, peer.gid, groups, count)) {
		access.allowed = true;
		access.level = COMMAND_LOOKS;
	}
	return access;
}
