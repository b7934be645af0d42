#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The running image crashes while no update is on, and has not been kept: the
# device is reset and asks for an image (D1), everybody who listens is told, I/O
# waits, and goes on when an image has been loaded. With codeswapd all of that
# happens by itself.
. ./functions.sh
. ./devices.sh
. ./phases.sh

crash()
{
	echo 1 >"/sys/kernel/debug/codeswap_sim/$label/faults/crash"
}

# uevents_start: uevents_of counts them from here on
uevents_start()
{
	uevents codeswap >"$RESULTS/uevents" &
	uevents=$!
	on_exit "kill $uevents 2>/dev/null; true"
	await 20 "$RESULTS/uevents" listening >/dev/null
}

# uevents_of NUMBER: so many uevents of the device, and all of them changes
uevents_of()
{
	uevents_until=$(($(date +%s) + 20))
	while [ "$(grep -c "^change ${dev##*/}$" "$RESULTS/uevents")" -lt "$1" ]; do
		[ "$(date +%s)" -lt $uevents_until ] ||
			{ cat "$RESULTS/uevents"; return 1; }
		read -r _ <"$dev/state"
	done
	[ "$(grep -c "${dev##*/}$" "$RESULTS/uevents")" = "$1" ]
}

by_hand()
{
	crash
	check "the boot ROM asks for an image [D1]" \
		await 20 "$dev/state" minimal
	check "the result says that it failed, and why" ended failed idle:crash
	check "with the cause, and where" sh -c "cat '$dev/error' | \
		grep -q 'the running image crashed: cause 0x2 at 0x8'"
	same "nothing runs that would have a version" "$(attr version)" ""
	same "by one reset" "$(counter resets)" $((resets + 1))
	check "uevents tell: failed, minimal" uevents_of 2
	check "another image is loaded" swap_to 2.0.0
	check "uevents tell: running" uevents_of 3
	check "it is swapped" swap_to 2.0.0 --force
	check "uevents tell: another image" uevents_of 4
	check "I/O goes on" serves 2.0.0
	same "with the same logins" "$(table)" "$table"
}

by_itself()
{
	mkdir "$RESULTS/images"
	ln -s "$(image hba-2.0.0)" "$RESULTS/images/"
	daemon_start "$RESULTS/images"
	daemon_listens || bail "codeswapd does not listen"
	swaps=$(attr swaps)
	crash
	check "with the daemon: it is loaded again, by itself" \
		await 20 "$dev/swaps" $((swaps + 1))
	check "with the daemon: I/O goes on" serves 2.0.0
	same "with the daemon: with the same logins" "$(table)" "$table"
	check "with the daemon: uevents tell as well" uevents_of 7
	daemon_stop
}

# A bootstrap beside the old image: it is no longer the update's to go on.
beside_a_bootstrap()
{
	codeswap swap --hold "$label" "$(image hba-3.0.0)" >/dev/null ||
		bail "not ready"
	crash
	await 20 "$dev/phase" idle >/dev/null
	check "ready: the update ends, and says why" \
		sh -c "cat '$dev/error' | grep -q crash"
	check "ready: the old image is restarted, and serves" serves 2.0.0
	same "ready: with the same logins" "$(table)" "$table"
}

plan $((12 + 4 + 3 + 4))
load_modules
device_up hba0 1.1.0 size=16777216 logins=16
echo 0 >"$dev/keep_image"
table=$(table)
io_start
resets=$(counter resets)
uevents_start || bail "no uevents"
by_hand
by_itself
beside_a_bootstrap
check "afterwards a swap goes well" swap_to 3.0.0
check "3.0.0 serves" serves 3.0.0
check "not one I/O failed" io_clean
same "no error was counted, no request lost" \
	"$(counter errors) $(counter not_logged_in) $(counter completions)" \
	"0 0 $(counter requests)"
