// SPDX-License-Identifier: GPL-2.0-only
/*
 * Timer and software interrupts, laid out as on SiFive parts.
 */
#include "hba_private.h"

#define NS_PER_TICK	(1000000000u / HBA_TIMER_HZ)

/**
 * clint_reset - nothing pending, no timer set
 * @hba: the adapter
 *
 * mtime goes on: it is a clock, not a state of the hart.
 */
void clint_reset(struct hba *hba)
{
	u32 i;

	for (i = 0; i < HBA_MAX_HARTS; i++) {
		hba->clint.msip[i] = 0;
		hba->clint.mtimecmp[i] = ~0ull;
	}
}

static u64 ticks(const struct hba *hba)
{
	return hba_div(hba->config.port->now(hba->config.ctx), NS_PER_TICK);
}

/**
 * clint_mtime - the timer
 * @hba: the adapter
 *
 * Return: ticks of HBA_TIMER_HZ
 */
u64 clint_mtime(const struct hba *hba)
{
	return ticks(hba) + hba->clint.offset;
}

/**
 * clint_deadline - when a hart's timer fires
 * @hba: the adapter
 * @hart: its number
 *
 * Return: a value of port->now(), ~0 if never
 */
u64 clint_deadline(const struct hba *hba, u32 hart)
{
	u64 cmp = hba->clint.mtimecmp[hart];
	u64 mtime = clint_mtime(hba);
	u64 at;

	if (cmp <= mtime)
		return hba->config.port->now(hba->config.ctx);
	at = ticks(hba) + (cmp - mtime);
	if (at < cmp - mtime || at > ~0ull / NS_PER_TICK)
		return ~0ull;
	return at * NS_PER_TICK;
}

static u64 with_half(u64 old, bool high, u32 value)
{
	if (high)
		return (old & 0xffffffffull) | (u64)value << 32;
	return (old & ~0xffffffffull) | value;
}

/* Index of the hart whose register is at @offset of an array, or -1. */
static int index_of(const struct hba *hba, u32 offset, u32 base, u32 stride)
{
	u32 i = (offset - base) / stride;

	return offset >= base && i < hba->config.harts ? (int)i : -1;
}

bool clint_read(struct hba *hba, u32 offset, u32 *value)
{
	bool high = offset & 4;
	int i;

	if ((offset & ~4u) == HBA_CLINT_MTIME) {
		*value = (u32)(clint_mtime(hba) >> (high ? 32 : 0));
		return true;
	}
	i = index_of(hba, offset, HBA_CLINT_MTIMECMP, 8);
	if (i >= 0) {
		*value = (u32)(hba->clint.mtimecmp[i] >> (high ? 32 : 0));
		return true;
	}
	i = index_of(hba, offset, HBA_CLINT_MSIP, 4);
	if (i < 0)
		return false;
	*value = hba->clint.msip[i];
	return true;
}

bool clint_write(struct hba *hba, u32 offset, u32 value)
{
	bool high = offset & 4;
	int i;

	if ((offset & ~4u) == HBA_CLINT_MTIME) {
		hba->clint.offset = with_half(clint_mtime(hba), high, value) -
				    ticks(hba);
		return true;
	}
	i = index_of(hba, offset, HBA_CLINT_MTIMECMP, 8);
	if (i >= 0) {
		hba->clint.mtimecmp[i] =
			with_half(hba->clint.mtimecmp[i], high, value);
		return true;
	}
	i = index_of(hba, offset, HBA_CLINT_MSIP, 4);
	if (i < 0)
		return false;
	hba->clint.msip[i] = value & 1;
	return true;
}
