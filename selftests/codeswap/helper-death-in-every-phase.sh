#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Whoever feeds an image may be killed at any time. An image that was not whole
# comes to nothing; one that is staged stays so; an update that has begun goes
# to its end by itself.
. ./functions.sh
. ./devices.sh
. ./phases.sh

new=$(image hba-2.0.0)
images=$RESULTS/images

# 1.1.0 serves on, and the image that was half here is gone.
nothing_came()
{
	await 20 "$dev/phase" idle >/dev/null
	ended refused staging:truncated && unchanged 1.1.0 "$before"
}

# goes_on WHERE: without its feeder. Results: 2
goes_on()
{
	let_go
	await 30 "$dev/phase" idle >/dev/null
	check "$1: the update goes to its end by itself" ended success
	check "$1: 2.0.0 serves" as_before 2.0.0 "$table"
}

kill_helper()
{
	kill -KILL "$1"
	# The shell would say it.
	wait "$1" 2>/dev/null
	[ $? -eq 137 ]
}

# Results: 3 and 7 times 2
codeswap_killed()
{
	codeswap swap "$label" "$images/large.mrb" >/dev/null 2>&1 &
	feeder=$!
	feeding_begins || bail "codeswap does not feed"
	kill_helper $feeder
	check "codeswap killed in staging: nothing comes of it" nothing_came

	codeswap stage "$label" "$new" >/dev/null || bail "cannot stage"
	check "codeswap gone in staged: 1.1.0 serves, the image stays" \
		test "$(attr phase) $(attr version)" = "staged 1.1.0"
	check "and anybody may swap to it" codeswap swap "$label"
	back

	for point in $POINTS; do
		reach "$point" codeswap swap "$label" "$new" ||
			bail "not at $point: $(cat "$RESULTS/swapper.err")"
		kill_helper "$swapper" || bail "codeswap had ended"
		goes_on "codeswap killed in $(phase_at "$point"), at $point"
		back
	done

	codeswap swap --hold "$label" "$new" >/dev/null || bail "not ready"
	check "codeswap gone in ready: 1.1.0 serves" io_moves
	codeswap release "$label"
	goes_on "codeswap gone in ready"
	back
}

# by_name NAME: somebody wants an image that the daemon has; reach runs it
by_name()
{
	exec sh -c 'echo "$1" >"$2"' sh "$1" "$node"
}

daemon_killed()
{
	kill_helper "$daemon"
	daemon=
}

daemon_again()
{
	daemon_start "$images"
	daemon_listens || bail "codeswapd does not listen"
}

# Results: 2 and 7 times 3
codeswapd_killed()
{
	daemon_again
	by_name large.mrb 2>"$RESULTS/writer.err" &
	writer=$!
	feeding_begins || bail "codeswapd does not feed"
	daemon_killed
	wait $writer
	writer_status=$?
	check "codeswapd killed in staging: nothing comes of it" nothing_came
	check "who asked it is told" writer_told "No data available"

	for point in $POINTS; do
		daemon_again
		reach "$point" by_name hba-2.0.0.mrb ||
			bail "not at $point: $(cat "$RESULTS/swapper.err")"
		daemon_killed
		goes_on "codeswapd killed in $(phase_at "$point"), at $point"
		wait "$swapper"
		same "and who asked it is told of success" $? 0
		back
	done
}

plan $((3 + 7 * 2 + 3 + 2 + 7 * 3 + 2))
load_modules
mkdir -p "$images"
ln -sf "$new" "$images/"
large_image hba-2.0.0 "$images/large.mrb" || bail "no large image"
device_up hba0 1.1.0 size=16777216 logins=16
before=$(logins)
table=$(table)
io_start
codeswap_killed
codeswapd_killed
check "not one I/O failed" io_clean
check "every request was answered once" io_adds_up
