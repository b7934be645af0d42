#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: run-tests.sh TEST...   (inside the test VM, as root)
#
# Run test programs one after another, each with a time limit, and mark in
# the output and in the kernel log where each begins and ends: tap-totals.awk
# and log-check.sh go by these lines.
#
# TEST_DIR		where the programs are
# TEST_TIME_LIMIT	seconds for each
#
# The exit status is 1 if a test failed, that of the test if there is one.

failed=0
only=0

# Whatever a test leaves behind would be charged to the next one.
leftovers()
{
	for module in codeswap_sim codeswap; do
		[ ! -e /sys/module/$module ] || printf ' module %s' $module
	done
	for program in codeswapd fio; do
		! pidof $program >/dev/null || printf ' process %s' $program
	done
}

# limited COMMAND: in a session of its own, which is ended as a whole at the
# time limit, so that the shell of a test need not wait for a hanging child
# before it cleans up
limited()
{
	rm -f /tmp/time-is-up
	setsid "$1" &
	session=$!
	# shellcheck disable=SC2016 # its own arguments
	setsid sh -c 'sleep "$1"; touch /tmp/time-is-up
		kill -TERM -"$2"; sleep 10; kill -KILL -"$2"' \
		timer "$TEST_TIME_LIMIT" $session 2>/dev/null &
	timer=$!
	wait $session
	result=$?
	kill -TERM -$timer 2>/dev/null
	wait $timer 2>/dev/null
	return $result
}

run_one()
{
	echo "# begin $1"
	echo "codeswap-selftest: begin $1" >/dev/kmsg
	cd "$TEST_DIR" || exit 1
	limited "./$1"
	only=$?
	if [ -e /tmp/time-is-up ]; then
		echo "# $1 was ended at its time limit," \
		     "$TEST_TIME_LIMIT s"
		[ $only -ne 0 ] || only=1
	fi
	left=$(leftovers)
	if [ -n "$left" ]; then
		echo "# $1 left behind:" "$left"
		only=1
	fi
	echo "codeswap-selftest: end $1, status $only" >/dev/kmsg
	echo "# end $1 status $only"
}

echo "# tests $*"
for test in "$@"; do
	run_one "$test"
	case $only in
	0|4) ;;
	*) failed=1 ;;
	esac
done

[ $# -ne 1 ] || exit $only
exit $failed
