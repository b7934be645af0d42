#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# What a redundant master lacks it fetches, and no more than that: one chunk of a
# damaged file, and of a newer file what differs. A file that is damaged or removed while
# the master is up is noticed when it is to be sent; another master sends it then.
. "$(dirname "$0")/site.sh"
. "$fleet/nodes.sh"

plan 18
image=bench/4M-a
chunks=17

site_up 4 master1 master2
store_make --chunk-bytes 262144 "$site/store" $image || bail "no store"
cp -r "$site/store" "$site/second"

# damage FILE: one byte, in the middle
damage()
{
	printf '\377' | dd of="$1" bs=1 seek=2000000 conv=notrunc 2>/dev/null
}

# sent MASTER: chunks in the first round, printed
sent()
{
	log_of "$1" | sed -n "s/.*: round 1, \([0-9]*\) of $chunks chunks to.*/\1/p" |
		head -n 1
}

same_stores()
{
	for there in "$site"/second/*; do
		cmp "$there" "$site/store/${there##*/}" || return 1
	done
}

options="--window-ms 500 -v -v"
second_start()
{
	# shellcheck disable=SC2086 # a list of words
	master_start master2 --store "$site/second" $options
}

# ---- when it starts ----------------------------------------------------------

damage "$site/second/4M-a.mrb"
# shellcheck disable=SC2086 # a list of words
master_start master1 $options || bail "no masters"
second_start || bail "no masters"
check "a master with a damaged file says so" \
	await_log master2 'is not the file of the manifest: 1 of 17 chunks differ' 30
check "and gets it from another one" await_log master2 '4M-a.mrb is kept' 40
same "no more than the chunk that was damaged" "$(sent master1)" 1
check "byte for byte" same_stores

# ---- a newer version ----------------------------------------------------------

forget master1 master2
store_make --sequence 2 --chunk-bytes 262144 "$site/store" bench/4M-b || bail "no store"
reload master1 || bail "the store is not read"
check "a newer file is fetched" await_log master2 '4M-b.mrb is kept' 40
check "by the chunks that are not in the older one" at_most 4 "$(sent master1)"
check "byte for byte" cmp "$site/store/4M-b.mrb" "$site/second/4M-b.mrb"
await_table master2 '^master2 master master standby .* 2 True' 30 || bail "it has not all"

# ---- while it is up -------------------------------------------------------------

forget master1 master2
damage "$site/store/4M-b.mrb"
start_nodes node1 || bail "no node"
check "a file that is damaged meanwhile is noticed before it is sent" \
	await_log master1 '1 of 17 chunks differ; it is fetched from another master' 30
check "the node runs" run_version 2.0.0 40 node1
same "and has been sent nothing by that master" "$(times_said master1 ': round [0-9]')" 0
check "from which the first one gets what it lacks" await_log master1 '4M-b.mrb is kept' 40
check "and serves again" await_table master1 '^master1 master master serving' 30
check "byte for byte" cmp "$site/store/4M-b.mrb" "$site/second/4M-b.mrb"

forget master1 master2
rm "$site/store/4M-b.mrb"
start_nodes node2 || bail "no node"
check "one that is removed meanwhile, too" \
	await_log master1 'No such file or directory; it is fetched from another master' 30
check "the node runs" run_version 2.0.0 40 node2
check "the file is there again" await_log master1 '4M-b.mrb is kept' 40
check "byte for byte" cmp "$site/store/4M-b.mrb" "$site/second/4M-b.mrb"
same "nodes that run were not disturbed" "$(times_said node1 'model0 is loading')" 1
