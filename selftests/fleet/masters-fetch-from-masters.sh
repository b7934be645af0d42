#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Masters are nodes as well: they run what they broadcast. A redundant one with an
# empty store gets manifest and images, the masters' own among them, from another
# one, and serves when that dies.
. "$(dirname "$0")/site.sh"
. "$fleet/nodes.sh"

plan 25
image=bench/4M-a
chunks=17

site_up 3 master1 master2
kind_of_model ctl --type nic >"$site/ctl" || bail "no other type"
masters_own=$B/firmware/hba-2.0.0-bad-type.mrb
store_make --chunk-bytes 262144 "$site/store" $image "$masters_own" ||
	bail "no store"

# working NAME STORE [OPTION...]: a master that works with the type of masters
working()
{
	working=$1
	working_store=$2
	shift 2
	usual=$CODESWAPD
	CODESWAPD=$(cat "$site/ctl")/codeswapd
	working_master_start "$working" --store "$working_store" --window-ms 500 -v \
		-v "$@"
	CODESWAPD=$usual
}

# same_files DIR DIR
same_files()
{
	for there in "$1"/*; do
		cmp "$there" "$2/${there##*/}" || return 1
	done
}

# ---- a master is a node ------------------------------------------------------

working master1 "$site/store" || bail "no master"
check "a master gets its own image by its own broadcast [D6]" \
	run_version 2.0.0 40 master1
same "without having lost its store" \
	"$(codeswap manifest verify --trust "$site/trust" "$site/store/site.manifest" \
		>/dev/null && echo good)" good
start_nodes node1 || bail "no node"
check "and serves nodes [D6]" run_version 2.0.0 40 node1

# ---- with an empty store -------------------------------------------------------

mkdir "$site/second"
forget master1
working master2 "$site/second" || bail "no master"
check "one with an empty store says so" \
	await_log master2 'there is nothing to be served yet' 30
check "gets all images from the other one [D6]" \
	await_log master2 '4M-a.mrb is kept' 40
check "the masters' own as well [D6]" \
	await_log master2 'hba-2.0.0-bad-type.mrb is kept' 40
check "runs that [D6]" run_version 2.0.0 40 master2
check "by broadcasts of the other one" \
	said master1 'broadcast of 4M-a.mrb to 1 nodes'
check "and is a standby then" await_table master2 '^master2 master master standby' 30
check "byte for byte, with the manifest [D6]" same_files "$site/store" "$site/second"
same "and nothing else" "$(ls -A "$site/second")" "$(ls -A "$site/store")"
same "node1 was not disturbed by that [D4]" "$(times_said node1 'model0 is loading')" 1

# ---- a newer manifest ------------------------------------------------------------

forget master1 master2
store_make --sequence 2 --chunk-bytes 262144 "$site/store" bench/4M-b "$masters_own" ||
	bail "no store"
reload master1 || bail "the store is not read"
check "a newer one is noticed, and fetched [D6]" \
	await_log master2 '4M-b.mrb is kept' 40
check "it has all then" await_table master2 '^master2 master master standby .* 2 True' 30
same "what it has already is not sent again [D6]" \
	"$(times_said master1 'hba-2.0.0-bad-type.mrb: round')" 0
check "byte for byte" same_files "$site/store" "$site/second"

# ---- the other one dies ------------------------------------------------------------

forget node1 master2
kill_daemon master1 KILL
await_log master2 'master master1 is gone' 30 || bail "it is not noticed"
start_nodes node2 node3 || bail "no nodes"
check "it serves when the other one has died [D6]" \
	run_version 2.0.0 40 node2 node3
check "with what it fetched [D6]" said master2 'broadcast of 4M-b.mrb to [12] nodes'
check "the operator is told" await_table master2 '^master2 master master serving' 30
same "its own device goes on [D4]" "$(times_said master2 'model0')" 0
same "so does node1" "$(times_said node1 'model0')" 0

# ---- it dies before all has been fetched ----------------------------------------------

kill_daemon master2
for node in $(nodes 1); do
	kill_daemon "$node"
	forget "$node"
done
rm "$site/store/4M-a.mrb"
rm -rf "$site/second" && mkdir "$site/second"
forget master1 master2
working master1 "$site/store" --rate 10 || bail "no master"
run_version 2.0.0 40 master1 || bail "it does not run"
working master2 "$site/second" || bail "no master"
await_log master2 "4M-b.mrb: 9 of $chunks chunks are missing" 40 ||
	bail "nothing is fetched"
kill_daemon master1 KILL
check "one whose source dies on the way keeps nothing that is not whole" \
	await_log master2 '4M-b.mrb: master master1 has died' 30
same "no manifest either" "$(find "$site/second" -name site.manifest)" ""
forget master2
working master1 "$site/store" || bail "no master"
check "and has all when that is there again [D6]" \
	await_table master2 '^master2 master master (standby|serving) .* 2 True' 50
check "byte for byte" same_files "$site/store" "$site/second"
