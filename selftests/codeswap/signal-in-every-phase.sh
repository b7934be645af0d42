#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A signal that kills whoever writes to /dev/codeswapN, a stream or a name,
# cancels the update where that is possible; where it is not, the writer ends
# when the update does. Other signals change nothing.
. ./functions.sh
. ./devices.sh
. ./phases.sh

new=$(image hba-2.0.0)
images=$RESULTS/images

stream()
{
	exec sh -c 'exec cat "$1" >"$2"' sh "$new" "$node"
}

by_name()
{
	exec sh -c 'echo hba-2.0.0.mrb >"$1"' sh "$node"
}

# Shells and programs may have signals of their own, and go on.
with_handler()
{
	exec sh -c 'trap : USR1; echo hba-2.0.0.mrb >"$1"' sh "$node"
}

# at WRITER POINT: it has begun
at()
{
	reach "$2" "$1" || bail "not at $2: $(cat "$RESULTS/swapper.err")"
	where="$1, $(phase_at "$2"), at $2"
}

# waits: the writer is there still, and so is the update. One that has ended, and
# that nobody has waited for, waits in no place of the kernel.
waits()
{
	! await 0.5 "/proc/$swapper/wchan" 0 >/dev/null 2>&1 &&
		[ -e "/proc/$swapper/wchan" ] &&
		[ "$(attr phase)" = "$(phase_at "$1")" ]
}

# killed SIGNAL POINT: Results: 3
killed()
{
	kill -"$1" "$swapper"
	check "$where: the writer waits for the update" waits "$2"
	# The shell would say how it died.
	swapper_ends 2>/dev/null
	wanted=$((128 + $(kill -l "$1")))
	if past_return "$2"; then
		same "$where: the update goes to its end, then the writer" \
			"$(attr result) $swapper_status" "success $wanted"
		check "$where: 2.0.0 serves" as_before 2.0.0 "$table"
		back
	else
		same "$where: the update is cancelled, then the writer ends" \
			"$(attr result) $swapper_status" "cancelled $wanted"
		check "$where: 1.1.0 serves on, as it was" \
			unchanged 1.1.0 "$before"
	fi
}

# half SIGNAL: the writer of a part of an image. Results: 1
half()
{
	stream_part "$node" "$new" 10000 || bail "no stream"
	kill -"$1" "$writer"
	wait "$writer" 2>/dev/null
	exec 5>&-
	await 20 "$dev/phase" idle >/dev/null
	check "staging: nothing comes of half an image (SIG$1)" \
		ended refused staging:truncated
}

# Results: 2
handled()
{
	at with_handler "$1"
	kill -USR1 "$swapper"
	check "$where: SIGUSR1 with a handler: the update stays" waits "$1"
	swapper_ends
	same "$where: and succeeds, as the writer does" \
		"$(attr version) $swapper_status" "2.0.0 0"
	back
}

plan $((3 + 7 * 3 + 4 * 3 + 2 * 2 + 2))
load_modules
mkdir -p "$images"
ln -sf "$new" "$images/"
device_up hba0 1.1.0 size=16777216 logins=16
daemon_start "$images"
daemon_listens || bail "codeswapd does not listen"
before=$(logins)
table=$(table)
io_start

half TERM
half KILL
check "staging: 1.1.0 serves on, as it was" unchanged 1.1.0 "$before"
for point in $POINTS; do
	at stream "$point"
	killed TERM "$point"
done
for point in attach bootstrap overlay commit; do
	at by_name "$point"
	killed KILL "$point"
done
handled bootstrap
handled overlay
check "not one I/O failed" io_clean
check "every request was answered once" io_adds_up
