#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Three masters hold the same images. The one that serves is killed before a window,
# in one, in mid-transfer and after all: the nodes notice nothing but time.
. "$(dirname "$0")/site.sh"
. "$fleet/nodes.sh"

plan 24
image=bench/4M-a
chunks=17
options="--window-ms 1000 --rate 5 -v -v"

site_up 4 master1 master2 master3
store_make --chunk-bytes 262144 "$site/store" $image || bail "no store"

# masters NAME...: they know each other
masters()
{
	for master in "$@"; do
		# shellcheck disable=SC2086 # a list of words
		master_start "$master" $options || return 1
	done
	for master in "$@"; do
		for other in "$@"; do
			[ "$master" = "$other" ] ||
				await_log "$master" "connected with master $other" 30 ||
				return 1
		done
	done
}

# ask NODE...: they are started, and these masters have heard of it: $heard_by
ask()
{
	start_nodes "$@"
	for asking in "$@"; do
		for master in $heard_by; do
			await_log "$master" "$asking asks for" 30 || return 1
		done
	done
}

kill_nodes()
{
	for killed_node in "$@"; do
		kill_daemon "$killed_node"
		forget "$killed_node"
	done
}

# missing NODE: what it lacked when its master died, printed
missing()
{
	log_of "$1" | sed -n "s/.*has died; \([0-9]*\) of $chunks chunks are missing/\1/p" |
		tail -n 1
}

# round_of MASTER: chunks in its first round, printed
round_of()
{
	log_of "$1" | sed -n "s/.*: round 1, \([0-9]*\) of $chunks chunks to.*/\1/p" |
		head -n 1
}

# ---- in mid-transfer ------------------------------------------------------

masters master1 master2 master3 || bail "no masters"
heard_by="master1 master2 master3"
check "all masters hear of what is asked [D6]" ask node1 node2 node3
await_log master1 ": 6 of $chunks chunks are sent" 30 ||
	bail "nothing is sent: $(log_of master1 | tail -n 3)"
same "one of them serves [D6]" "$(broadcasts master1)" 1
sent=$(tx_bytes master2 bulk0)
kill_daemon master1 KILL
check "it dies in mid-transfer, and all nodes run [D6]" \
	run_version 2.0.0 40 node1 node2 node3
check "another one has gone on [D6]" await_end_of 4M-a.mrb master2 20
sent=$(($(tx_bytes master2 bulk0) - sent))
most=0
for node in node1 node2 node3; do
	lacks=$(missing $node)
	echo "# $node lacked ${lacks:-nothing}"
	[ "${lacks:-0}" -le "$most" ] || most=$lacks
done
if [ "$most" = 0 ]; then
	for what in "the nodes had some chunks by then" \
		    "what all had is not asked for again [D6]" \
		    "nor is it sent again [D6]"; do
		skip "$what" "this machine is so slow that they had all of them"
	done
else
	check "the nodes had some chunks by then" at_most $((chunks - 4)) "$most"
	# They come in order where nothing is lost; one more, because something may be.
	check "what all had is not asked for again [D6]" at_most $((most + 1)) \
		"$(round_of master2)"
	check "nor is it sent again [D6]" \
		at_most $(((most + 1) * 262144 * 12 / 10)) $sent
fi
same "the third one has kept still [D6]" "$(broadcasts master3)" 0
same "no device saw anything of it [D6]" \
	"$(times_said node1 'model0 is loading')" 1

# ---- it hangs ---------------------------------------------------------------

# hang MASTER SIGNAL: with the process that sends for it
hang()
{
	pkill "-$2" -P "$(pid_of "$1")" -x codeswap-mcastd
	kill -s "$2" "$(pid_of "$1")"
}

kill_nodes node1 node2 node3
forget master1 master2 master3
masters master1 || bail "no master"
await_logs 'connected with master master1' 30 master2 master3 || bail "no masters"
heard_by="master1 master2 master3"
ask node1 node2 || bail "nodes do not ask"
await_log master1 ": 4 of $chunks chunks are sent" 30 || bail "nothing is sent"
hang master1 STOP
check "one that hangs in mid-transfer is given up [D6]" \
	await_logs 'master master1 (is gone|has died)' 40 node1 node2 master2
check "another goes on, and the nodes run [D6]" run_version 2.0.0 40 node1 node2
check "which has not begun anew" at_most $((chunks - 2)) "$(round_of master2)"
await_end_of 4M-a.mrb master2 30
forget master1 node1 node2
hang master1 CONT
check "awake again, it serves as before [D6]" \
	await_table master1 '^master1 master master serving' 40
same "and the nodes that run are not disturbed [D4]" \
	"$(times_said node1 'model0'; times_said node2 'model0')" "0
0"
kill_daemon master1

# ---- in the window --------------------------------------------------------

kill_nodes node1 node2
forget master2 master3
# Its window would be over when all four have asked: that is never.
kill_daemon master2
kill_daemon master3
forget master2 master3
options="--window-ms 60000 --window-limit-ms 60000 --expect 4 -v -v"
masters master2 master3 || bail "no masters"
heard_by="master2 master3"
ask node1 node2 || bail "nodes do not ask"
same "a window is open, and nothing is sent" "$(broadcasts master2)" 0
kill_daemon master2 KILL
heard_by=master3
ask node3 node4 || bail "nodes do not ask"
check "a master dies in the window, and all nodes run [D6]" \
	run_version 2.0.0 40 node1 node2 node3 node4
check "those who asked before and after are in one window [D6]" \
	said master3 'broadcast of 4M-a.mrb to 4 nodes'
same "and there is one broadcast [D6]" "$(broadcasts master3)" 1

# ---- after it, and before the next ----------------------------------------

kill_nodes node4
forget master2 master3
options="--window-ms 500 -v -v"
masters master1 master2 || bail "no masters"
await_log master3 'connected with master master1' 30 || bail "no masters"
await_log master3 'connected with master master2' 30 || bail "no masters"
kill_daemon master1 KILL
check "the others notice that one dies before a window" \
	await_logs 'master master1 is gone' 30 master2 master3
heard_by="master2 master3"
check "the next node asks them" ask node4
check "and runs [D6]" run_version 2.0.0 40 node4
same "served by the next one [D6]" "$(broadcasts master2)" 1
kill_daemon master2 KILL
kill_daemon master3 KILL
check "nodes go on when the last master has died [D6]" \
	await_logs 'master master3 is gone' 30 node1 node2 node3 node4
same "undisturbed" "$(times_said node1 'model0 is')" "$(times_said node2 'model0 is')"
