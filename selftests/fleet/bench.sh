#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: bench.sh [ROW [ARGUMENT]]
#
# What it costs to feed many nodes: an image of 4 MiB, and 1 % of the datagrams lost
# at each receiver. Each figure is beside what it is compared with, measured in the same
# run. This machine is one, and shared: ratios mean something, seconds do not. Figures
# are put into B/bench-fleet.json and a table; one that misses what it is to reach is
# printed as missed. Exit status 1 if something could not be measured.
#
# SIZES		numbers of nodes for row wire; "1 10 50 100 200"
# N		only this number
# CROWD		nodes of row unicast; 50
# FEW		nodes of the other rows; 10
# REPEAT	times that is measured; 3
# ROWS		wire unicast late failover quiet daemons repair parallel rolling live
# ROUGH		Mbit/s that this machine can hand over to all nodes together; 400
fleet=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
TOP=$(CDPATH='' cd -- "$fleet/../.." && pwd)
# shellcheck source=../../scripts/common.sh
. "$TOP/scripts/common.sh"
# shellcheck source=../../scripts/figures.sh
. "$TOP/scripts/figures.sh"
export B
# shellcheck source=bench-figures.sh
. "$fleet/bench-figures.sh"
SIZES=${SIZES:-${N:-1 10 50 100 200}}
CROWD=${CROWD:-50}
FEW=${FEW:-10}
REPEAT=${REPEAT:-3}
ROUGH=${ROUGH:-400}

if [ $# -eq 0 ]; then
	all_rows
	exit
fi

# shellcheck source=site.sh
. "$fleet/site.sh"
# shellcheck source=nodes.sh
. "$fleet/nodes.sh"
# shellcheck source=stamps.sh
. "$fleet/stamps.sh"
# shellcheck source=bench-daemons.sh
. "$fleet/bench-daemons.sh"
# shellcheck source=bench-cells.sh
. "$fleet/bench-cells.sh"
# shellcheck source=bench-rolling.sh
. "$fleet/bench-rolling.sh"

image=bench/4M-a
chunks=17
half=$((chunks / 2))
all=

# ---- a site -----------------------------------------------------------------

# site_of N [NAME...]: with the image in a store, loss, and certificates for $all
site_of()
{
	size=$(size_of $image) || bail "no image"
	require_loss
	site_up "$@"
	all=$(nodes 1 "$1")
	store_make --chunk-bytes 262144 "$site/store" $image || bail "no store"
	for of in $all; do
		tls_of "$of" node >/dev/null || bail "no certificates"
	done
	loss_everywhere 1 || bail "no loss"
}

# master_for N RATE NAME [OPTION...]: the window is over when N nodes have asked
master_for()
{
	for_n=$1
	for_rate=$2
	for_name=$3
	shift 3
	master_start "$for_name" --window-ms 120000 --window-limit-ms 120000 \
		--expect "$for_n" --rate "$for_rate" -v -v "$@"
	await_log "$for_name" 'is up' 30 || bail "no master"
}

# they_run: all nodes, and master1 knows
they_run()
{
	# shellcheck disable=SC2086 # a list of words
	run_version 2.0.0 180 $all || bail "not all nodes run"
	await_end_of 4M-a.mrb master1 60 || bail "the broadcast does not end"
}

# at_first: all nodes are powered on, and get the image. It is not measured: machines
# that start are another thing.
at_first()
{
	# shellcheck disable=SC2086 # a list of words
	start_nodes $all || bail "no nodes"
	they_run
}

# all_again: they are reset
all_again()
{
	# shellcheck disable=SC2086 # a list of words
	forget master1 $all
	fleet reset master1 || bail "no reset"
}

# time_of MASTER: that its broadcast took, ms, printed
time_of()
{
	log_of "$1" | sed -n 's/.* have it after \([0-9]*\) ms;.*/\1/p' | tail -n 1
}

# rate_of N: Mbit/s at which this machine can keep up
rate_of()
{
	awk -v n="$1" -v rough="$ROUGH" 'BEGIN {
		rate = int(rough / n)
		print (rate > 50 ? 50 : rate < 1 ? 1 : rate) }'
}

# measure COMMAND...: so often
measure()
{
	for measured in $(seq "$REPEAT"); do
		"$@" || bail "$* failed, the time number $measured"
	done
}

# result NAME NUMBER
result()
{
	echo "$2" >>"$RESULTS/$1"
}

# ---- one broadcast -------------------------------------------------------------

# broadcast_to N: what it costs
broadcast_to()
{
	bytes=$(tx_bytes master1 bulk0)
	all_again
	they_run
	result "bytes_on_wire_$1" $(($(tx_bytes master1 bulk0) - bytes))
	result "broadcasts_per_window_$1" "$(broadcasts master1)"
	result "transfer_time_$1" "$(time_of master1)"
	log_of master1 | sed -n 's/.*: [0-9]* have it after/# after/p'
}

wire()
{
	rate=$(rate_of "$1")
	site_of "$1" master1
	master_for "$1" "$rate" master1
	at_first
	lost=$(lost_here)
	measure broadcast_to "$1"
	echo "# $1 nodes, $rate Mbit/s; lost by this machine: $(($(lost_here) - lost))"
	limit=
	[ "$1" -ne 200 ] || limit=1.15
	figure "bytes_on_wire_$1" bytes "$size" $limit
	figure "broadcasts_per_window_$1" 1 1 1 largest
	figure "transfer_time_$1" ms "$(calc "$size * 8 / $rate / 1000")"
}

# ---- against unicast -------------------------------------------------------------

# by_http: the image to each of them, at once. The loss is one of datagrams: TCP
# is spared it here, which is kinder to the baseline.
by_http()
{
	url=http://$(address master1 bulk):8080/4M-a.mrb
	mkdir "$site/got"
	from=$(now)
	echo "$all" | xargs -P "$CROWD" -I '{}' nsenter '--net=/run/netns/{}' \
		curl -sS --fail -o "$site/got/{}" "$url" || bail "not all got it by HTTP"
	result unicast "$(calc "1000 * $(since "$from")")"
	for of in $all; do
		cmp "$site/got/$of" "$site/store/4M-a.mrb" || bail "$of got other bytes"
	done
	rm -r "$site/got"
}

broadcast_by_uplink()
{
	all_again
	they_run
	result time_vs_unicast "$(time_of master1)"
	log_of master1 | sed -n 's/.*: [0-9]* have it after/# after/p'
}

unicast()
{
	require_program curl
	site_of "$CROWD" master1
	require_uplink
	master_for "$CROWD" 45 master1 --http-port 8080
	at_first
	uplink master1 50 || bail "no uplink"
	measure broadcast_by_uplink
	by_http
	figure unicast ms
	figure time_vs_unicast ms "$(median "$RESULTS/unicast")" 0.125
}

# ---- a node that comes half-way ----------------------------------------------------

# others_time: from the beginning of the broadcast until the last of $all has it, ms,
# printed
others_time()
{
	await_stamp ' have it after ' 30 || bail "no end"
	awk -v late="$late" '
		/ broadcast of / { from = $1 }
		/ has 4M-a/ && $3 != late { to = $1 }
		END { printf "%d\n", (to - from) * 1000 }' "$stamps"
}

alone()
{
	bytes=$(tx_bytes master1 bulk0)
	stamps_begin "$RESULTS/stamps" master1
	all_again
	they_run
	result alone_bytes $(($(tx_bytes master1 bulk0) - bytes))
	result alone_time "$(others_time)"
	stamps_end
}

# came_at: chunks that were sent when the late node asked, printed
came_at()
{
	log_of master1 | sed -n -e 's/.*: \([0-9]*\) of .* chunks are sent$/\1/p' \
		-e "s/.*$late asks for.*/here/p" | sed '/here/,$d' | tail -n 1
}

with_a_late_one()
{
	bytes=$(tx_bytes master1 bulk0)
	stamps_begin "$RESULTS/stamps" master1
	all_again
	await_log master1 ": $half of $chunks chunks are sent" 60 ||
		bail "nothing is sent"
	node_start "$late" -v
	they_run
	run_version 2.0.0 60 "$late" || bail "the late node does not run"
	bytes=$(($(tx_bytes master1 bulk0) - bytes))
	result late_join $((bytes - $(median "$RESULTS/alone_bytes")))
	result late_join_others "$(others_time)"
	result late_join_came_at "$(came_at)"
	stamps_end
	kill_daemon "$late"
	forget "$late"
}

late()
{
	late=node$((FEW + 1))
	site_of $((FEW + 1)) master1
	all=$(nodes 1 "$FEW")
	master_for "$FEW" 8 master1
	at_first
	measure alone
	measure with_a_late_one
	figure late_join bytes "$size" 0.6
	figure late_join_others ms "$(median "$RESULTS/alone_time")" 1.1
	figure late_join_came_at chunks $chunks
}

# ---- the serving master is killed ---------------------------------------------------

# two_masters: master1 is started, master2 may be there; they know each other, and the
# nodes them
two_masters()
{
	forget_if_there master1 master2
	master_for "$FEW" 8 master1
	[ -e "$site/pid/master2" ] || master_for "$FEW" 8 master2
	await_log master1 'connected with master master2' 30 || bail "no masters"
	await_log master2 'connected with master master1' 30 || bail "no masters"
}

forget_if_there()
{
	for there in "$@"; do
		[ ! -e "$site/mark/$there" ] || forget "$there"
	done
}

# run_time: from the beginning of the broadcast until the last node runs, ms, printed
run_time()
{
	awk '/ broadcast of / && !from { from = $1 }
		/ is running with / { to = $1 }
		END { printf "%d\n", (to - from) * 1000 }' "$stamps"
}

# stamped NODES: all of them have the last stamp
await_stamps_of_all()
{
	uptime_s
	stamps_until=$((uptime + 30))
	until [ "$(grep -c ' is running with ' "$stamps")" -ge "$FEW" ]; do
		uptime_s
		[ "$uptime" -le $stamps_until ] || bail "not all is stamped"
		sleep 0.05
	done
}

without_a_fault()
{
	# shellcheck disable=SC2086 # a list of words
	stamps_begin "$RESULTS/stamps" master1 master2 $all
	all_again
	they_run
	await_stamps_of_all
	result faultless "$(run_time)"
	stamps_end
}

# most_lacked: by one node, when its master died, printed
most_lacked()
{
	for lacking in $all; do
		log_of "$lacking" | sed -n 's/.* has died; \([0-9]*\) of .*/\1/p'
	done | sort -n | tail -n 1
}

with_a_fault()
{
	# shellcheck disable=SC2086 # a list of words
	stamps_begin "$RESULTS/stamps" master1 master2 $all
	forget master2
	bytes=$(($(tx_bytes master1 bulk0) + $(tx_bytes master2 bulk0)))
	all_again
	await_log master1 ": $half of $chunks chunks are sent" 60 || bail "nothing is sent"
	kill_daemon master1 KILL
	# shellcheck disable=SC2086 # a list of words
	run_version 2.0.0 180 $all || bail "not all nodes run"
	await_end_of 4M-a.mrb master2 60 || bail "the broadcast does not end"
	await_stamps_of_all
	bytes=$(($(tx_bytes master1 bulk0) + $(tx_bytes master2 bulk0) - bytes))
	result failover_bytes $bytes
	lacked=$(most_lacked)
	resumed=$(log_of master2 | sed -n 's/.*: round 1, \([0-9]*\) of .*/\1/p')
	result failover $(($(run_time) - $(median "$RESULTS/faultless")))
	result failover_missing "${lacked:-0}"
	result failover_chunks_again $((resumed > lacked ? resumed - lacked : 0))
	stamps_end
	two_masters
	# shellcheck disable=SC2086 # a list of words
	await_logs 'connected with master master1' 30 $all
}

failover()
{
	site_of "$FEW" master1 master2
	two_masters
	at_first
	# shellcheck disable=SC2086 # a list of words
	await_logs 'connected with master master2' 30 $all
	measure without_a_fault
	measure with_a_fault
	missing=$(calc "$(median "$RESULTS/faultless") * \
		$(median "$RESULTS/failover_missing") / $chunks")
	figure faultless ms
	figure failover ms "$(calc "2000 + $missing")" 1
	figure failover_missing chunks $chunks
	figure failover_chunks_again chunks $chunks 0 largest
	figure failover_bytes bytes "$size"
}

# ---- nodes that run ---------------------------------------------------------------

# received NODES: lines of bytes that came to each since $site/before
received()
{
	all_bytes rx bulk >"$site/after"
	awk -v nodes="$1" '
		BEGIN { n = split(nodes, names); while (n) wanted[names[n--]] = 1 }
		NR == FNR { before[$1] = $2; next }
		$1 in wanted { print $2 - before[$1] }' "$site/before" "$site/after"
}

while_others_run()
{
	for of in $others; do
		kill_daemon "$of"
		forget "$of"
	done
	forget master1
	all_bytes rx bulk >"$site/before"
	# shellcheck disable=SC2086 # a list of words
	start_nodes $others
	# shellcheck disable=SC2086 # a list of words
	run_version 2.0.0 120 $others || bail "the others do not run"
	await_end_of 4M-a.mrb master1 60 || bail "the broadcast does not end"
	result quiet "$(received "$running" | sort -n | tail -n 1)"
	result receiving "$(received "$others" | sort -n | head -n 1)"
}

quiet()
{
	site_of $((2 * FEW)) master1
	running=$(nodes 1 "$FEW" | tr '\n' ' ')
	others=$(nodes $((FEW + 1)) | tr '\n' ' ')
	master_for "$FEW" 8 master1
	all=$running at_first
	forget master1
	# shellcheck disable=SC2086 # a list of words
	start_nodes $others
	all=$others they_run
	measure while_others_run
	figure quiet bytes "$(median "$RESULTS/receiving")" 0.001
}

# ------------------------------------------------------------------------------------

plan 1
"$@"
pass "$*"
