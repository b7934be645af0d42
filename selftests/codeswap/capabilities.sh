#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Capabilities are compared even when versions are equal. What would be lost,
# or is missing, is refused or accepted explicitly, never overlooked (U8).
. ./functions.sh
. ./devices.sh
plan 21

load_modules
device_create hba0 size=16777216 || bail "no adapter"

# The boot ROM has no capabilities, but the driver uses some.
refuses "an image without what the driver uses is refused [U8]" \
	"discard, which the driver uses" swap_to 2.0.0-bad-lost
same "the boot ROM still asks" "$(attr state) $(attr phase)" "minimal idle"
cat "$(image hba-2.0.0)" >"$node" || bail "cannot load 2.0.0"
await 20 "$disk" >/dev/null
io_start

# The same version, of the same release: it is called 2.0.0 as well.
lost=2.0.0-bad-lost
swap_refused "equal versions, one capability less: refused [U8]" \
	"capability (login-priority|discard), which the running image has" $lost
swap_refused "also by force" \
	"capability (login-priority|discard), which the running image has" \
	$lost --force
swap_refused "one of two losses accepted is not enough" \
	"capability discard, which the running image has" \
	$lost --accept-lost login-priority
refuses "where nothing can be accepted, all is refused" "." \
	sh -c "cat '$(image hba-$lost)' >'$node'"
same "and why is told" "$(attr error | cut -d' ' -f1)" \
	"staging:capability-lost"

# What a check tells: every item, not only the first.
codeswap check "$label" "$(image hba-$lost)" >"$RESULTS/checked" 2>&1
same "a check tells of both" \
	"$(grep -cE 'capability +refused' "$RESULTS/checked")" 2

check "both accepted: done [U8]" swap_to $lost --accept-lost login-priority \
	--accept-lost discard
check "the bootstrap, too, has seen the loss, and the word [U8]" \
	item "capability accepted login-priority provided -> lost"
check "of the other as well" \
	item "capability accepted discard provided -> lost"
check "2.0.0 serves" serves 2.0.0
check "back to all capabilities: nothing to accept" swap_to 2.0.0
check "that they are gained is told" \
	item "capability compatible login-priority none -> gained"
check "2.0.0 serves" serves 2.0.0

refuses "a capability that the device lacks: refused [U8]" \
	"requires capability nonesuch" swap_to 2.0.0-bad-nonesuch --force
refuses "no word helps: the image needs it" "requires capability nonesuch" \
	swap_to 2.0.0-bad-nonesuch --force --accept-lost nonesuch
check "not one I/O failed" io_clean
