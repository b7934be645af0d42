#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# No room: in the store of a redundant master, and where a node keeps its settings.
# Both say so, serve and run nothing that they could not keep, and do when there is
# room; the rest of the site does not feel it.
. "$(dirname "$0")/site.sh"
. "$fleet/liars.sh"

plan 17
image=bench/4M-a
site_up 3 master1 master2
store_make "$site/store" $image || bail "no store"
master_start master1 --window-ms 200 -v
node_start node1
run_version 2.0.0 60 node1 >&2 || bail "node1 does not run"
remember node1

# small NAME KIB: a file system of that size at $site/NAME
small()
{
	mkdir -p "$site/$1" && mount -t tmpfs -o "size=${2}k" small "$site/$1"
}

# state_of_master NAME: as the operator is told
state_of_master()
{
	fleet_table master1 | awk -v name="$1" '$1 == name && $2 == "master" { print $4 }'
}

# own_state MASTER: what it says itself, printed
own_state()
{
	fleet_table "$1" | awk -v name="$1" '$1 == name && $2 == "master" { print $4 }'
}

# ---- a master's store -----------------------------------------------------

small store2 1024 || bail "no tmpfs"
other_store "$site/store2" master2 --window-ms 200 -v
check "no room in the store: the master says so [D6]" await_log master2 \
	"4M-a.mrb cannot be kept: .*No space left on device; make room in .*/store2, it is not served meanwhile" 50
check "it goes on [D6]" runs master2
same "and says to the operator that it lacks something [D6]" "$(own_state master2)" incomplete
same "nothing is left in the store [D6]" "$(ls "$site/store2")" ""
newcomer "nodes are served by the other one [D6]" node2 50 2.0.0
stays "who runs is not disturbed [D4]" node1
kill_daemon master1
same "alone it serves nothing [D6]" "$(own_state master2)" incomplete
check "nor has it died of that [D6]" runs master2
master_start master1 --window-ms 200 -v
mount -o remount,size=16384k "$site/store2" || bail "no room"
check "with room it is kept [D6]" await_log master2 "4M-a.mrb is kept" 60
check "as it was signed [D6]" cmp "$site/store/4M-a.mrb" "$site/store2/4M-a.mrb"
same "and the master stands by [D6]" "$(own_state master2)" standby

# ---- a node's settings ----------------------------------------------------

small state/node3 64 || bail "no tmpfs"
dd if=/dev/zero of="$site/state/node3/fill" bs=1k count=128 2>/dev/null
node_start node3
check "no room for the settings: the node says so [D1]" \
	await_log node3 "is refused: .*settings.json.*No space left on device" 40
same "and goes by nothing that it could not keep [D1]" "$(times_said node3 running)" 0
await_state master1 node3 minimal 20
stays "who runs is not disturbed by that [D4]" node1
rm "$site/state/node3/fill"
check "with room it gets its image [D1]" run_version 2.0.0 60 node3
check "and keeps what it goes by [D1]" grep -q '"sequence": *1' "$site/state/node3/settings.json"
stays "who runs was never disturbed [D4]" node1
umount "$site/state/node3" 2>/dev/null
