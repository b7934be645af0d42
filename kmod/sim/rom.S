/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The adapter's boot ROM, as the firmware's build made it. The name of the
 * file comes from Kbuild.
 */
#include <linux/linkage.h>

#ifndef CODESWAP_ROM
#error "make needs CODESWAP_ROM=/path/to/rom.bin, which firmware-samples builds"
#endif

	.section .rodata, "a"
	.balign	8
SYM_DATA_START(sim_rom)
	.incbin	CODESWAP_ROM
SYM_DATA_END_LABEL(sim_rom, SYM_L_GLOBAL, sim_rom_end)
