#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# codeswap-mcastd by itself: chunks by multicast between network namespaces on
# a bridge, where receivers lose one datagram in a hundred. Needs root.
#
# MCASTD, MCAST_PAIR	the programs; default: those in $B

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
TOP=$(CDPATH='' cd -- "$here/../.." && pwd)
# shellcheck source=../../scripts/common.sh
. "$TOP/scripts/common.sh"
MCASTD=${MCASTD:-$B/helper/codeswap-mcastd}
MCAST_PAIR=${MCAST_PAIR:-$B/fleet/mcast_pair}
PATH=/usr/sbin:/sbin:$PATH
# shellcheck source=../codeswap/functions.sh
. "$TOP/selftests/codeswap/functions.sh"

require_root
require_program ip iptables cmp
for program in "$MCASTD" "$MCAST_PAIR"; do
	[ -x "$program" ] || bail "$program is not built"
done

receivers=20
net=mc$$
size=4194304
chunk=524288
work=$(mktemp -d) || exit 1
on_exit "rm -rf $work"
cd "$work" || exit 1

# Whoever is still in a namespace would keep it.
net_down()
{
	ip netns list | awk -v net="$net-" 'index($1, net) == 1 { print $1 }' |
	while read -r name; do
		for pid in $(ip netns pids "$name"); do
			kill -KILL "$pid" 2>/dev/null || true
		done
		ip netns del "$name"
	done
}

# node_up NUMBER: a namespace with the interface bulk0
node_up()
{
	ip netns add "$net-$1" &&
	ip link add bulk0 netns "$net-$1" type veth peer name "port$1" netns "$net-b" &&
	ip -n "$net-b" link set "port$1" master bridge up &&
	ip -n "$net-$1" addr add "10.70.1.$(($1 + 1))/24" dev bulk0 &&
	ip -n "$net-$1" link set bulk0 up &&
	ip -n "$net-$1" link set lo up
}

# lossy NUMBER PROBABILITY: of what comes in there; only that rule counts then
lossy()
{
	ip netns exec "$net-$1" iptables -F INPUT &&
	ip netns exec "$net-$1" iptables -A INPUT -p udp -m statistic \
		--mode random --probability "$2" -j DROP
}

net_up()
{
	ip netns add "$net-b" &&
	ip -n "$net-b" link add bridge type bridge mcast_snooping 0 &&
	ip -n "$net-b" link set bridge up || return
	for node in $(seq 0 $receivers); do
		node_up "$node" || return
	done
	for node in $(seq $receivers); do
		lossy "$node" 0.01 || return
	done
}

# links_are_up: the bridge forwards to all
links_are_up()
{
	[ "$(ip -n "$net-b" -o link show type veth | grep -c ' state UP ')" -gt \
		"$receivers" ]
}

# pair NUMBER ARGUMENT...: mcast_pair in that namespace, for 60 seconds at most
pair()
{
	node=$1
	shift
	timeout -k 1 60 ip netns exec "$net-$node" "$MCAST_PAIR" "$@" \
		--mcastd "$MCASTD" --interface bulk0 --chunk $chunk
}

# receive NUMBER ARGUMENT...: in the background, in out.NUMBER and log.NUMBER
receive()
{
	rm -f "log.$1"
	pair "$@" --out "out.$1" >"log.$1" 2>&1 &
}

receive_anew()
{
	rm -f "out.$1"
	receive "$1" receive image --timeout 30
}

# within SECONDS COMMAND...: until it succeeds
within()
{
	tries=$(($1 * 10))
	shift
	until "$@" >/dev/null 2>&1; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || return 1
		sleep 0.1
	done
}

# joined NUMBER...: all have
joined()
{
	for node in "$@"; do
		within 10 grep -q joined "log.$node" || return
	done
}

# number NAME FILE: what a program has said of it
number()
{
	sed -n "s/.*\\b$1=\\([0-9]*\\).*/\\1/p" "$2" | head -n 1
}

tx_bytes()
{
	ip netns exec "$net-$1" cat /sys/class/net/bulk0/statistics/tx_bytes
}

# complete NUMBER...: those hold all that was sent
complete()
{
	for node in "$@"; do
		cmp image "out.$node" || return
	done
}

# at_most VALUE PERCENT OF
at_most()
{
	echo "$1 bytes, $(($1 * 100 / $3)) % of $3"
	[ "$1" -gt 0 ] && [ $(($1 * 100)) -le $(($2 * $3)) ]
}

# mcastd has counted what the interface has seen, but for the 14 bytes of each
# Ethernet header and what else a kernel says on a network.
counted_well()
{
	echo "interface $1, mcastd $2"
	[ "$2" -le "$1" ] && [ $(($2 * 103)) -gt $(($1 * 100)) ]
}

# is_confined NUMBER
is_confined()
{
	status=/proc/$(number pid "log.$1")/status
	grep -E '^(Uid|Gid|Groups|CapEff|CapPrm|NoNewPrivs|Seccomp):' "$status"
	grep -qE '^Seccomp:[[:space:]]+2$' "$status" &&
	grep -qE '^NoNewPrivs:[[:space:]]+1$' "$status" &&
	grep -qE '^CapPrm:[[:space:]]+0+$' "$status" &&
	grep -qE '^CapEff:[[:space:]]+0+$' "$status" &&
	! grep -qE '^(Uid|Gid):.*[[:space:]]0([[:space:]]|$)' "$status"
}

# ended NUMBER...: their mcastd have, by themselves
ended()
{
	for node in "$@"; do
		grep -q 'ended status=0' "log.$node" || return
	done
}

# one_to NUMBER RATE: a whole transfer to that many, with four results
one_to()
{
	all=$(seq "$1")
	for node in $all; do
		receive_anew "$node"
	done
	# shellcheck disable=SC2086 # a list of words
	joined $all
	before=$(tx_bytes 0)
	pair 0 send image --receivers "$1" --rate "$2" >log.0 2>&1
	sent=$(($(tx_bytes 0) - before))
	wait
	diagnose <log.0
	# shellcheck disable=SC2086 # a list of words
	check "$1 receivers: all have it all" complete $all
	check "$1 receivers: at most 1.15 times the size on the wire" at_most $sent 115 $size
	check "$1 receivers: counts what it sends" counted_well $sent "$(number bytes log.0)"
	# shellcheck disable=SC2086 # a list of words
	check "$1 receivers: all end with their socket" ended 0 $all
}

# sent_more_than BYTES
sent_more_than()
{
	[ "$(tx_bytes 0)" -gt "$1" ]
}

late_joiner()
{
	for node in 1 2; do
		receive_anew $node
	done
	joined 1 2
	before=$(tx_bytes 0)
	pair 0 send image --rate 16000000 >log.0 2>&1 &
	sender=$!
	within 20 sent_more_than $((before + size / 2))
	rm -f out.3
	receive 3 receive image --timeout 4
	wait $sender
	wait
	lacks=$(sed -n 's/.*lacks=//p' log.3)
	diagnose <log.3
	check "late joiner: the early ones have it all" complete 1 2
	check "late joiner: takes part" test "$(number chunks log.3)" -gt 0
	check "late joiner: asks for nothing from before" test -n "$lacks"
	check "late joiner: the wire carries no more" at_most "$(number bytes log.0)" 115 $size
}

# Another sender, with what is missing only; the first ones listen, and want nothing.
second_sender()
{
	missing=$(echo "$lacks" | tr -cd , | wc -c)
	receive 3 receive image --sender 2 --timeout 30
	joined 3
	pair 0 send image --sender 2 --only "$lacks" >log.0 2>&1
	wait
	check "second sender: what was missing arrives" complete 3
	check "second sender: sends only that" \
		at_most "$(number bytes log.0)" 115 $((missing * chunk))
}

unwanted()
{
	lossy 4 0.2
	receive 4 receive other --timeout 4
	joined 4
	before=$(tx_bytes 4)
	pair 0 send image >log.0 2>&1
	asked=$(($(tx_bytes 4) - before))
	wait
	lossy 4 0.01
	check "unwanted: none is handed over" test "$(number chunks log.4)" = 0
	check "unwanted: no repair at 20 % of loss" at_most "$(number bytes log.0)" 106 $size
	check "unwanted: says next to nothing" test "$asked" -lt 16384
}

# Somebody sleeps in the middle, and when the end is said as well.
sleeper()
{
	receive_anew 1
	receive_anew 2
	joined 1 2
	asleep=$(number pid log.2)
	before=$(tx_bytes 0)
	pair 0 send image --hold 6 >log.0 2>&1 &
	within 20 sent_more_than $((before + size / 2))
	kill -STOP "$asleep"
	check "sleeper: the end comes without it" within 10 grep -q '^sent' log.0
	kill -CONT "$asleep"
	wait
	check "sleeper: is served as long as the sender is there" complete 1 2
}

forged_sender()
{
	rm -f out.5
	receive 5 receive image --timeout 4
	joined 5
	pair 6 send image --sender 9 >log.6 2>&1
	wait
	check "forged sender: nothing is taken from it" test "$(number chunks log.5)" = 0
	receive_anew 5
	joined 5
	pair 6 send other --sender 9 >log.6 2>&1 &
	pair 0 send image >log.0 2>&1
	wait
	check "forged sender: what the right one sends arrives beside it" complete 5
}

# What it looks like is the sender's; that it is not, only the hash could tell.
noise()
{
	rm -f out.7
	receive 7 receive image --timeout 40
	joined 7
	check "noise: is sent" pair 6 noise image --rounds 20000
	check "noise: mcastd lives" test -e "/proc/$(number pid log.7)"
	pair 0 send image >log.0 2>&1
	pair 0 send image >>log.0 2>&1
	wait
	check "noise: the right chunks arrive after it" complete 7
}

same_machine()
{
	rm -f out.0
	receive 0 receive image --timeout 30
	joined 0
	mv log.0 log.same
	pair 0 send image --loopback 1 >log.0 2>&1
	wait
	check "same machine: a receiver beside the sender" complete 0
}

plan 28
head -c $size /dev/urandom >image
head -c $size /dev/urandom >other
on_exit net_down
net_up >up.log 2>&1 || bail "no network: $(cat up.log)"
within 10 links_are_up || bail "not all links are up"

receive_anew 1
joined 1
check "mcastd has no privileges" is_confined 1
kill -KILL "$(sed -n 's/^PPid:[^0-9]*//p' "/proc/$(number pid log.1)/status")"
wait
check "mcastd ends with who started it" within 5 test ! -e "/proc/$(number pid log.1)"
check "packets that are wrong are answered" pair 1 bad image

one_to 3 50000000
one_to $receivers 50000000
late_joiner
second_sender
sleeper
unwanted
forged_sender
noise
same_machine
