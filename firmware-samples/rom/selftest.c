// SPDX-License-Identifier: GPL-2.0-only
/*
 * Power-on self-test. Bounded by the size of memory: every page's address
 * lines, patterns on one page in PATTERN_STRIDE, and one pass that clears
 * running memory, so that nothing of the time before the reset is left in it.
 */
#include "rom.h"

#define PAGE		4096u
#define PATTERN_STRIDE	64u		/* pages */
#define TIMER_TRIES	1000000u

/* Each page gets its own address; aliased or stuck lines show on reading. */
static bool test_addresses(u32 base, u32 size)
{
	u32 at;

	for (at = base; at < base + size; at += PAGE)
		mmio_write(at, at);
	for (at = base; at < base + size; at += PAGE)
		if (mmio_read(at) != at)
			return false;
	return true;
}

static bool test_pattern(u32 base, u32 size, u32 pattern)
{
	u32 at;

	for (at = base; at < base + size; at += 4)
		mmio_write(at, pattern);
	for (at = base; at < base + size; at += 4)
		if (mmio_read(at) != pattern)
			return false;
	return true;
}

static bool test_memory(u32 base, u32 size)
{
	u32 step = PATTERN_STRIDE * PAGE;
	u32 at;

	if (!test_addresses(base, size))
		return false;
	for (at = base; at < base + size; at += step)
		if (!test_pattern(at, PAGE, 0x55555555u) ||
		    !test_pattern(at, PAGE, 0xaaaaaaaau))
			return false;
	return true;
}

/* Unrolled: this is most of what the ROM does. */
static void clear_memory(u32 base, u32 size)
{
	u32 *p = (u32 *)base, *end = (u32 *)(base + size);

	for (; p < end; p += 16) {
		p[0] = 0, p[1] = 0, p[2] = 0, p[3] = 0;
		p[4] = 0, p[5] = 0, p[6] = 0, p[7] = 0;
		p[8] = 0, p[9] = 0, p[10] = 0, p[11] = 0;
		p[12] = 0, p[13] = 0, p[14] = 0, p[15] = 0;
	}
	fence();
}

static bool test_timer(void)
{
	u32 before = timer_now();
	u32 tries;

	for (tries = 0; tries < TIMER_TRIES; tries++)
		if (timer_now() != before)
			return true;
	return false;
}

/* Contents are the images' business; here only the registers must answer. */
static bool test_module(u32 base)
{
	u32 capacity = mmio_read(base + HBA_MOD_CAPACITY);
	u32 version = mmio_read(base + HBA_MOD_VERSION);

	if (capacity != HBA_MOD_CAPACITY_BYTES)
		return false;
	if (version != HBA_MOD_BLANK &&
	    mmio_read(base + HBA_MOD_LENGTH) > capacity)
		return false;
	mmio_write(base + HBA_MOD_ADDR, PAGE);
	return mmio_read(base + HBA_MOD_ADDR) == PAGE;
}

u32 selftest(void)
{
	u32 ram_size = mbox_read(HBA_MBOX_RAM_SIZE);
	u32 failed = 0;

	if (!test_memory(HBA_SCRATCH_BASE, HBA_SCRATCH_SIZE - ROM_STACK_BYTES))
		failed |= TEST_SCRATCH;
	if (!test_memory(HBA_RAM_BASE, ram_size))
		failed |= TEST_RAM;
	clear_memory(HBA_RAM_BASE, ram_size);
	if (!test_timer())
		failed |= TEST_TIMER;
	if (!test_module(HBA_FLASH_BASE))
		failed |= TEST_FLASH;
	if (!test_module(HBA_PLA_BASE))
		failed |= TEST_PLA;
	return failed;
}
