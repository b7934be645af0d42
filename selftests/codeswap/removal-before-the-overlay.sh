#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A device may go in any phase, with I/O on it: nobody hangs, nothing is left,
# what it still had to do fails, and other devices do not notice. Here: until
# the update can no longer be cancelled.
. ./functions.sh
. ./devices.sh
. ./phases.sh
. ./removal.sh

plan $((3 + 2 + 2 * 3 + 2 + 3 + 3))
load_modules
other_up
idle=$(holders codeswap_sim)

victim_up
stream_part "$node" "$new" 10000 || bail "no stream"
removed staging
stream_rest "$new" 10000
check "staging: its writer is told: ENODEV" writer_told "No such device"

victim_up
codeswap stage "$label" "$new" >/dev/null || bail "cannot stage"
removed staged

removed_at attach
removed_at bootstrap

victim_up
codeswap swap --hold "$label" "$new" >/dev/null || bail "not ready"
removed ready

# The device works, and does not answer while it does.
victim_up
bad hang-irqoff
await 20 "$dev/phase" reconciling >/dev/null || bail "not reconciling"
removed "reconciling, hung"
told "reconciling, hung" bootstrap

other_is_well
