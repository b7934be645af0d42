/* SPDX-License-Identifier: GPL-2.0-only */
/* Known-answer test of the PLA's guard unit; image and bootstrap each do it. */
#ifndef FW_GUARD_H
#define FW_GUARD_H

#include "hw.h"

/* CRC-16/T10-DIF, bit by bit: polynomial 0x8bb7, begun with 0. */
static inline u32 guard_expected(const u32 *words, u32 count)
{
	u32 crc = 0;
	u32 i, bit;

	for (i = 0; i < count * 4; i++) {
		crc ^= (words[i / 4] >> (i % 4 * 8) & 0xff) << 8;
		for (bit = 0; bit < 8; bit++)
			crc = (crc << 1) ^ (crc & 0x8000 ? 0x8bb7 : 0);
		crc &= 0xffff;
	}
	return crc;
}

static inline bool guard_works(void)
{
	const u32 words[] = { 0x34333231, 0x38373635 };	/* "12345678" */
	u32 i;

	mmio_write(HBA_PLA_BASE + HBA_PLA_GUARD_RESET, 1);
	for (i = 0; i < 2; i++)
		mmio_write(HBA_PLA_BASE + HBA_PLA_GUARD_IN, words[i]);
	return mmio_read(HBA_PLA_BASE + HBA_PLA_GUARD_OUT) ==
	       guard_expected(words, 2);
}

#endif /* FW_GUARD_H */
