// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A bar on the last line of a terminal. Where output goes elsewhere there is
 * none: the lines that are printed anyway tell enough.
 */
#include <unistd.h>

#include "cmd_device.h"

#define BAR_WIDTH	30

static bool shown;

/**
 * progress_show() - draw the bar
 * @label: of the device
 * @phase: it is in
 * @percent: of the phase, 0 to 100
 */
void progress_show(const char *label, u32 phase, unsigned int percent)
{
	unsigned int i;

	if (!isatty(STDOUT_FILENO))
		return;
	if (percent > 100)
		percent = 100;
	printf("\r%s: %-12s [", label, csw_phase_name(phase));
	for (i = 0; i < BAR_WIDTH; i++)
		putchar(i < percent * BAR_WIDTH / 100 ? '#' : '.');
	printf("] %3u %%", percent);
	fflush(stdout);
	shown = true;
}

/* Before anything else is printed: the bar's line is used again. */
void progress_clear(void)
{
	if (shown)
		fputs("\r\033[K", stdout);
	shown = false;
}
