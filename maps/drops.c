// SPDX-License-Identifier: GPL-2.0-only
/* The words for the reasons in drops.h. */
#include "maps.h"

const char *maps_drop_name(enum drop_reason reason)
{
	static const char *const names[] = {
#define DROP(name, text) #name,
		DROP_REASONS(DROP)
#undef DROP
	};

	return names[drop_index(reason)];
}

const char *maps_drop_text(enum drop_reason reason)
{
	static const char *const texts[] = {
#define DROP(name, text) text,
		DROP_REASONS(DROP)
#undef DROP
	};

	return texts[drop_index(reason)];
}
