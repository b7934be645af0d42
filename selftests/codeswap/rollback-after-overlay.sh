#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Whatever goes wrong once the old image has been overlaid, it is put back, and
# serves on with its logins and modules; no I/O fails. What goes wrong before
# is refused, at whatever step.
. ./functions.sh
. ./devices.sh
. ./phases.sh

try()
{
	swap_to "$@" >/dev/null 2>"$RESULTS/swap.err"
	status=$?
}

# was RESULT PHASE:REASON: the end of an update that failed; all is as before
was()
{
	[ "$status" -eq 1 ] || { echo "codeswap ended with $status"; return 1; }
	ended "$1" "$2" || return 1
	unchanged 1.1.0 "$before" || return 1
	[ "$(debug modules)" = "$modules" ] || { debug modules; return 1; }
	[ "$(holders codeswap_sim)" = "$holders" ] ||
		{ echo "held by $(holders codeswap_sim)"; return 1; }
}

# said PATTERN: codeswap did
said()
{
	check "and says why" grep -E "$1" "$RESULTS/swap.err"
}

# fails POINT RESULT: the driver's op of that name returns an error. Results: 2
fails()
{
	set_fault fail "$1"
	try 2.0.0
	check "the driver fails to $1: $2, all as before" \
		was "$2" "$(phase_at "$1"):driver"
	said "error -5"
}

# Results: 4
images_that_fail()
{
	try 2.0.0-bad-start-crash
	check "crashes at its start: the old image is back" \
		was rolled-back proving:crash
	said "the image crashed: cause 0x[0-9a-f]+ at 0x[0-9a-f]+, value 0x0"
	limits proving=1000
	try 2.0.0-bad-mute
	check "says nothing after it: the old image is back" \
		was rolled-back proving:not-healthy
	said "0 of 3 heartbeats came within 1000 ms \(limits/proving\)"
	limits proving=5000
}

# Results: 2
overlay_is_wrong()
{
	set_fault corrupt overlay
	try 2.0.0
	check "one byte is wrong: the old image is back" \
		was rolled-back verifying:verify
	said "running memory at 0x[0-9a-f]+ is 0x.. after the overlay, and should be 0x"
}

# Results: 7
by_order()
{
	limits proving=60000
	codeswap swap "$label" "$(image hba-2.0.0-bad-mute)" >/dev/null \
		2>"$RESULTS/swap.err" &
	swapper=$!
	await 20 "$dev/phase" proving >/dev/null || bail "not proving"
	check "rollback while it is proving" codeswap rollback "$label"
	wait $swapper
	status=$?
	check "the old image is back" was rolled-back proving:cancelled
	said "rolled back on request while the new image was proving"
	limits proving=5000

	# Asked for so early, and of an image that lives.
	reach overlay codeswap swap "$label" "$(image hba-2.0.0)" ||
		bail "not overlaying"
	check "rollback while it is overlaid" codeswap rollback "$label"
	swapper_ends
	status=$swapper_status
	check "the old image is back, then" was rolled-back proving:cancelled

	reach start codeswap swap "$label" "$(image hba-2.0.0)" ||
		bail "not proving"
	check "rollback while it starts" codeswap rollback "$label"
	swapper_ends
	status=$swapper_status
	check "the old image is back, too" was rolled-back proving:cancelled
}

# It is proved, and about to be told so. Results: 2
too_late()
{
	reach commit codeswap swap "$label" "$(image hba-2.0.0)" ||
		bail "not at commit"
	refuses "rollback when it is proved: EBUSY" \
		"has been proved already" codeswap rollback "$label"
	swapper_ends
	check "2.0.0 serves" as_before 2.0.0 "$table"
	back
}

# Results: 7
later()
{
	codeswap stage "$label" "$(image hba-2.0.0)" >/dev/null ||
		bail "cannot stage"
	refuses "rollback of what has not begun" "cancel it" \
		codeswap rollback "$label"
	codeswap cancel "$label"

	daemon_start
	daemon_listens || bail "codeswapd does not listen"
	swap_to 1.0.0 --allow-downgrade >/dev/null || bail "not to 1.0.0"
	swap_to 1.1.0 >/dev/null || bail "not to 1.1.0"
	check "rollback later is taken" codeswap rollback "$label"
	check "1.0.0 runs again" await 20 "$dev/version" 1.0.0
	check "and serves" as_before 1.0.0 "$table"
	swap_to 2.0.0 >/dev/null || bail "not to 2.0.0"
	swap_to 3.0.0 >/dev/null || bail "not to 3.0.0"
	check "rollback to 2.0.0 is taken" codeswap rollback "$label"
	check "it gives up a capability, and is refused for that" \
		await 20 "$dev/error" "*:capability-lost*guard*"
	check "3.0.0 serves on" as_before 3.0.0 "$table"
	daemon_stop
}

plan $((1 + 4 + 4 + 2 + 7 * 2 + 7 + 2 + 7 + 3))
load_modules
device_up hba0 1.1.0 size=16777216 logins=16
limits cancel=1000
table=$(table)
io_start
refuses "an image that came without a name cannot be gone back to later" \
	"not known by a name; swap to it with its file" codeswap rollback "$label"
holders=$(holders codeswap_sim)
resets=$(counter resets)

before=$(logins) modules=$(debug modules)
images_that_fail
swap_to 1.1.0 --force >/dev/null || bail "cannot have the modules burned"
modules=$(debug modules)
images_that_fail
overlay_is_wrong
fails attach refused
fails bootstrap refused
fails quiesce refused
fails overlay rolled-back
fails verify rolled-back
fails start rolled-back
fails commit rolled-back
by_order
too_late
later
same "no reset was needed" "$(counter resets)" "$resets"
check "not one I/O failed" io_clean
check "every request was answered once" io_adds_up
