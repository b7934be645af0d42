#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Both modules load and unload, again and again, and what they make appears
# and goes with them. The core cannot be taken from under the driver.
. ./functions.sh
plan 9

require_root
require_configfs

on_exit "module_remove codeswap"
on_exit "module_remove codeswap_sim"

check "the core loads" module_load codeswap
check "/dev/codeswap appears" await 10 /dev/codeswap
check "the simulated adapter's driver loads" module_load codeswap_sim
check "its configfs directory appears" test -d $SIM
refuses "the core stays while the driver needs it" . rmmod codeswap
check "the driver unloads" rmmod codeswap_sim
check "the core unloads" rmmod codeswap
check "/dev/codeswap is gone" await 10 /dev/codeswap -

again()
{
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		module_load codeswap && module_load codeswap_sim &&
			rmmod codeswap_sim && rmmod codeswap || return 1
	done
}
check "ten more times" again
