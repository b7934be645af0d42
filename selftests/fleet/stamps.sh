# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# shellcheck disable=SC2154 # site: see site.sh
#
# When something was logged: daemons on standard error do not say. Read by demo.sh
# and bench.sh, after site.sh.

# now: seconds since the machine has started, printed; no change of the clock
# touches them
now()
{
	cut -d' ' -f1 /proc/uptime
}

# since FROM [TO]: seconds, printed; TO is now
since()
{
	awk -v from="$1" -v to="${2:-$(now)}" 'BEGIN { printf "%.2f\n", to - from }'
}

# stamp: lines of tail -v, each with time and name in front of it, and not that of
# the program, which may be written apart from what follows
stamp()
{
	while IFS= read -r stamped; do
		case $stamped in
		'') ;;
		'==> '*'.log <==')
			stamp_name=${stamped##*/}
			stamp_name=${stamp_name%.log <==}
			;;
		*)
			read -r stamp_time _ </proc/uptime
			stamped=${stamped#codeswapd: }
			[ -z "$stamped" ] || echo "$stamp_time $stamp_name $stamped"
			;;
		esac
	done
}

# stamps_begin FILE NAME...: lines "SECONDS NAME LINE" of all that these daemons log
# from now on, into the FILE
stamps_begin()
{
	stamps=$1
	shift
	: >"$stamps"
	rm -f "$site/stamps"
	mkfifo "$site/stamps" || return 1
	for stamp_of in "$@"; do
		new_log "$stamp_of"
		shift
		set -- "$@" "$RESULTS/$stamp_of.log"
	done
	tail -v -n 0 -f "$@" >"$site/stamps" 2>/dev/null &
	stamps_tail=$!
	stamp <"$site/stamps" >>"$stamps" &
	stamps_shell=$!
}

# await_stamp PATTERN SECONDS: until a line that matches the extended regular
# expression is among them
await_stamp()
{
	timeout "$2" tail -n +1 -f "$stamps" 2>/dev/null | grep -qE -m1 -e "$1"
}

stamps_end()
{
	kill "$stamps_tail"
	wait "$stamps_tail" "$stamps_shell" 2>/dev/null
	:
}

# stamp_of_first PATTERN, stamp_of_last PATTERN: the time of such a line, printed
stamp_of_first()
{
	grep -E -m1 -e "$1" "$stamps" | cut -d' ' -f1
}

stamp_of_last()
{
	grep -E -e "$1" "$stamps" | tail -n 1 | cut -d' ' -f1
}
