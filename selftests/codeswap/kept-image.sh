#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The image that runs is kept in memory, and loaded again when it crashes: no
# feeder is needed, which may be on the very disk that waits. It is not loaded
# again and again while somebody has a better one, and not if it was reset away.
. ./functions.sh
. ./devices.sh
. ./phases.sh

crash()
{
	set_fault crash now
}

# loaded_again NUMBER: so many times, as the kernel's log tells
loaded_again()
{
	loaded_until=$(($(date +%s) + 20))
	until [ "$(log_since | grep -c "is loaded again from memory")" = "$1" ]; do
		[ "$(date +%s)" -lt $loaded_until ] ||
			{ log_since; return 1; }
		read -r _ <"$dev/state"
	done
	await 20 "$dev/phase" idle >/dev/null
	await 20 "$dev/state" running
}

# stays_minimal: it asks, again and again, and has no image
stays_minimal()
{
	await 20 "$dev/state" minimal && ! await 2 "$dev/state" running 2>&1
}

# up: an adapter that runs 1.1.0, with I/O, and asks again after half a second
up()
{
	device_up hba0 1.1.0 size=16777216 logins=16
	io_start
	echo 500 >"$dev/limits/feed"
	table=$(table)
	resets=$(counter resets)
	log_mark
}

# fed: by hand, and serves
fed()
{
	swap_to 1.1.0 && serves 1.1.0
}

# down WHERE: one result
down()
{
	check "$1: not one I/O failed" io_clean
	adapter_destroy hba0
}

by_itself()
{
	up
	crash
	check "by itself: it is loaded again" loaded_again 1
	check "by itself: I/O goes on, with the same logins" as_before 1.1.0 "$table"
	check "by itself: what happened is the result still" ended failed idle:crash
	same "by itself: by one reset" "$(counter resets)" $((resets + 1))
	check "by itself: swaps go on" swap_to 2.0.0
	crash
	check "once more: there is nobody to ask, it is loaded again" loaded_again 2
	check "once more: the image that ran last" serves 2.0.0
	down "once more"
}

better_one_first()
{
	mkdir "$RESULTS/images"
	ln -s "$(image hba-2.0.0)" "$RESULTS/images/"
	up
	echo 60000 >"$dev/limits/feed"
	daemon_start "$RESULTS/images"
	daemon_listens || bail "codeswapd does not listen"
	crash
	check "with a daemon: the first time nobody is asked" loaded_again 1
	swaps=$(attr swaps)
	crash
	await 20 "$dev/swaps" $((swaps + 1)) >/dev/null
	check "with a daemon: the second time it feeds what it has" serves 2.0.0
	check "with a daemon: nothing else was loaded" loaded_again 1
	kill -STOP "$daemon"
	echo 500 >"$dev/limits/feed"
	crash
	check "with a daemon that is stuck: it is waited for, and not for ever" \
		loaded_again 2
	check "with a daemon that is stuck: the image that it had fed" serves 2.0.0
	daemon_stop
	down "with a daemon"
}

not_healthy()
{
	up
	set_fault fail start
	crash
	await 20 "$dev/phase" proving >/dev/null
	check "it does not start again: it asks" stays_minimal
	same "it does not start again: it was tried once, and is kept no longer" \
		"$(log_since | grep -c "is loaded again from memory")" 1
	check "it does not start again: it is fed" fed
	down "it does not start again"
}

rollback_fails()
{
	up
	echo 30000 >"$dev/limits/feed"
	set_fault corrupt overlay
	set_fault fail write
	refuses "rollback fails: so does the update" "verifying:verify" swap_to 2.0.0
	check "rollback fails: the old image is loaded again" loaded_again 1
	check "rollback fails: it serves" as_before 1.1.0 "$table"
	check "rollback fails: the first cause is the result" \
		ended failed verifying:verify
	down "rollback fails"
}

# The old image was given up for one that does not run.
reset_fails()
{
	up
	echo 30000 >"$dev/limits/feed"
	refuses "reset fails: so does the update" "proving" \
		swap_to 2.0.0-bad-silent --method reset
	check "reset fails: the old image is loaded again" loaded_again 1
	check "reset fails: it serves" as_before 1.1.0 "$table"
	down "reset fails"
}

# What was staged gives way, and so does what nobody will start.
while_staged()
{
	up
	codeswap stage "$label" "$(image hba-2.0.0)" >/dev/null || bail "not staged"
	crash
	check "while one is staged: the image that ran is loaded again" loaded_again 1
	check "while one is staged: it serves" serves 1.1.0
	same "while one is staged: nothing is any more" "$(staging)" ""
	down "while one is staged"
}

# Refused, it is offered again, but not alone.
refused()
{
	up
	echo 1 >"$dev/require_signature"
	crash
	check "refused: it asks" stays_minimal
	echo 0 >"$dev/require_signature"
	check "not refused any more: it is loaded again" loaded_again 1
	down "refused"
}

not_wanted()
{
	up
	check "by order: a reset" codeswap reset "$label"
	check "by order: an image that was reset away stays away" stays_minimal
	check "keep_image=0: it is fed" swap_to 1.1.0
	echo 0 >"$dev/keep_image"
	crash
	check "keep_image=0: after a crash it asks" stays_minimal
	check "keep_image=0: it is fed once more" fed
	down "keep_image=0"
}

plan $((8 + 6 + 4 + 5 + 4 + 4 + 3 + 6))
load_modules
by_itself
better_one_first
not_healthy
rollback_fails
reset_fails
while_staged
refused
not_wanted
