#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A node that asks when a broadcast is half over takes part in it, and is sent only
# what it missed.
. "$(dirname "$0")/site.sh"
. "$fleet/nodes.sh"

plan 8
image=bench/4M-a
chunks=17

site_up 4 master1
store_make --chunk-bytes 262144 "$site/store" $image || bail "no store"
size=$(size_of $image)
master_start master1 --window-ms 60000 --window-limit-ms 60000 --expect 3 \
	--rate 10 -v -v
start_nodes node1 node2 node3 || bail "no nodes"
await_log master1 ": 7 of $chunks chunks are sent" 40 || bail "nothing is sent"
sent=$(tx_bytes master1 bulk0)
start_nodes node4 || bail "no node"
check "one asks in mid-transfer [D3]" await_log master1 'node4 asks for' 30
same "when the first round is not over" \
	"$(times_said master1 'round 1 is over')" 0
check "it runs, as all do [D3]" run_version 2.0.0 50 node1 node2 node3 node4
check "that is one broadcast [D3]" await_end_of 4M-a.mrb master1 30
same "and no other" "$(broadcasts master1)" 1
second=$(log_of master1 |
	sed -n "s/.*: round 2, \([0-9]*\) of $chunks chunks to \([0-9]*\) nodes.*/\1 \2/p")
echo "# in the second round: ${second:-nothing}"
check "the second round is what the late one missed" at_most $((chunks - 4)) \
	"$(echo "${second:-0}" | cut -d' ' -f1)"
sent=$(($(tx_bytes master1 bulk0) - sent))
got=$(rx_bytes node4 bulk0)
echo "# sent: $sent after it came, received: $got, image: $size"
check "it received the image and little more" at_most $((size * 13 / 10)) "$got"
all=$(log_of master1 | sed -n 's/.* rounds, \([0-9]*\) bytes sent.*/\1/p')
check "in all at most 1.6 times the image was sent [D7]" at_most \
	$((size * 16 / 10)) "${all:-$((size * 2))}"
