// SPDX-License-Identifier: GPL-2.0-only
/* Version 2's authentication (RFC 2338 section 5.3.6; RFC 3768 keeps type 0 alone). */
#include "tests/conformance/conformance.h"

#define WAITS_FOR_GUARD "VRRPv2 in the guard and the controller"

static const struct conformance_row rows[] = {
	UNTESTED(39, "Type 0: the data is not looked at, and sent as zeros", "RFC 3768 5.3.6",
		 .pending = WAITS_FOR_GUARD),
	UNTESTED(40,
		 "Type 1: the eight bytes behind the addresses are the password, padded with zeros",
		 "RFC 2338 5.3.6, keepalived", .pending = WAITS_FOR_GUARD),
	UNTESTED(41, "Another type than the instance's is refused, and type 2 always",
		 "RFC 3768 7.1, RFC 2338 5.3.6", .pending = WAITS_FOR_GUARD),
	UNTESTED(42, "Version 3 has no authentication of this kind: the configuration says so",
		 "RFC 9568 9", .pending = "VRRPv2 in the configuration"),
	UNTESTED(43,
		 "Passwords of one to eight characters, and longer ones, as keepalived has them",
		 "keepalived", .pending = WAITS_FOR_GUARD ", and a lab test against keepalived"),
};

THEME(authentication_theme, "Version 2: authentication");
