#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# If not even the old image can be put back, the device is reset and asks for
# an image (D1). Then, and after a reset that somebody wants, I/O waits until
# one has been fed, and goes on without a single error.
. ./functions.sh
. ./devices.sh
. ./phases.sh

# asks: it runs nothing but its boot ROM, and wants an image
asks()
{
	await 20 "$dev/state" minimal >/dev/null || { attr state; return 1; }
	[ "$(attr phase) $(attr version)" = "idle " ] ||
		{ echo "$(attr phase) $(attr version)"; return 1; }
	[ -z "$(staging)" ] || { echo "mapped: $(staging)"; return 1; }
}

# waits: requests are in flight, and none of them comes to an end. fio keeps to
# a rate: that it has none in flight just now says nothing.
waits()
{
	waits_until=$(($(date +%s) + 60))
	until [ "$(awk '{ print $9 }' "/sys/block/$label/stat")" -gt 0 ]; do
		[ "$(date +%s)" -lt $waits_until ] ||
			{ echo "nothing in flight in a minute"; return 1; }
		read -r _ <"$dev/state"
	done
	waits_before=$(io_count)
	await 1 "$dev/state" running >/dev/null 2>&1
	[ "$(io_count)" = "$waits_before" ] ||
		{ echo "$(($(io_count) - waits_before)) have come to an end"; return 1; }
}

# goes_on WHERE VERSION: Results: 2
goes_on()
{
	check "$1: I/O goes on" serves "$2"
	same "$1: with the same logins" "$(table)" "$table"
}

# The bad overlay is found, and then the old image cannot be written back.
rollback_fails()
{
	set_fault corrupt overlay
	set_fault fail write
	swap_to 2.0.0 >/dev/null 2>"$RESULTS/swap.err"
	same "rollback fails: the update has failed" \
		"$? $(attr result) $(attr error | cut -d' ' -f1)" \
		"1 failed verifying:verify"
	check "rollback fails: codeswap names the first cause" \
		grep -q "failed in verifying:verify: running memory at" \
		"$RESULTS/swap.err"
	check "rollback fails: the boot ROM asks for an image [D1]" asks
	same "rollback fails: by one reset" "$(counter resets)" $((resets + 1))
	check "rollback fails: I/O waits" waits
	check "rollback fails: it is fed" swap_to 2.0.0
	goes_on "rollback fails" 2.0.0
}

# What was put back is compared as well.
put_back_wrongly()
{
	resets=$(counter resets)
	set_fault fail start
	set_fault corrupt write
	swap_to 1.1.0 --allow-downgrade --accept-lost login-priority \
		>/dev/null 2>&1
	same "put back wrongly: the update has failed" \
		"$? $(attr result) $(attr error | cut -d' ' -f1)" \
		"1 failed proving:driver"
	check "put back wrongly: the boot ROM asks for an image" asks
	same "put back wrongly: by one reset" "$(counter resets)" $((resets + 1))
	check "put back wrongly: it is fed, by a stream" \
		sh -c "cat '$(image hba-1.1.0)' >'$node'"
	goes_on "put back wrongly" 1.1.0
}

# The load itself fails: it asks again.
load_fails()
{
	codeswap reset "$label" || bail "no reset"
	set_fault corrupt overlay
	refuses "a load fails: told why" "after the overlay, and should be" \
		swap_to 1.1.0
	check "a load fails: the boot ROM asks again" asks
	check "a load fails: the next one goes well" swap_to 1.1.0
	goes_on "a load fails" 1.1.0
}

# Nothing has been touched, so nothing is reset.
load_cancelled()
{
	codeswap reset "$label" || bail "no reset"
	resets=$(counter resets)
	reach attach codeswap swap "$label" "$(image hba-1.1.0)" ||
		bail "not at attach: $(cat "$RESULTS/swapper.err")"
	check "a load is cancelled: that is taken" codeswap cancel "$label"
	swapper_ends
	check "a load is cancelled: before anything is loaded" \
		ended cancelled staged:cancelled
	check "a load is cancelled: the boot ROM asks on" asks
	same "a load is cancelled: no reset" "$(counter resets)" "$resets"
	check "a load is cancelled: the next one goes well" swap_to 1.1.0
	goes_on "a load is cancelled" 1.1.0
}

by_order()
{
	codeswap stage "$label" "$(image hba-2.0.0)" >/dev/null ||
		bail "cannot stage"
	refuses "reset: not while an update is on" \
		"an update of $label is on; cancel it first" \
		codeswap reset "$label"
	check "reset: 1.1.0 serves on" io_moves
	codeswap cancel "$label"
	check "reset: it is taken" codeswap reset "$label"
	check "reset: the boot ROM asks for an image [D1]" asks
	check "reset: I/O waits" waits
	refuses "reset: an image of another type is no help" "nic" \
		swap_to 2.0.0-bad-type
	check "reset: it is fed" swap_to 1.1.0
	goes_on reset 1.1.0
	same "reset: all that waited was sent again" \
		"$(($(counter resubmitted) > 0))" 1
}

# Nobody feeds it by hand.
by_itself()
{
	mkdir -p "$RESULTS/images"
	ln -sf "$(image hba-1.1.0)" "$RESULTS/images/"
	daemon_start "$RESULTS/images"
	daemon_listens || bail "codeswapd does not listen"
	check "with the daemon: reset" codeswap reset "$label"
	check "with the daemon: it runs again, by itself" \
		await 20 "$dev/state" running
	goes_on "with the daemon" 1.1.0
	daemon_stop
}

# What a reset overtakes has not been refused.
while_they_log_in()
{
	device_up hba1 1.1.0 size=1048576 logins=65536 max_logins=65536 memory_size=16M
	check "while they log in: a reset" codeswap reset "$label"
	check "while they log in: it is fed" swap_to 1.1.0
	same "while they log in: in the end all are in, none was refused" \
		"$(debug login_count | cut -d' ' -f1) $(counter login_failures)" \
		"65536 0"
	adapter_destroy hba1
}

plan $((8 + 6 + 5 + 7 + 10 + 4 + 4 + 3))
load_modules
device_up hba0 1.1.0 size=16777216 logins=16
echo 0 >"$dev/keep_image"
table=$(table)
io_start
holders=$(holders codeswap_sim)
resets=$(counter resets)
rollback_fails
put_back_wrongly
load_fails
load_cancelled
by_order
by_itself
check "afterwards a swap goes well" swap_to 2.0.0
same "nothing holds the driver any more" "$(holders codeswap_sim)" "$holders"
check "not one I/O failed" io_clean
same "no error was counted, no request lost" \
	"$(counter errors) $(counter not_logged_in) $(counter completions)" \
	"0 0 $(counter requests)"
while_they_log_in
