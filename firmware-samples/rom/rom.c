// SPDX-License-Identifier: GPL-2.0-only
/*
 * The boot ROM: tests the adapter, then asks for an image until one is
 * started over it. This is the minimally operational state: no rings, no
 * interrupts, no memory but a stack in scratch memory.
 */
#include "rom.h"
#include "fault.h"

static void request_image(u32 result)
{
	post_event(HBA_EVT_IMAGE_REQUEST, result, ROM_VERSION, 0, 0);
}

/*
 * The repeat is for a host that was not listening the first time; wfi wakes
 * with interrupts masked, so no trap is needed.
 */
void rom_main(void)
{
	u32 result = selftest();

	fault_tested();
	csr_write(mie, MIE_TIMER);
	for (;;) {
		request_image(result);
		timer_arm_in(ROM_REPEAT);
		while (!(csr_read(mip) & MIE_TIMER))
			wait_for_interrupt();
	}
}

void rom_trapped(u32 cause, u32 pc, u32 value)
{
	post_event(HBA_EVT_CRASH, cause, pc, value, 0);
	request_image(TEST_TRAP);
}
