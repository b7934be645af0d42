#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A new image is laid into memory of its own while the old one serves I/O:
# when it comes as a stream, when it comes from a file, and when it is left
# there for later (U1). The device can reach it only once the swap begins, and
# never inside its running memory (U2). It comes in whole or not at all.
. ./functions.sh
. ./devices.sh
plan 18

load_modules
device_up hba0 1.1.0 size=16777216
io_start
before=$(logins)

# Half an image: the writer is slow.
half_image()
{
	exec 5>"$node"
	head -c 20000 "$(image hba-2.0.0)" >&5
}

# 1.1.0 runs while an update is in PHASE, and requests complete meanwhile.
serves_in()
{
	[ "$(attr state) $(attr version)" = "running 1.1.0" ] && io_moves &&
		[ "$(attr phase)" = "$1" ]
}

half_image
same "half an image has come" "$(attr phase)" staging
check "the old image serves while the new one comes [U1]" serves_in staging
same "the device cannot reach what has come" "$(staging)" ""
refuses "a second writer is turned away" "busy" \
	sh -c "cat '$(image hba-3.0.0)' >'$node'"
check "the rest of the stream completes the swap [U1]" \
	sh -c "tail -c +20001 '$(image hba-2.0.0)' >&5"
exec 5>&-
check "the streamed image serves" serves 2.0.0

half_image
exec 5>&-
same "a stream that ends too early is no update" \
	"$(attr phase) $(attr result) $(attr error | cut -d' ' -f1)" \
	"idle refused staging:truncated"
check "the old image serves on" serves 2.0.0

check "back to 1.1.0" swap_to 1.1.0 --allow-downgrade \
	--accept-lost login-priority
check "an image from a file is staged, and stays so [U1]" \
	codeswap stage "$label" "$(image hba-3.0.0)"
check "the old image serves beside it [U1]" serves_in staged
same "the device cannot reach it yet" "$(staging)" ""
check "reconciled, but not swapped to yet" codeswap swap --hold "$label"
check "the old image serves beside a reconciled one [U1]" serves_in ready

# The image, read-only, and what is private to its bootstrap.
pieces=$(staging | awk '{ print $2, $3 }' | head -1)
same "staging memory is mapped for the device to execute from [U2]" \
	"$pieces" "$(wc -c <"$(image hba-3.0.0)") ro"

# Its bytes must not be among those that run.
outside_running_memory()
{
	staging | awk '{ print $1, $2 }' | while read -r address size; do
		[ $((address + size)) -le $((0x80000000)) ] || exit 1
	done
}
check "none of it lies inside running memory [U2]" outside_running_memory

codeswap release "$label"
await 20 "$dev/phase" idle >/dev/null
same "then the swap is done; the device has its logins, and staging is gone" \
	"$(attr version) $(logins | awk '{ print $1, $2, $4 }' | md5sum) $(staging)" \
	"3.0.0 $(echo "$before" | awk '{ print $1, $2, $4 }' | md5sum) "
check "not one I/O failed" io_clean
