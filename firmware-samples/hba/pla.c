// SPDX-License-Identifier: GPL-2.0-only
/* The guard unit in the programmable logic, which release 4 relies on. */
#include "hba.h"

#if FW_PLA_GUARD

#include "guard.h"

/* An image that promises guards must not run on logic that cannot make them. */
void pla_init(void)
{
	if (!guard_works())
		panic();
}

#endif
