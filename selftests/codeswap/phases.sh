# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # for the tests, and from devices.sh
#
# Stopping an update in a phase, for tests of what can happen there. Read after
# devices.sh.
#
# An update is stopped at a point: the driver's op of that name is entered and
# does not go on until let_go. Two phases have no point: staging, which lasts as
# long as a feeder likes, and ready, which --hold asks for.

POINTS="attach bootstrap quiesce overlay verify start commit"

# phase_at POINT
phase_at()
{
	case $1 in
	attach) echo staged ;;
	bootstrap) echo reconciling ;;
	quiesce) echo quiescing ;;
	overlay) echo overlaying ;;
	verify) echo verifying ;;
	start|commit) echo proving ;;
	*) echo "$1" ;;
	esac
}

# past_return POINT: nothing can be cancelled any more
past_return()
{
	case $1 in
	attach|bootstrap) return 1 ;;
	esac
}

# set_fault SWITCH POINT
set_fault()
{
	echo "$2" >"/sys/kernel/debug/codeswap_sim/$label/faults/$1"
}

# reach POINT COMMAND...: COMMAND begins an update, which comes to POINT and
# stays there. $swapper is the command's process
reach()
{
	reach_point=$1
	shift
	set_fault hold "$reach_point"
	"$@" >"$RESULTS/swapper.out" 2>"$RESULTS/swapper.err" &
	swapper=$!
	await 20 "/sys/kernel/debug/codeswap_sim/$label/faults/hold" held \
		>/dev/null && [ "$(attr phase)" = "$(phase_at "$reach_point")" ]
}

let_go()
{
	set_fault hold none
}

# swapper_ends: lets the update go, and its command end; $swapper_status
swapper_ends()
{
	let_go
	wait "$swapper"
	swapper_status=$?
	await 30 "$dev/phase" idle >/dev/null
}

# limits NAME=MILLISECONDS...: how long a failure takes
limits()
{
	for limit in "$@"; do
		echo "${limit#*=}" >"$dev/limits/${limit%%=*}"
	done
}

# ended RESULT [PHASE:REASON]: so did the last update
ended()
{
	[ "$(attr phase) $(attr result) $(attr error | cut -d' ' -f1)" = \
		"idle $1 ${2:-}" ] && return
	echo "phase $(attr phase), result $(attr result): $(attr error)"
	return 1
}

# table: the logins, but for what differs from one format to another
table()
{
	logins | awk '{ print $1, $2, $4 }'
}

# as_before VERSION TABLE: it serves with the logins that there were, and
# nothing of an update is left
as_before()
{
	serves "$1" || return 1
	[ "$(table)" = "$2" ] || { echo "other logins"; return 1; }
	[ -z "$(staging)" ] || { echo "mapped: $(staging)"; return 1; }
}

# back: from 2.0.0 to 1.1.0
back()
{
	output=$(swap_to 1.1.0 --allow-downgrade \
		--accept-lost login-priority 2>&1) || bail "not back: $output"
}

# holders MODULE: how many hold it
holders()
{
	cat "/sys/module/$1/refcnt"
}
