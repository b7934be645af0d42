# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# shellcheck disable=SC2154 # site, script: see site.sh
#
# What tests of nodes and masters share. Read by them after site.sh.

# ---- nodes ----------------------------------------------------------------

# start_nodes NODE...: as they are, and logging much
start_nodes()
{
	for started in "$@"; do
		node_start "$started" -v || return 1
	done
}

# run_version VERSION SECONDS NODE...: all of them come to run that
run_version()
{
	run_pattern="is running with version $1\$"
	run_seconds=$2
	shift 2
	await_logs "$run_pattern" "$run_seconds" "$@"
}

# model_of NODE [NUMBER]: the process of its first model device, or of another one,
# printed
model_of()
{
	pgrep -P "$(pid_of "$1")" -x codeswap-model | sed -n "$((${2:-0} + 1))p"
}

# kind NAME: a directory of programs, in which the model device can be another one;
# printed. Its codeswap-model is what is on standard input.
kind()
{
	kind=$site/kind/$1
	mkdir -p "$kind" && cp "$CODESWAPD" "$B/helper/codeswap-sited" \
		"$B/helper/codeswap-mcastd" "$B/helper/codeswap-httpget" "$kind" &&
		cat >"$kind/codeswap-model" && chmod +x "$kind/codeswap-model" &&
		echo "$kind"
}

# kind_of_model NAME OPTION...: the model with these options
kind_of_model()
{
	kind_name=$1
	shift
	printf '#!/bin/sh\nexec "%s" "$@" %s\n' "$B/helper/codeswap-model" "$*" |
		kind "$kind_name"
}

# node_start_kind DIR NODE [OPTION...]: with the programs of DIR
node_start_kind()
{
	kind_usual=$CODESWAPD
	CODESWAPD=$1/codeswapd
	shift
	node_start "$@"
	kind_status=$?
	CODESWAPD=$kind_usual
	return $kind_status
}

# ---- masters --------------------------------------------------------------

# other_store DIR NODE [OPTION...]: a master with a store of its own
other_store()
{
	other_dir=$1
	other_node=$2
	shift 2
	mkdir -p "$other_dir"
	master_start "$other_node" --store "$other_dir" "$@"
}

# reload MASTER: its store has changed
reload()
{
	kill -s HUP "$(pid_of "$1")" && await_log "$1" 'manifest [0-9]+ with' 30
}

# broadcasts MASTER: that it has begun, printed
broadcasts()
{
	times_said "$1" 'broadcast of .* to [0-9]+ nodes'
}

# await_end_of FILE MASTER SECONDS: all have the file
await_end_of()
{
	await_log "$2" "$1: [0-9]+ have it after" "$3"
}

# ---- the site -------------------------------------------------------------

# fleet_table MASTER: lines "NAME ROLE TYPE STATE VERSION PROGRESS SEQUENCE SIGNED"
# of all that the operator is told, - for what is empty
fleet_table()
{
	fleet status "$1" --json | python3 -c '
import json, sys
for a in json.load(sys.stdin):
    print(*[str(a[k]) or "-" for k in ("node", "role", "type", "state", "version",
                                       "progress", "sequence", "signed")])'
}

# state_of MASTER NODE: as the operator is told, printed
state_of()
{
	fleet_table "$1" | awk -v name="$2" '$1 == name && $2 == "node" { print $4 }'
}

# await_state MASTER NODE STATE SECONDS
await_state()
{
	uptime_s
	state_until=$((uptime + $4))
	while state=$(state_of "$1" "$2"); [ "$state" != "$3" ]; do
		uptime_s
		if [ "$uptime" -gt $state_until ]; then
			echo "$2 is '$state' after $4 s, and not $3"
			return 1
		fi
		sleep 0.1
	done
}

# await_table MASTER PATTERN SECONDS: until a line of fleet_table matches
await_table()
{
	uptime_s
	table_until=$((uptime + $3))
	while table=$(fleet_table "$1"); ! echo "$table" | grep -qE -e "$2"; do
		uptime_s
		if [ "$uptime" -gt $table_until ]; then
			echo "after $3 s no line is as '$2':"
			echo "$table"
			return 1
		fi
		sleep 0.1
	done
}

# ---- numbers --------------------------------------------------------------

# at_most MOST VALUE, at_least LEAST VALUE
at_most()
{
	echo "$2, and wanted at most $1"
	[ "$2" -le "$1" ]
}

at_least()
{
	echo "$2, and wanted at least $1"
	[ "$2" -ge "$1" ]
}

# size_of NAME|FILE: of an image in bytes, printed
size_of()
{
	size_image=$(image_file "$1") && wc -c <"$size_image"
}
