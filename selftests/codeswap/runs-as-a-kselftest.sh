#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# These tests are kselftests: TAP, and an exit status that tells the truth, in
# any VM and in virtme-ng (K5). A swap under I/O shows that the VM will do.
. ./functions.sh
. ./devices.sh
plan 9

# status TEXT WANTED SCRIPT: how a test of these lines ends
status()
{
	printf '. ./functions.sh\n%s\n' "$3" >"$RESULTS/child.sh"
	sh "$RESULTS/child.sh" >"$RESULTS/child.out" 2>&1
	same "$1 [K5]" $? "$2"
}

status "all passed: 0" 0 'plan 1; pass yes'
status "one failed: 1" 1 'plan 2; pass yes; fail no'
status "one less than planned: 1" 1 'plan 2; pass yes'
status "none could run: 4" 4 'plan 1; skip_all "on purpose"'
status "what cannot be undone is a failure: 1" 1 \
	'plan 1; on_exit false; pass yes'
status "a test that dies has failed: 1" 1 'plan 1; pass yes; exit 1'

load_modules
device_up hba0 1.1.0 size=16777216
io_start
check "a swap under I/O in this VM" swap_to 3.0.0
check "3.0.0 serves; not one I/O failed" eval "serves 3.0.0 && io_clean"
if grep -q virtme /proc/cmdline; then
	pass "this VM is virtme-ng's [K5]"
else
	skip "this VM is virtme-ng's [K5]" "it is not: make check-virtme"
fi
