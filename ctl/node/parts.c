// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/node/parts.h"

#include "ctl/api/alarm_watch.h"
#include "ctl/api/part.h"
#include "ctl/checks/part.h"
#include "ctl/dataplane/part.h"
#include "ctl/drain/part.h"
#include "ctl/events/part.h"
#include "ctl/health/part.h"
#include "ctl/hearing/part.h"
#include "ctl/http/part.h"
#include "ctl/listeners/part.h"
#include "ctl/mtu/part.h"
#include "ctl/net/part.h"
#include "ctl/notify/part.h"
#include "ctl/standing/part.h"
#include "ctl/steering/part.h"
#include "ctl/tables/part.h"
#include "ctl/trackers/part.h"
#include "ctl/vrrp/part.h"

/*
 * A part may rely on all that stand above it. At a stop the order is turned round, so what attracts
 * frames ends before what serves them.
 */
const struct part *const node_parts[] = {
	&log_part,           /* what happens is logged */
	&kernel_part,        /* one watcher of the kernel */
	&dataplane_part,     /* the program and its tables; locks out a second vipd */
	&host_part,          /* the VIPs are on lo, replies find their way */
	&keys_part,          /* who signs advertisements */
	&members_part,       /* peers and VIPs */
	&attachment_part,    /* frames run through the program from here on */
	&checks_part,        /* questions that others share */
	&steering_part,      /* where flows go */
	&drains_part,        /* who is drained */
	&trackers_part,      /* what elections depend on */
	&vrrp_part,          /* the elections */
	&standings_part,     /* what each node says that it is good for */
	&hearing_part,       /* whether what they say can be used */
	&notices_part,       /* what the dataplane refused */
	&neighbours_part,    /* where the peers and the gateways are */
	&mtu_part,           /* how large packets between the nodes may be */
	&drain_on_down_part, /* interfaces without which this node cannot serve */
	&health_part,        /* which backends work */
	&listeners_part,     /* whether something here takes what it is to serve */
	&weighing_part,      /* what this node is good for in elections */
	&renewal_part,       /* a program of another version serves until ours can */
	&restart_part,       /* how to go and come back without being missed */
	&leaving_part,       /* how to go without being missed */
	&notify_part,        /* a program of the operator's */
	&control_part,       /* vipctl */
	&http_part,          /* Prometheus */
	&alarms_part,        /* what is wrong is an event */
	NULL,
};
