#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Adapters with one, two and four harts: all of them serve I/O, leave the old
# image together and enter the new one together. One that does not park stops
# the update before the overlay; one that crashes takes the image with it (U16).
. ./functions.sh
. ./devices.sh
. ./phases.sh

# hart_counters: instructions of each hart so far, one line for each
hart_counters()
{
	debug stats | awk '/^instructions_hart/ { print $2 }'
}

# all_work HARTS: so many there are, and all of them execute under I/O
all_work()
{
	hart_counters >"$RESULTS/before"
	io_moves || return 1
	hart_counters | paste "$RESULTS/before" - |
		awk -v harts="$1" '$2 > $1 + 1000 { n++ } { print }
				   END { exit !(n == harts && NR == harts) }'
}

# geometry HARTS: ten results
geometry()
{
	device_up "h$1" 1.1.0 size=16777216 logins=16 "harts=$1"
	table=$(table)
	io_start
	check "$1: all harts serve I/O" all_work "$1"
	for image in 2.0.0 3.0.0; do
		check "$1: swap to $image under I/O" swap_to $image
		check "$1: all harts serve in it [U16]" all_work "$1"
	done
	check "$1: and back" swap_back
	check "$1: all harts serve in it, too" all_work "$1"
	same "$1: with the logins that there were" "$(table)" "$table"
	check "$1: not one I/O failed" io_clean
	check "$1: every request was answered once" io_adds_up
	adapter_destroy "h$1"
}

# will_not_park HARTS: the update is stopped before the point of no return.
# Nine results
will_not_park()
{
	device_up park 1.1.0-bad-park size=16777216 logins=16 "harts=$1"
	limits quiesce=300
	before=$(table)
	starts=$(counter starts)
	io_start
	trace_start
	refuses "$1: a hart that does not park stops the update" \
		"the device was not quiet within 300 ms \(limits/quiesce\)" \
		swap_to 3.0.0
	check "$1: in which phase, and why" ended rolled-back quiescing:timeout
	check "$1: nothing was overlaid" \
		eval "trace_has quiescing && ! trace_has overlaying"
	same "$1: the old image was started at its warm entry" \
		"$(counter starts)" $((starts + 1))
	check "$1: it serves as before" as_before 1.1.0 "$before"
	check "$1: on all harts" all_work "$1"
	check "$1: a reset brings another image" swap_to 2.0.0 --method reset
	check "$1: all harts serve in it [U16]" all_work "$1"
	check "$1: not one I/O failed" io_clean
	adapter_destroy park
}

# crashes HARTS: on the last one. Five results
crashes()
{
	device_up crash 1.1.0 size=16777216 logins=16 "harts=$1"
	echo 0 >"$dev/keep_image"
	io_start
	set_fault crash $(($1 - 1))
	check "$1: a crash of the last hart is that of the image" \
		await 20 "$dev/state" minimal
	check "$1: it is told" sh -c "grep -q 'the running image crashed' '$dev/error'"
	check "$1: another image is loaded" swap_to 2.0.0
	check "$1: all harts serve in it [U16]" all_work "$1"
	check "$1: not one I/O failed" io_clean
	adapter_destroy crash
}

plan $((2 + 3 * 10 + 2 * 9 + 5))
load_modules
for harts in 0 5; do
	adapter_create none harts=$harts 2>/dev/null
	same "there is no adapter with $harts harts" "$(cat "$SIM/none/power")" 0
	adapter_destroy none
done
geometry 1
geometry 2
geometry 4
will_not_park 2
will_not_park 4
crashes 4
