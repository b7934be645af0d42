// SPDX-License-Identifier: GPL-2.0-only
/*
 * The link's speed and frame mode: from the flash module if it holds settings
 * of this image's generation, else as built in.
 */
#include "hba.h"

static u32 flash_word(u32 at)
{
	mmio_write(HBA_FLASH_BASE + HBA_MOD_ADDR, at);
	return mmio_read(HBA_FLASH_BASE + HBA_MOD_DATA);
}

static bool flash_is_mine(void)
{
	return mmio_read(HBA_FLASH_BASE + HBA_MOD_VERSION) >> 16 ==
	       FW_FLASH_MAJOR &&
	       flash_word(FLASH_WORD_MAGIC) == FLASH_MAGIC;
}

void link_init(void)
{
	u32 link = FW_LINK_DEFAULT;

	if (flash_is_mine())
		link = flash_word(FLASH_WORD_LINK);
	mbox_write(HBA_MBOX_LINK_CTRL, link);
}
