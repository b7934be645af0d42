#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# An image that does not come whole changes nothing: its writer closes, is
# killed, pauses for too long; a helper dies half-way. The old image serves on,
# and nothing is in the way of the next writer (U1, K2, K3).
. ./functions.sh
. ./devices.sh

everybody=/dev/codeswap
new=$(image hba-2.0.0)
size=$(wc -c <"$new")
half=$((size / 2))
large=$RESULTS/large.mrb

# idle_for REASON SENTENCE: the update has ended so, and 1.1.0 serves
idle_for()
{
	await 20 "$dev/phase" idle >/dev/null || return 1
	attr error | grep -qE -e "^[a-z]*:$1 .*$2" || {
		echo "$(attr result): $(attr error)"
		return 1
	}
	serves 1.1.0
}

# ends REASON SENTENCE TEXT: a result
ends()
{
	check "$3: $1, the old image serves [U1]" idle_for "$1" "$2"
}

# ---- close -----------------------------------------------------------------

write_part()
{
	head -c "$2" "$new" >"$RESULTS/part"
	dd if="$RESULTS/part" of="$1" bs=512
}

closed()
{
	refuses "close() after $1 bytes: ENODATA [K2]" "No data available" \
		write_part "$node" "$1"
	ends truncated "$2" "closed after $1 bytes"
}

close_early()
{
	closed 1 "ends after 1 bytes, within its header of 208"
	closed 300 "ends after 300 bytes, within its header of [0-9]*"
	closed $half "ends after $half of $size bytes"
	closed $((size - 1)) "ends after $((size - 1)) of $size bytes"
	refuses "/dev/codeswap: close() half-way: ENODATA [K2]" \
		"No data available" write_part $everybody $half
	ends truncated "ends after $half of $size bytes" "and by type"
	check "/dev/codeswap tells so in its error" grep -q \
		"^staging:truncated the image ends after $half of" \
		/sys/class/misc/codeswap/error
	head -c $half "$new" >"$RESULTS/part"
	refuses "netlink: a file that is cut short [K3]" \
		"ends after $half of $size bytes" \
		codeswap swap --fd "$label" "$RESULTS/part"
	ends truncated "ends after $half" "a file by netlink"
}

# ---- signals ---------------------------------------------------------------

killed()
{
	stream_part "$1" "$new" $half || bail "no stream to cut"
	kill -"$2" "$writer"
	stream_rest
	ends truncated "ends after $half of $size bytes" "SIG$2 half-way into $1"
}

# Whoever waits for the end of a swap can be interrupted as well.
killed_while_waiting()
{
	faults=/sys/kernel/debug/codeswap_sim/$label/faults
	echo bootstrap >"$faults/hold"
	cat "$new" >"$node" &
	writer=$!
	await 20 "$faults/hold" held >/dev/null
	kill -TERM "$writer"
	echo none >"$faults/hold"
	wait "$writer"
	ends cancelled . "SIGTERM while the swap is on"
}

paused()
{
	limit=$(cat "$dev/limits/staging")
	echo 300 >"$dev/limits/staging"
	stream_begin "$node" "$new" $half
	await 20 "$dev/error" "*:timeout *" >/dev/null
	ends timeout "for 300 ms \(limits/staging\); $half bytes had come" \
		"a writer that pauses"
	stream_rest "$new" $half
	check "and its next write fails: ETIMEDOUT" writer_told "timed out"
	echo "$limit" >"$dev/limits/staging"
}

# ---- helpers that die ------------------------------------------------------

helper_dies()
{
	codeswap swap "$label" "$large" >/dev/null 2>&1 &
	helper=$!
	feeding_begins || bail "codeswap does not feed"
	kill -KILL $helper
	wait $helper
	ends truncated "ends after [0-9]* of 50331648 bytes" \
		"codeswap is killed while it feeds [K3]"
}

daemon_dies()
{
	daemon_start "$RESULTS/images"
	daemon_listens || bail "codeswapd does not listen"
	sh -c "env echo large.mrb >$node" 2>"$RESULTS/writer.err" &
	writer=$!
	feeding_begins || bail "codeswapd does not feed"
	kill -KILL "$daemon"
	wait "$writer"
	writer_status=$?
	check "whoever asked by name is told: ENODATA" \
		writer_told "No data available"
	daemon_stop
	ends truncated "ends after [0-9]* of 50331648 bytes" \
		"codeswapd is killed while it feeds [K3]"
}

# A device without an image asks again, and the next daemon answers.
daemon_dies_early()
{
	limit=$(cat "$dev/limits/feed")
	echo 500 >"$dev/limits/feed"
	daemon_start "$RESULTS/images"
	feeding_begins || bail "codeswapd does not feed"
	kill -KILL "$daemon"
	daemon_stop
	await 20 "$dev/phase" idle >/dev/null
	same "in the boot ROM: codeswapd is killed while it feeds" \
		"$(attr state) $(attr result)" "minimal refused"
	mkdir "$RESULTS/first"
	cp "$(image hba-1.1.0)" "$RESULTS/first"
	daemon_start "$RESULTS/first"
	check "the device asks again, and the next daemon feeds it [K3]" \
		await 20 "$dev/state" running
	daemon_stop
	echo "$limit" >"$dev/limits/feed"
	await 20 "$dev/phase" idle >/dev/null
	await 20 "$disk" >/dev/null || bail "$disk does not appear"
}

plan $((2 + 13 + 2 + 1 + 2 + 1 + 2 + 4))
load_modules
mkdir -p "$RESULTS/images"
large_image hba-2.0.0 "$large" || bail "no large image"
ln -s "$large" "$RESULTS/images/large.mrb"
device_create hba0 size=16777216 logins=16 || bail "no adapter"
daemon_dies_early
table=$(logins)
io_start
close_early
killed "$node" KILL
killed $everybody TERM
killed_while_waiting
paused
helper_dies
daemon_dies
same "no login was lost or changed" "$(logins)" "$table"
check "a whole image is taken after all of them" sh -c "cat '$new' >$node"
check "and serves" serves 2.0.0
check "not one I/O failed" io_clean
