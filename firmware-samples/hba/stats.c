// SPDX-License-Identifier: GPL-2.0-only
/* Requests per priority: a structure that is new with release 3. */
#include "hba.h"

#if FW_LOGIN_FORMAT >= 2

static u64 *stats;

void stats_init(void)
{
	struct codeswap_state *state = state_find(STATE_STATS);

	if (!state || state->capacity < LOGIN_PRIORITIES)
		panic();
	stats = device_ptr(state->address);
}

void stats_count(u32 priority)
{
	stats[priority % LOGIN_PRIORITIES]++;
}

#endif
