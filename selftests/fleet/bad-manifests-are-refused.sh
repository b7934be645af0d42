#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Manifests that are old, expired, from the future, not signed by all roles, or
# damaged: a node and a master refuse each with a sentence, and stay as they were,
# also if a master with a good certificate offers them.
. "$(dirname "$0")/site.sh"
. "$fleet/liars.sh"

plan 36
site_up 3 master1 liar

# store NAME [OPTION...] IMAGE: a store of that name
store()
{
	store_name=$site/stores/$1
	mkdir -p "$site/stores"
	shift
	store_image=
	store_arguments=
	for argument in "$@"; do
		store_arguments="$store_arguments $store_image"
		store_image=$argument
	done
	# shellcheck disable=SC2086 # a list of words
	store_make $store_arguments "$store_name" "$store_image"
}

day=86400
from_now()
{
	date -u -d "@$(($(date +%s) + $1))" +%Y-%m-%dT%H:%M:%SZ
}

{
	store good --sequence 5 hba-1.1.0 &&
	store old --sequence 4 hba-1.0.0 &&
	store expired --sequence 6 --issued "$(from_now $((-20 * day)))" \
		--expires "$(from_now $((-10 * day)))" hba-1.0.0 &&
	store future --sequence 6 --issued "$(from_now $((10 * day)))" \
		--expires "$(from_now $((20 * day)))" hba-1.0.0 &&
	store author --sequence 6 --sign author=author hba-1.0.0 &&
	store twice --sequence 6 --sign author=author --sign operator=author hba-1.0.0 &&
	store stranger --sequence 6 --sign author=author --sign operator=stranger hba-1.0.0 &&
	store changed --sequence 6 hba-1.0.0
} || bail "no stores"
# One figure of it, after it was signed.
sed -i 's/\(security-version[^0-9]*\)[0-9]/\19/' "$site/stores/changed/site.manifest"
cp "$site/stores/good/site.manifest" "$site/stores/cut.manifest"
mkdir "$site/stores/cut"
head -c 700 "$site/stores/good/site.manifest" >"$site/stores/cut/site.manifest"

# What is said of each, by whoever is given it
cat >"$site/sentences" <<-end
	old manifest 4 is older than 5, which was accepted before
	expired manifest 6 expired [0-9]+ seconds ago
	future manifest 6 is from [0-9]+ seconds in the future: set the clock
	author (signed by|signature|role).*operator
	twice (signed by|signature|role).*operator
	stranger (signed by|signature|role).*operator
	changed (signed by|signature|digest|role)
	cut no JSON
end

mkdir "$site/store"
cp "$site"/stores/good/* "$site/store"
master_start master1 --window-ms 200 -v
start_nodes node1
run_version 1.1.0 40 node1 >&2 || bail "node1 does not run"
remember node1

# ---- in a master's store --------------------------------------------------

# put NAME: that manifest into the store, and the master looks at it
put()
{
	forget master1
	cp "$site/stores/$1"/*.mrb "$site/store" 2>/dev/null
	cp "$site/stores/$1/site.manifest" "$site/store/site.manifest"
	kill -s HUP "$(pid_of master1)"
}

while read -r name sentence; do
	put "$name"
	check "in the store, $name: the master says so [D6]" \
		await_log master1 "site.manifest: .*$sentence.*; what was there before is served on" 20
done <"$site/sentences"
newcomer "it serves what it had before [D6]" node2
same "by manifest 5 [D6]" "$(fleet_table master1 | awk '$2 == "master" { print $7 }')" 5
stays "who runs is not disturbed [D4]" node1

# ---- on offer, by a master that does not check ----------------------------

kill_daemon master1
# A node that knows manifest 5, and one that knows none, wait for an image.
for node in node2 node3; do
	kill_daemon $node 2>/dev/null
	node_start $node -v
	forget $node
done
kept=$(cat "$site/state/node2/settings.json")
while read -r name sentence; do
	file=$(cd "$site/stores/$name" && echo *.mrb)
	[ "$name" != cut ] || file=hba-1.1.0.mrb
	forget node2
	false_master "$name" "$(certificate master)" liar \
		--manifest "$site/stores/$name/site.manifest" \
		await:request "say:$(offer liar "$file")" stay
	check "on offer, $name: the node says so [D5]" \
		await_log node2 "offer of master liar is refused: .*$sentence" 20
	same "it runs nothing by that [D5]" "$(times_said node2 'running|is offered')" 0
	kill_daemon "liar.$name"
	await_log node2 "master liar is gone" 20
done <"$site/sentences"
same "its settings are what they were [D5]" "$(cat "$site/state/node2/settings.json")" "$kept"
same "nor does one that knows no manifest run anything but the old one [D5]" \
	"$(times_said node3 'running')" 0

# ---- afterwards -----------------------------------------------------------

cp "$site"/stores/good/* "$site/store"
forget node2 node3
master_start master1 --window-ms 200 -v
check "with a good one both get their image [D1]" run_version 1.1.0 40 node2 node3
store_make --sequence 6 "$site/store" hba-1.1.0
kill -s HUP "$(pid_of master1)"
check "and the master takes a newer one [D6]" await_log master1 "manifest 6 with 1 files" 20
await_state master1 node1 running 20
stays "who runs was never disturbed [D4]" node1

# ---- settings -------------------------------------------------------------

kill_daemon node3
echo '{ "sequence": ' >"$site/state/node3/settings.json"
node_start node3
check "settings that are damaged: the node says so and does not begin [D1]" \
	await_log node3 "settings.json: .*(no JSON|older manifests)" 20
await_end "$(pid_of node3)" 10
rm -f "$site/pid/node3"
rm "$site/state/node3/settings.json"
newcomer "without them it does [D1]" node3

# ---- a master with nothing else -------------------------------------------

kill_daemon master1
cp "$site/stores/expired/site.manifest" "$site/store"
rm -f "$site/state/master1/settings.json"
forget master1
master_start master1 --window-ms 200 -v
check "a master that has nothing else says so [D6]" await_log master1 \
	"site.manifest: manifest 6 expired .*; there is nothing to be served yet" 20
check "and is there, and tells the operator [D6]" await_state master1 node1 running 30
