#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Two sets of nodes with a service are updated one after the other: by reboot, by live
# swaps, with an image that fails and a roll back, and by an orchestrator that is killed. The
# service as a whole never stops.
. "$(dirname "$0")/site.sh"
. "$fleet/orders.sh"

plan 36

site_up 6 master1 liar
store_make "$site/store" hba-1.1.0 || bail "no store"
mkdir "$site/images"
master_start master1 --window-ms 200 -v -v
all="node1 node2 node3 node4 node5 node6"
members="node1/A node2/A node3/A node4/B node5/B node6/B"
for node in node1 node2 node3; do
	node_in A $node || bail "no node"
done
for node in node4 node5 node6; do
	node_in B $node || bail "no node"
done
# shellcheck disable=SC2086 # a list of words
await_logs 'this machine is in service' 40 $all || bail "they are not in service"

# update ARGUMENT...: of both sets, by an operator; what it says is in $site/update.log
update()
{
	in_node operator codeswap fleet update --master "$(address master1 mgmt)" \
		--tls "$(tls_of operator operator)" --state "$site/update" \
		--node-seconds 30 "$@" >"$site/update.log" 2>&1
	update_status=$?
	sed 's/^/# /' "$site/update.log" >&2
	return $update_status
}

# journal_says PATTERN: an operator who asks is told
journal_says()
{
	update show
	grep -qE -e "$1" "$site/update.log"
}

all_in_service()
{
	[ "$(ls "$site/up")" = "$(printf 'node%s\n' 1 2 3 4 5 6)" ]
}

# resume: in the background
resume()
{
	spawn operator.roll codeswap fleet update resume --tls "$(tls_of operator operator)" \
		--state "$site/update"
}

# steps: lines of the journal, but those that tell of an orchestrator that goes on; printed
steps()
{
	grep -cv resume "$site/update/journal" 2>/dev/null || true
}

# killed_at_each_step: of its journal, the orchestrator is, until it comes to the end
killed_at_each_step()
{
	kills=0
	while resume && [ $kills -lt 50 ]; do
		done=$(steps)
		while alive "$(pid_of operator.roll)" && [ "$(steps)" = "$done" ]; do
			sleep 0.02
		done
		[ -e "$site/update/journal" ] || break
		kill_daemon operator.roll KILL
		kills=$((kills + 1))
	done
	await_end "$(pid_of operator.roll)" 30
	rm -f "$site/pid/operator.roll"
	echo "killed $kills times"
	[ $kills -ge 6 ] && [ $kills -lt 50 ]
}

# ---- by reboot ------------------------------------------------------------------

check "a new version is installed at the master" install 2 hba-2.0.0
same "that alone changes nothing" "$(versions)" " 6 1.1.0 "
check "a dry run" update --set A,B --dry-run
check "says who would be updated" grep -q 'node4' "$site/update.log"
same "and changes nothing" "$(versions)" " 6 1.1.0 "
check "the sets are updated [D9]" update --set A,B --max-unavailable 2 --method reboot
same "all run the new version [D9]" "$(versions)" " 6 2.0.0 "
# shellcheck disable=SC2086
check "no set was out while another was not in service [D9]" never_without $members
# shellcheck disable=SC2016 # for awk
check "first the one set, then the other [D9]" \
	awk '$3 == "stop" { if ($2 > "node3") b = 1; else if (b) exit 1; n++ }
	     END { if (n != 6) exit 1 }' "$site/calls/all"
# shellcheck disable=SC2016 # for awk
check "no more than two at once" awk '
	$3 == "stop" { if (++out > 2) exit 1 }
	$3 == "start" && NR > 6 { out-- }' "$site/calls/all"
check "the same again: nothing is to be done" update --set A,B
same "and nobody was stopped" "$(grep -c ' stop$' "$site/calls/all")" 6

# ---- live --------------------------------------------------------------------------

# shellcheck disable=SC2086
forget $all
check "the next version is installed" install 3 hba-3.0.0
check "and taken to by live swaps [D9]" update --set A,B --max-unavailable 100% --method live
same "all run it" "$(versions)" " 6 3.0.0 "
same "no service was stopped" "$(grep -c ' stop$' "$site/calls/all")" 6
same "no device was reset" "$(log_of node1 | grep -c 'reset\|is minimal')" 0

# ---- where it cannot be swapped live --------------------------------------------------

# shellcheck disable=SC2086
forget $all
check "an older release" install 4 hba-2.0.0
check "cannot be swapped to: they are rebooted instead [D9]" \
	update --set A,B --max-unavailable 3 --method live
same "and run it" "$(versions)" " 6 2.0.0 "
check "each says why" await_logs 'is not swapped live: .*; it is rebooted' 5 node1 node6
# shellcheck disable=SC2086
check "no set was out while another was not in service" never_without $members

# ---- an image that does not run ------------------------------------------------------

# shellcheck disable=SC2086
forget $all
check "an image that is bad" install 5 hba-2.0.0-bad-version
check "stops the update at the first node [D9]" fails update --set A,B --method reboot
check "whose sentence the operator is told" grep -q 'the image says that it is version' \
	"$site/update.log"
same "the others are untouched [D9]" "$(versions)" " 1 - 5 2.0.0 "
check "the journal says why it has stopped" journal_says 'node1.*the image says'
rm -rf "$site/images"
store_make --sequence 6 "$site/images" hba-2.0.0 || bail "no store"
check "it is rolled back by a manifest that names the old image [D9]" \
	update roll-back "$site/images"
same "all run what they have run" "$(versions)" " 6 2.0.0 "
check "and are in service" all_in_service

# ---- a service that does not come back -------------------------------------------------

# shellcheck disable=SC2086
forget $all
install 7 hba-3.0.0 >"$RESULTS/install.log" || bail "not installed"
touch "$site/sick/node2"
await_log node2 'this machine is not serving' 20 || bail "it is well"
check "a node whose service is sick already: nobody of another set goes [D9]" \
	fails update --set B,A --method reboot --node-seconds 5
check "it says why" grep -q 'node2 of set A is not in service' "$site/update.log"
stops=$(grep -c ' stop$' "$site/calls/all")
rm "$site/sick/node2"
await_log node2 'this machine is in service' 20 || bail "it is not well again"

# ---- the orchestrator dies ---------------------------------------------------------------

check "when that is well, it is resumed, and killed at each of its steps" killed_at_each_step
same "all run the new version [D9]" "$(versions)" " 6 3.0.0 "
# shellcheck disable=SC2086
check "no set was out while another was not in service [D9]" never_without $members
same "each was stopped once for that" "$(grep -c ' stop$' "$site/calls/all")" \
	$((stops + 6))
