#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# SWAPS swaps (1000) back and forth between 1.1.0 and 3.0.0 while fio writes
# and reads back: no I/O fails, no login is lost, and memory is as flat at the
# end as it was after the first twenty.
. ./functions.sh
. ./devices.sh

SWAPS=${SWAPS:-1000}
WARM_UP=20
# MemAvailable and slab move with the rest of the system: noise, in KiB.
NOISE=${NOISE:-8192}

# Free pages that a processor keeps for itself are in no figure of meminfo, and
# move by tens of MiB: they count as available here, 4 KiB each.
mem_available()
{
	awk '/^MemAvailable:/ { n += $2 } /^ +count:/ { n += 4 * $2 }
		END { print n }' /proc/meminfo /proc/zoneinfo
}

slab_in_use()
{
	awk '/^Slab:/ { print $2 }' /proc/meminfo
}

# What the swaps themselves would leak shows in their own sizes of object.
slab_objects()
{
	awk 'NR > 2 && $1 ~ /^kmalloc/ { n += $2 } END { print n + 0 }' /proc/slabinfo
}

measure()
{
	sync
	echo 3 >/proc/sys/vm/drop_caches
	mem_available
	slab_in_use
	slab_objects
}

swap_once()
{
	case $(attr version) in
	1.1.0) swap_to 3.0.0 ;;
	*) swap_back ;;
	esac
}

swap_many()
{
	n=0
	while [ $n -lt "$1" ]; do
		if ! output=$(swap_once 2>&1); then
			echo "swap $n: $output"
			return 1
		fi
		n=$((n + 1))
		done_swaps=$((done_swaps + 1))
		[ $((done_swaps % 100)) -ne 0 ] ||
			echo "# $done_swaps swaps, blackout of the last $(attr blackout_us) us"
	done
}

# within NOISE: BEFORE AFTER
flat()
{
	difference=$(($1 - $2))
	[ ${difference#-} -le "$NOISE" ]
}

plan 6
done_swaps=0
load_modules
device_up hba0 1.1.0 logins=64
before_logins=$(logins | awk '{ print $1, $2, $4 }')
IO_RATE=0
io_start
swap_many $WARM_UP || bail "the warm-up failed"
measure >"$RESULTS/before"
if swap_many "$SWAPS"; then
	pass "$SWAPS swaps"
else
	fail "$done_swaps swaps"
fi
measure >"$RESULTS/after"
same "the module counts as many" "$(attr swaps)" $((done_swaps + 1))
same "no login lost or invented" \
	"$(logins | awk '{ print $1, $2, $4 }')" "$before_logins"
check "not one I/O failed" io_clean
{ read -r mem0; read -r slab0; read -r objects0; } <"$RESULTS/before"
{ read -r mem1; read -r slab1; read -r objects1; } <"$RESULTS/after"
echo "# before: MemAvailable $mem0 KiB, slab $slab0 KiB, kmalloc objects $objects0"
echo "# after:  MemAvailable $mem1 KiB, slab $slab1 KiB, kmalloc objects $objects1"
check "MemAvailable is flat within $NOISE KiB" flat "$mem0" "$mem1"
check "slab is flat within $NOISE KiB" flat "$slab0" "$slab1"
