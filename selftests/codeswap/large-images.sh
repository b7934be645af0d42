#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# An image that is larger than any piece of staging memory works: its
# bootstrap runs across pieces (U2), and its text and data, of two blocks each
# with a gap between them, all arrive; the firmware does not start otherwise
# (U15). What does not fit into running memory is refused (U9).
. ./functions.sh
. ./devices.sh
plan 15

load_modules
device_up hba0 1.1.0 size=16777216 memory_size=64M
io_start
big=$(image hba-2.0.0-big)

# blocks KIND: how many the image has of them
blocks()
{
	codeswap image info "$big" | awk -v kind="$1" '$2 == kind' | wc -l
}

# A gap lies between the two blocks of text.
gap()
{
	codeswap image info "$big" | awk '$2 == "text" { print $5, $4 }' |
	{
		read -r first size
		read -r second _
		[ $((first + size)) -lt $((second)) ]
	}
}

same "the image has two blocks of text and of data" \
	"$(blocks text) $(blocks data)" "2 2"
check "that are not contiguous" gap

check "its bootstrap reconciles" swap_to 2.0.0-big --hold
# address, bytes, access, pieces
staging | head -1 >"$RESULTS/mapped"
read -r _ bytes access pieces <"$RESULTS/mapped"
same "all of it is staged" "$bytes $access" "$(wc -c <"$big") ro"
check "in $pieces pieces of memory [U2]" test "$pieces" -gt 1
check "code before and behind a gap of half a MiB ran in them [U2]" \
	item "module reconciled flash blank -> 2.0.0 (4096 bytes)"
check "the old image serves meanwhile" io_moves
codeswap release "$label"
await 30 "$dev/phase" idle >/dev/null
same "the overlay of all blocks is verified" "$(attr result) $(attr error)" \
	"success "
check "the firmware has found both blocks of both, and serves [U15]" \
	serves 2.0.0
same "staging memory is gone" "$(staging)" ""
check "away from it again" swap_to 1.1.0 --allow-downgrade \
	--accept-lost login-priority
check "it comes as a stream, too" sh -c "cat '$big' >'$node'"
check "and serves" serves 2.0.0
check "not one I/O failed" io_clean

device_up hba1 1.1.0 size=16777216 memory_size=1M
refuses "more than fits into running memory is refused [U9]" \
	"wants 4194304 bytes at 0x80000000, and the running memory of $label is 1048576" \
	swap_to 2.0.0-big
