#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A device may go in any phase, with I/O on it: nobody hangs, nothing is left,
# what it still had to do fails, and other devices do not notice. Here: when
# the update cannot be cancelled any more.
. ./functions.sh
. ./devices.sh
. ./phases.sh
. ./removal.sh

plan $((5 * 3 + 3 + 3))
load_modules
other_up
idle=$(holders codeswap_sim)

for point in quiesce overlay verify start commit; do
	removed_at "$point"
done

victim_up
bad mute
await 20 "$dev/phase" proving >/dev/null || bail "not proving"
removed "proving, mute"
told "proving, mute" start

other_is_well
