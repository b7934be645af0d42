#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A master waits for others after the first request, and then broadcasts once. How
# long is tested in selftests/unit/fleet_window_test.c on a clock that tests set;
# here, that the daemon keeps to it. A result says only what no load of this machine
# can change: what cannot have been too early, and who must have been in time.
. "$(dirname "$0")/site.sh"
. "$fleet/nodes.sh"

plan 17
site_up 4 master1
store_make "$site/store" hba-1.1.0 || bail "no store"

# A node whose device is powered on when there is a file: so that it asks at once.
mkdir "$site/power"
kind held >"$site/held" <<-end || bail "no other device"
	#!/bin/sh
	until [ -e "\$POWER" ]; do
		sleep 0.02
	done
	exec "$B/helper/codeswap-model" "\$@"
end
held=$(cat "$site/held")

# ---- clocks -----------------------------------------------------------------

# now_ms: $now; no change of the clock touches it
now_ms()
{
	read -r now _ </proc/uptime
	now=${now%.*}${now#*.}0
}

# ask NODE: its device is powered on; it asks between $before and $after
ask()
{
	now_ms
	before=$now
	touch "$site/power/$1"
	await_log master1 "$1 asks for" 30 || return 1
	now_ms
	after=$now
}

# not_before MS: the broadcast begins; if that is too soon after the request, which
# came at $first or later, it is said
not_before()
{
	await_log master1 'broadcast of' 60 || return 1
	now_ms
	echo "at most $((now - first)) ms after the request, and wanted is $1"
	[ $((now - first)) -ge "$1" ]
}

# again OPTION...: a new master, and new nodes whose devices are off
again()
{
	for node in $(nodes 1); do
		touch "$site/power/$node"
	done
	for old in $(running); do
		kill_daemon "$old"
		forget "$old"
	done
	rm -f "$site"/power/*
	for node in $(nodes 1); do
		POWER=$site/power/$node
		export POWER
		node_start_kind "$held" "$node" -v || bail "no node"
	done
	master_start master1 "$@" -v
	# shellcheck disable=SC2046 # a list of words
	await_logs 'connected with master master1' 30 $(nodes 1) || bail "no master"
}

# in_time MS: the last one must have asked within MS after the one before; $before and
# $after are of the last, $previous is when the other was about to ask
in_time()
{
	[ $((after - previous)) -lt "$1" ] || {
		note "this machine is too slow: $((after - previous)) ms"
		return 1
	}
}

note()
{
	echo "# $*"
}

# ---- over at once -----------------------------------------------------------

again --window-ms 60000 --window-limit-ms 120000 --expect 4
for node in node1 node2 node3; do
	ask $node
done
same "three of four have asked, one after another: nothing yet [D3]" \
	"$(broadcasts master1)" 0
ask node4
check "with the fourth all run, and no window was waited for [D3]" \
	run_version 1.1.0 40 node1 node2 node3 node4
same "by one broadcast [D3]" "$(broadcasts master1)" 1
check "to four [D3]" said master1 'broadcast of hba-1.1.0.mrb to 4 nodes'

# ---- fixed, from the first ----------------------------------------------------

again --window fixed --from first --window-ms 2000
ask node1
first=$before
previous=$before
ask node2
if in_time 2000; then
	check "fixed: the broadcast comes when the window is over [D3]" not_before 1900
	check "with those who asked in it [D3]" \
		said master1 'broadcast of hba-1.1.0.mrb to 2 nodes'
else
	skip "fixed: the broadcast comes when the window is over [D3]" "slow"
	skip "with those who asked in it [D3]" "slow"
fi
check "they run" run_version 1.1.0 40 node1 node2
ask node3
check "who comes later gets another broadcast [D3]" run_version 1.1.0 40 node3
check "of its own" await_log master1 'broadcast of hba-1.1.0.mrb to 1 nodes' 1

# ---- fixed, from the latest ---------------------------------------------------

# Four nodes, each a good part of a window later than the one before.
again --window fixed --from latest --window-ms 2000
ask node1
first=$before
late=
for node in node2 node3 node4; do
	previous=$before
	sleep 1
	ask $node
	in_time 2000 || late=yes
done
if [ "$late" ]; then
	skip "from the latest: not before the last window is over [D3]" "slow"
	skip "one broadcast to all four [D3]" "slow"
else
	first=$before
	check "from the latest: not before the last window is over [D3]" not_before 1900
	check "one broadcast to all four [D3]" \
		said master1 'broadcast of hba-1.1.0.mrb to 4 nodes'
fi
check "they run" run_version 1.1.0 40 node1 node2 node3 node4

# ---- renew, shrink ------------------------------------------------------------

# joined KIND LEAST: a second node asks in the first window; the broadcast then comes
# LEAST ms after the first request, or later
joined()
{
	again --window "$1" --from first --window-ms 2000
	ask node1
	first=$before
	previous=$before
	ask node2
	if in_time 2000; then
		check "$1: another window follows [D3]" not_before "$2"
		check "$1: one broadcast to both [D3]" \
			said master1 'broadcast of hba-1.1.0.mrb to 2 nodes'
	else
		skip "$1: another window follows [D3]" "slow"
		skip "$1: one broadcast to both [D3]" "slow"
	fi
}

joined renew 3900
joined shrink 2900

# ---- the limit ------------------------------------------------------------------

# The second node is late enough for a window that ends after the limit, and the
# third one, after it, would be in that.
again --window fixed --from latest --window-ms 4000 --window-limit-ms 4000
ask node1
late=
for node in node2 node3; do
	previous=$before
	sleep 2.7
	ask $node
	in_time 4000 || late=yes
done
if [ "$late" ]; then
	skip "over at the limit in any case [D3]" "slow"
else
	check "over at the limit in any case [D3]" \
		said master1 'broadcast of hba-1.1.0.mrb to 2 nodes'
fi
# Who waits for that ends only then.
touch "$site/power/node4"
