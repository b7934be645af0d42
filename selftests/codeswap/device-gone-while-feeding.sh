#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A device that goes while it is being fed, or while its image is staged,
# goes; who feeds it is told. A module that is in use cannot be unloaded.
. ./functions.sh
. ./devices.sh

new=$(image hba-2.0.0)
large=$RESULTS/large.mrb

# gone: the adapter can be taken away, with all that was shown of it
gone()
{
	adapter_destroy hba0 && [ ! -e "$dev" ] && [ ! -e "$node" ] &&
		[ ! -e "$disk" ]
}

again()
{
	device_up hba0 1.1.0 size=16777216 logins=4
}

modules_stay()
{
	refuses "$1: the driver's module is in use" . rmmod codeswap_sim
	refuses "$1: the core's module is in use" . rmmod codeswap
}

# by_stream DOOR: a writer half-way
by_stream()
{
	stream_part "$1" "$new" 10000 || bail "no stream"
	modules_stay "$1 half-way"
	check "$1 half-way: the old image serves" test "$(attr version)" = 1.1.0
	check "$1 half-way: the device goes" gone
	stream_rest "$new" 10000
	check "$1 half-way: its writer is told: ENODEV" \
		writer_told "No such device"
}

by_netlink()
{
	codeswap swap "$label" "$large" >/dev/null 2>"$RESULTS/codeswap.err" &
	helper=$!
	feeding_begins || bail "codeswap does not feed"
	check "netlink half-way: the device goes" gone
	wait $helper
	same "netlink half-way: codeswap fails" $? 1
	check "netlink half-way: and says why" grep -q \
		"$label went away while its image was staged" "$RESULTS/codeswap.err"
}

staged()
{
	codeswap stage "$label" "$new" >/dev/null || bail "cannot stage"
	modules_stay "staged"
	check "staged: the device goes" gone
}

# Nobody has answered yet when it goes.
asked_for()
{
	daemon_start
	daemon_listens || bail "codeswapd does not listen"
	kill -STOP "$daemon"
	sh -c "exec env echo hba-2.0.0.mrb >$node" 2>"$RESULTS/writer.err" &
	writer=$!
	await_request || bail "no request"
	check "asked for by name: the device goes" gone
	wait "$writer"
	writer_status=$?
	check "asked for by name: its writer is told: ENODEV" \
		writer_told "No such device"
	kill -CONT "$daemon"
	daemon_stop
}

# The writer sleeps in write(), as nothing else it does can.
await_request()
{
	await 20 "/proc/$writer/wchan" "csw_request_by_name*" >/dev/null
}

write_open()
{
	! cat "$new" 2>"$RESULTS/cat.err" >&6 &&
		grep "No such device" "$RESULTS/cat.err"
}

# A node that was open when its device went is of no use, and harmless.
open_node()
{
	exec 6>"$node"
	check "open: the device goes" gone
	check "open: the driver's module can be unloaded" rmmod codeswap_sim
	refuses "open: the core's module is in use" . rmmod codeswap
	check "open: a write fails: ENODEV" write_open
	exec 6>&-
	check "closed: the core's module can be unloaded" rmmod codeswap
}

plan $((2 * 5 + 3 + 3 + 2 + 5))
load_modules
large_image hba-2.0.0 "$large" || bail "no large image"
again
by_stream "$node"
again
by_stream /dev/codeswap
again
by_netlink
again
staged
again
asked_for
again
open_node
