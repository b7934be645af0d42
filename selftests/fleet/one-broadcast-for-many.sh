#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Twenty nodes that are powered on together cost the master about one transmission
# of the image, with and without loss.
. "$(dirname "$0")/site.sh"
. "$fleet/nodes.sh"

plan 12
N=${N:-20}
image=bench/4M-a

site_up "$N" master1
store_make --chunk-bytes 262144 "$site/store" $image || bail "no store"
size=$(size_of $image)
all=$(nodes 1)

# The clock of the window is not what is tested here: all are waited for.
master_start master1 --window-ms 60000 --window-limit-ms 60000 --expect "$N" \
	--rate 50 -v -v
await_log master1 'is up' 30 || bail "no master"

# ---- no loss --------------------------------------------------------------

lost=$(lost_here)
sent=$(tx_bytes master1 bulk0)
# shellcheck disable=SC2046,SC2086 # lists of words
{
	start_nodes $all
	check "all $N nodes run [D7]" run_version 2.0.0 50 $all
}
check "all have said so [D7]" await_end_of 4M-a.mrb master1 30
sent=$(($(tx_bytes master1 bulk0) - sent))
echo "# sent: $sent bytes, image: $size"
same "one broadcast [D3]" "$(broadcasts master1)" 1
check "to all of them [D3]" said master1 "broadcast of 4M-a.mrb to $N nodes"
if [ "$(lost_here)" = "$lost" ]; then
	check "at most 1.2 times the image is sent [D7]" at_most $((size * 12 / 10)) $sent
else
	skip "at most 1.2 times the image is sent [D7]" "this machine lost datagrams"
fi
check "and once at least, not by another way [D7]" at_least "$size" $sent

# ---- a small one ----------------------------------------------------------

store_make --sequence 2 "$site/store" hba-1.1.0 || bail "no store"
# shellcheck disable=SC2086 # a list of words
forget master1 $all
reload master1 || bail "the store is not read"
fleet reset master1 || bail "no reset"
# shellcheck disable=SC2086 # a list of words
check "a small image: all run [D7]" run_version 1.1.0 50 $all
await_end_of hba-1.1.0.mrb master1 30
same "in one round [D7]" \
	"$(log_of master1 | sed -n 's/.*; \([0-9]*\) rounds, .*/\1/p')" 1

# ---- a hundredth is lost --------------------------------------------------

if ! (require_loss) >/dev/null; then
	for what in "all run, with 1 % loss [D7]" "all have said so" \
		    "one broadcast for all [D3]" "at most 1.4 times the image is sent [D7]"
	do
		skip "$what" "iptables has no match 'statistic'"
	done
	exit 0
fi
store_make --sequence 3 --chunk-bytes 262144 "$site/store" $image || bail "no store"
forget master1
reload master1 || bail "the store is not read"
loss_everywhere 1
# shellcheck disable=SC2086 # a list of words
forget master1 $all
sent=$(tx_bytes master1 bulk0)
fleet reset master1 || bail "no reset"
# shellcheck disable=SC2086 # a list of words
check "all run, with 1 % loss [D7]" run_version 2.0.0 50 $all
check "all have said so" await_end_of 4M-a.mrb master1 30
sent=$(($(tx_bytes master1 bulk0) - sent))
echo "# sent: $sent bytes, image: $size"
same "one broadcast for all [D3]" "$(broadcasts master1)" 1
# A datagram that 20 nodes may lose is lost by one of them with 18 %; what is left
# is for what this machine loses beside.
check "at most 1.4 times the image is sent [D7]" at_most $((size * 14 / 10)) $sent
