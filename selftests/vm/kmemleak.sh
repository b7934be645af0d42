# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Ask kmemleak, where the kernel has it, what was lost while the tests ran.
# Read by init.

leaks=/sys/kernel/debug/kmemleak

# What the boot left is not ours.
kmemleak_start()
{
	[ -e $leaks ] || return 0
	echo scan >$leaks
	echo clear >$leaks
}

# kmemleak_scan NUMBER WHEN: one TAP result. An object is reported when it is
# older than five seconds and unchanged between two scans. No event tells of
# an age, so this one wait is a sleep.
kmemleak_scan()
{
	echo scan >$leaks
	sleep 6
	echo scan >$leaks
	if [ -n "$(cat $leaks)" ]; then
		echo "not ok $1 no leak $2"
		sed 's/^/# /' $leaks
		return 1
	fi
	echo "ok $1 no leak $2"
}

# kmemleak_report: every object that was lost since the start counts,
# whoever allocated it: after the modules are gone, their names are too.
kmemleak_report()
{
	[ -e $leaks ] || return 0
	lost=0
	echo "# begin kmemleak"
	echo "TAP version 13"
	echo "1..2"
	kmemleak_scan 1 "after the tests" || lost=1
	rmmod codeswap_sim 2>/dev/null
	rmmod codeswap 2>/dev/null
	kmemleak_scan 2 "after the modules were removed" || lost=1
	echo "# end kmemleak status $lost"
	return $lost
}
