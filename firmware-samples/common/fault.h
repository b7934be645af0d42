/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is wrong with the images called "-bad-": a version header defines one
 * of these, and all of it is here. In a good image every hook is empty.
 *
 * FW_FAULT_REFUSE	bootstrap refuses at the end, when all work is done
 * FW_FAULT_HANG	bootstrap hangs half-way through burning a module
 * FW_FAULT_HANG_IRQOFF	bootstrap hangs with interrupts off, ditto
 * FW_FAULT_CRASH	bootstrap loads from nowhere, ditto
 * FW_FAULT_START_CRASH	new image crashes at its warm start
 * FW_FAULT_MUTE	new image says that it has started, and nothing more
 * FW_FAULT_SILENT	the same at its cold start
 * FW_FAULT_EARLY	requests are answered when their data begins to move
 * FW_FAULT_PARK	the last of several harts hangs when it is to gather for
 *			the overlay, interrupts off: the fault of an OLD image
 * FW_FAULT_UNASKING	boot ROM tests the adapter, and never asks for an image
 */
#ifndef FW_FAULT_H
#define FW_FAULT_H

#include "hw.h"

static inline bool fault_refuse(void)
{
#ifdef FW_FAULT_REFUSE
	return true;
#else
	return false;
#endif
}

/* Called between two words of a module's new contents. */
static inline void fault_burning(void)
{
#ifdef FW_FAULT_HANG_IRQOFF
	irq_save();
#endif
#if defined(FW_FAULT_HANG) || defined(FW_FAULT_HANG_IRQOFF)
	for (;;)
		fence();
#endif
#ifdef FW_FAULT_CRASH
	mmio_read(0);
#endif
}

static inline void fault_start(u32 kind)
{
#ifdef FW_FAULT_START_CRASH
	if (kind == HBA_START_WARM)
		mmio_read(0);
#endif
}

static inline void fault_started(u32 kind)
{
#ifdef FW_FAULT_MUTE
	if (kind == HBA_START_WARM)
		for (;;)
			fence();
#endif
#ifdef FW_FAULT_SILENT
	if (kind == HBA_START_COLD)
		for (;;)
			fence();
#endif
}

/* Is a request answered when it begins, not when it is done? */
static inline bool fault_early(void)
{
#ifdef FW_FAULT_EARLY
	return true;
#else
	return false;
#endif
}

/* Before a hart answers to an order of the first one. */
static inline void fault_obey(u32 hart, u32 harts)
{
#ifdef FW_FAULT_PARK
	if (hart == harts - 1)
		for (;;)
			fence();
#endif
}

/* Of the boot ROM, which has no interrupts: it waits for good, and burns nothing. */
static inline void fault_tested(void)
{
#ifdef FW_FAULT_UNASKING
	for (;;)
		wait_for_interrupt();
#endif
}

#endif /* FW_FAULT_H */
