#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A module type that the manifest does not have; and a manifest, well signed, that
# says of a file what it is not: another type, another version, another size. Nodes
# and masters say so, and the others get what is theirs.
. "$(dirname "$0")/site.sh"
. "$fleet/liars.sh"

plan 19
nic=$B/firmware/hba-2.0.0-bad-type.mrb
site_up 4 master1
kind_of_model nic --type nic >"$site/nic" || bail "no other type"

# untrue_store SEQUENCE SED-COMMAND IMAGE...: signed after somebody has changed it
untrue_store()
{
	store=$site/store
	store_sequence=$1
	store_change=$2
	store_signers=
	store_options=
	store_issued=
	store_expires=
	shift 2
	store_fill "$@" && sed -i "$store_change" "$store_new" && store_sign &&
		mv "$store_new" "$store/site.manifest"
}

# reload_with PATTERN: the master has looked at its store, and says that
reload_with()
{
	forget master1
	kill -s HUP "$(pid_of master1)" && await_log master1 "$1" 30
}

# node_says NODE TEXT: the operator is told that error of it
node_says()
{
	fleet status master1 | grep -F -- "$2" | grep -q "^$1 "
}

store_make "$site/store" hba-1.1.0 || bail "no store"
master_start master1 --window-ms 200 -v
node_start node1
run_version 1.1.0 40 node1 >&2 || bail "node1 does not run"
remember node1

# ---- a type that is missing -----------------------------------------------

node_start_kind "$(cat "$site/nic")" node2 -v
check "a type that is not in the manifest: the master says so [D5]" await_log master1 \
	"node2 asks for an image of type nic, which manifest 1 does not have" 40
check "the node waits [D5]" await_state master1 node2 minimal 20
newcomer "others get theirs [D5]" node3
stays "who runs is not disturbed [D4]" node1
store_make --sequence 2 "$site/store" hba-1.1.0 "$nic" || bail "no store"
check "with one that has it" reload_with "manifest 2 with 2 files, all of them here"
check "it gets its image [D5]" run_version 2.0.0 60 node2
stays "who runs is not disturbed by that [D4]" node1

# ---- a manifest that is not true ------------------------------------------

# The digests are right: only what is in the file shows it.
kill_daemon node2
node_start_kind "$(cat "$site/nic")" node2 -v
await_log node2 "running with version 2.0.0" 40 >&2
remember node2
rm "$site/store"/*
untrue_store 3 's/hba-sim/nic/' hba-1.0.0 || bail "no store"
check "a manifest that gives a file another type: the master says so, or has it [D5]" \
	reload_with "manifest 3|site.manifest"
kill_daemon node2
forget node2
node_start_kind "$(cat "$site/nic")" node2 -v
check "the node finds out [D5]" await_log node2 \
	"model0 does not take hba-1.0.0.mrb: the file has no image of type nic" 40
check "and waits [D5]" await_state master1 node2 minimal 20
check "which the master is told [D5]" await_log master1 \
	"hba-1.0.0.mrb: node2: the file has no image of type nic" 20
check "and the operator [D5]" node_says node2 "the file has no image of type nic"
same "it was loaded nowhere [D5]" "$(times_said node2 'is loading|running with')" 0
stays "who runs is not disturbed by that manifest [D4]" node1

rm "$site/store"/*
untrue_store 4 's/\(size[^0-9]*\)[0-9]*/\11000/' hba-1.0.0 || bail "no store"
check "a manifest with another size than its file: the master does not serve it [D6]" \
	reload_with "hba-1.0.0.mrb|site.manifest"
check "it goes on [D6]" runs master1
rm "$site/store"/*
store_make --sequence 5 "$site/store" hba-1.1.0 "$nic" || bail "no store"
check "with a true one" reload_with "manifest 5 with 2 files, all of them here"
check "the node gets its image [D5]" run_version 2.0.0 60 node2
stays "who runs was never disturbed [D4]" node1
