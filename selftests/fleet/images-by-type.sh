#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Several images, by type; one combined file from which each picks its own; a wrong
# image, which is ignored.
. "$(dirname "$0")/site.sh"
. "$fleet/nodes.sh"

plan 22
firmware=$B/firmware
nic=$firmware/hba-2.0.0-bad-type.mrb

site_up 4 master1
kind_of_model nic --type nic >"$site/nic" || bail "no other type"
nic_node()
{
	node_start_kind "$(cat "$site/nic")" "$@"
}

# ---- two types, two files ----------------------------------------------------

store_make "$site/store" hba-1.1.0 "$nic" || bail "no store"
master_start master1 --window-ms 1000 -v -v
start_nodes node1 node2 || bail "no nodes"
nic_node node3 -v || bail "no nodes"
check "those of one type get its image [D5]" run_version 1.1.0 40 node1 node2
check "those of the other the other one [D5]" run_version 2.0.0 40 node3
same "each was asked for by type [D2]" \
	"$(log_of master1 | sed -n 's/.*: \(node[0-9] asks for .*\)/\1/p' | sort -u)" \
	"node1 asks for hba-1.1.0.mrb
node2 asks for hba-1.1.0.mrb
node3 asks for hba-2.0.0-bad-type.mrb"
same "nobody got what is not for it [D5]" \
	"$(times_said node1 bad-type; times_said node3 hba-1.1.0)" "0
0"

# ---- one combined file ---------------------------------------------------------

mkdir "$site/images"
image_file hba-2.0.0 >/dev/null
check "a combined file" codeswap image bundle "$site/images/all.mrb" \
	"$firmware/hba-2.0.0.mrb" "$nic"
rm "$site"/store/*
store_make --sequence 2 "$site/store" "$site/images/all.mrb" || bail "no store"
forget master1 node1 node2 node3
reload master1 || bail "the store is not read"
fleet reset master1 || bail "no reset"
check "each picks its own image of it [D5]" run_version 2.0.0 40 node1 node2 node3
same "of the one type and the other" \
	"$(fleet_table master1 | awk '$2 == "node" { print $1 $3 $4 }' | tr '\n' ' ')" \
	"node1hba-simrunning node2hba-simrunning node3nicrunning "
same "by one broadcast [D5]" "$(broadcasts master1)" 1

# desired: by the nodes, of what they run, printed
desired()
{
	fleet status master1 --json | python3 -c '
import json, sys
print(*sorted(a["type"] + a["desired"] for a in json.load(sys.stdin) if a["role"] == "node"))'
}

rm "$site/images"/* "$site"/store/*
image_file hba-3.0.0 >/dev/null
check "one of images whose versions differ" codeswap image bundle "$site/images/all.mrb" \
	"$firmware/hba-3.0.0.mrb" "$nic"
store_make --sequence 3 "$site/store" "$site/images/all.mrb" || bail "no store"
forget master1 node1 node2 node3
reload master1 || bail "the store is not read"
fleet reset master1 || bail "no reset"
check "each runs its own" run_version 3.0.0 40 node1 node2
check "of the other type, too" run_version 2.0.0 40 node3
same "and that is what the manifest wants of it" "$(desired)" \
	"hba-sim3.0.0 hba-sim3.0.0 nic2.0.0"

# ---- a wrong image --------------------------------------------------------------

# next SEQUENCE IMAGE: and the image of the other type
next()
{
	rm "$site"/store/*
	store_make --sequence "$1" "$site/store" "$2" "$nic" || bail "no store"
	forget master1
	reload master1 || bail "the store is not read"
}

# With a manifest that is all right in itself: what the device runs says otherwise.
forget node1 node2 node3
next 4 "$firmware/hba-2.0.0-bad-version.mrb"
fleet reset master1 hba-sim || bail "no reset"
check "a wrong image fails at the device, which says why [D5]" \
	await_logs 'model0 is minimal: the image says that it is version 2.0.0, and' 40 \
		node1 node2
check "the master is told" \
	await_log master1 'bad-version.mrb: node1: the image says' 30
check "and the operator" await_state master1 node1 minimal 30
same "of another type one goes on" "$(times_said node3 model0)" 0

# A manifest of which the signers have not seen that the types are wrong.
store_options=
store_signers=
store_issued=
store_expires=
store=$site/store
store_sequence=5
rm "$site"/store/*
{
	store_fill "$nic" && sed -i 's/\\"nic\\"/\\"hba-sim\\"/' "$store_new" &&
		store_sign && mv "$store_new" "$store/site.manifest"
} || bail "no store"
forget master1
reload master1 || bail "the store is not read"
check "of another type than the manifest says: refused, with a sentence [D5]" \
	await_logs 'has no image of type hba-sim' 40 node1 node2
same "no device has seen it" "$(times_said node1 'model0 is loading')" 1

next 6 hba-2.0.0
check "the next one is taken [D5]" run_version 2.0.0 40 node1 node2
same "and none was tried twice [D5]" "$(times_said node1 'model0 is loading')" 2

# ---- a type that nobody serves ---------------------------------------------------

rm "$site"/store/*
store_make --sequence 7 "$site/store" hba-2.0.0 || bail "no store"
forget master1
reload master1 || bail "the store is not read"
nic_node node4 -v || bail "no node"
check "a type that is not in the manifest: a sentence [D5]" await_log master1 \
	'node4 asks for an image of type nic, which manifest 7 does not have' 30
same "the node waits [D5]" "$(state_of master1 node4)" minimal
