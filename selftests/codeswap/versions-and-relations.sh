#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Equal, one ahead, several ahead, behind: each is told apart, and reconciled
# in its own way (U7). The bootstrap knows what it knows from the hand-over
# block: both images, their versions and relation, capabilities, state (U6).
. ./functions.sh
. ./devices.sh
plan 25

load_modules
device_up hba0 1.0.0 size=16777216
io_start
logins_before=$(logins | awk '{ print $1, $2, $4 }')

# Equal.
swaps=$(attr swaps)
starts=$(counter starts)
check "equal: that nothing is to be done is no failure [U7]" \
	sh -c "codeswap swap $label '$(image hba-1.0.0)' >'$RESULTS/said'"
check "and it is told" grep -q "1.0.0 runs already; nothing was done" \
	"$RESULTS/said"
check "neither by stream" sh -c "cat '$(image hba-1.0.0)' >'$node'"
same "nothing was done" "$(attr swaps) $(counter starts) $(attr result)" \
	"$swaps $starts success"
check "equal, and all the same [U7]" swap_to 1.0.0 --force
check "the bootstrap was told so [U6]" \
	item "version compatible version 1.0.0 -> 1.0.0 (same)"
same "the image was started anew" "$(counter starts)" $((starts + 1))
check "nothing had to be converted" sh -c "! codeswap log $label | grep convert"
check "1.0.0 serves" serves 1.0.0

# One ahead.
check "one ahead [U7]" swap_to 1.1.0 --hold
check "the bootstrap was told so [U6]" \
	item "version compatible version 1.0.0 -> 1.1.0 (one ahead)"
check "it was handed the live state of the old image [U6]" \
	item "carry compatible login-table in place -> in place (16 entries)"
codeswap cancel "$label"
await 20 "$dev/phase" idle >/dev/null
check "cancelled: 1.0.0 serves on" serves 1.0.0

# Several ahead.
check "several ahead [U7]" swap_to 3.0.0
check "the bootstrap was told so [U6]" \
	item "version compatible version 1.0.0 -> 3.0.0 (several ahead)"
check "what changed on the way is made up for, once" \
	item "convert reconciled login-table format 1, 16 bytes -> format 2, 32 bytes (16 entries)"
check "both modules are what 3.0.0 wants" \
	sh -c "[ '$(debug modules | tr '\n' ' ')' = 'flash 2.0.0 4096 pla 3.0.0 8192 ' ]"
check "3.0.0 serves" serves 3.0.0

# Behind.
swap_refused "behind: refused, and how to do it is told [U7]" \
	"1.1.0 is older than the running 3.0.0; --allow-downgrade" 1.1.0
check "behind, on the operator's word [U7]" swap_back
check "the bootstrap was told so, and of the word [U6]" \
	item "version compatible version 3.0.0 -> 1.1.0 (behind)"
check "1.1.0 serves" serves 1.1.0
same "with all logins" "$(logins | awk '{ print $1, $2, $4 }')" \
	"$logins_before"
check "not one I/O failed" io_clean
