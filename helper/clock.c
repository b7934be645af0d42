// SPDX-License-Identifier: GPL-2.0-or-later
/* Time. */
#include <time.h>

#include "feed.h"

/* Milliseconds that no change of the clock touches. */
u64 now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000ULL + t.tv_nsec / 1000000;
}
