/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The boot ROM, as the firmware's build made it: what kmod/sim/rom.S is in the
 * module. The name of the file comes from the Makefile.
 */
#ifndef CODESWAP_ROM
#error "CODESWAP_ROM must name rom.bin, which firmware-samples builds"
#endif

	.section .rodata, "a"
	.balign	8
	.globl	model_rom, model_rom_end
model_rom:
	.incbin	CODESWAP_ROM
model_rom_end:

	.section .note.GNU-stack, "", %progbits
