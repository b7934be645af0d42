#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The overlay goes to the start address of the old image and is compared with
# what it was made from; staging memory is given back then (U12).
. ./functions.sh
. ./devices.sh
plan 16

load_modules
device_up hba0 1.1.0 size=16777216 memory_size=64M
faults=/sys/kernel/debug/codeswap_sim/$label/faults
io_start
logins_before=$(logins)

base=$(codeswap image info "$(image hba-1.1.0)" |
	sed -n 's/^memory:.* at //p')
echo overlay >"$faults/corrupt"
refuses "one wrong byte in running memory is found [U12]" \
	"running memory at $base is 0x[0-9a-f]+ after the overlay, and should be" \
	swap_to 2.0.0
same "the old image is put back" \
	"$(attr result) $(attr error | cut -d' ' -f1)" \
	"rolled-back verifying:verify"
check "and serves, as it was" unchanged 1.1.0 "$logins_before"

# The device is written to, and read back, before it starts.
echo overlay >"$faults/hold"
codeswap swap "$label" "$(image hba-2.0.0)" >/dev/null 2>&1 &
await 20 "$faults/hold" held >/dev/null
same "the overlay begins" "$(attr phase)" overlaying
check "staging memory is there" test -n "$(staging)"
starts=$(counter starts)
echo verify >"$faults/hold"
await 20 "$dev/phase" verifying >/dev/null
await 20 "$faults/hold" held >/dev/null
same "it is compared before the new image starts [U12]" \
	"$(attr phase) $(counter starts)" "verifying $starts"
echo none >"$faults/hold"
wait $!
check "2.0.0 serves" serves 2.0.0
same "it starts where the old one did [U12]" \
	"$(codeswap log "$label" | tr -s ' ' | grep ' load-address ')" \
	" load-address compatible load-address $base -> $base"
same "the device cannot reach staging memory any more [U12]" "$(staging)" ""

# Twelve swaps to an image of 2.5 MiB; what stayed would show. Free pages that a
# processor keeps for itself count as available, 4 KiB each.
free_memory()
{
	sync
	echo 3 >/proc/sys/vm/drop_caches
	awk '/^MemAvailable:/ { n += $2 } /^ +count:/ { n += 4 * $2 }
		END { print n }' /proc/meminfo /proc/zoneinfo
}
many()
{
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12; do
		swap_to 2.0.0-big --force || return 1
	done
}
check "away" swap_to 1.1.0 --allow-downgrade --accept-lost login-priority
check "to a large image" swap_to 2.0.0-big
memory=$(free_memory)
check "to it again, twelve times" many
left=$(free_memory)
echo "# available before $memory KiB, after $left KiB"
check "their staging memory was given back [U12]" \
	test $((memory - left)) -lt 12288
same "the device holds none of it" "$(staging)" ""
check "2.0.0 serves" serves 2.0.0
check "not one I/O failed" io_clean
