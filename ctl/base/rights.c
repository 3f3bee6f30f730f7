// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/base/rights.h"

#include <linux/capability.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool has(uint64_t set, int capability)
{
	return set & (1ULL << capability);
}

/* CAP_SYS_ADMIN stands for what was a part of it before Linux 5.8. */
const char *rights_missing(uint64_t effective)
{
	bool admin = has(effective, CAP_SYS_ADMIN);

	if (!has(effective, CAP_NET_ADMIN))
		return "CAP_NET_ADMIN";
	if (!has(effective, CAP_NET_RAW))
		return "CAP_NET_RAW";
	if (!admin && !has(effective, CAP_BPF))
		return "CAP_BPF";
	return admin || has(effective, CAP_PERFMON) ? NULL : "CAP_PERFMON";
}

uint64_t rights_effective(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {};

	if (syscall(SYS_capget, &header, data))
		return UINT64_MAX;
	return (uint64_t)data[1].effective << 32 | data[0].effective;
}
