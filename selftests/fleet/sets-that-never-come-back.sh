#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A set goes out of service to be updated and does not come back: its machines die, their
# devices hang, or their services do not come up. The update stops in time, nobody of
# the other set is touched, and the journal says why. Once it is back, it goes on; [D9].
. "$(dirname "$0")/site.sh"
. "$fleet/orders.sh"
. "$fleet/rolling.sh"

plan 30

site_up 4 master1
store_make "$site/store" hba-1.1.0 || bail "no store"
mkdir "$site/images"
master_start master1 --window-ms 200 -v -v
all="node1 node2 node3 node4"
node_in A node1 || bail "no node"
node_in A node2 || bail "no node"
node_in B node3 || bail "no node"
node_in B node4 || bail "no node"
# shellcheck disable=SC2086 # a list of words
await_logs 'this machine is in service' 40 $all || bail "they are not in service"

# update ARGUMENT...: by an operator; what it says is in $site/update.log
update()
{
	in_node operator codeswap fleet update --tls "$(tls_of operator operator)" \
		--state "$site/update" "$@" >"$site/update.log" 2>&1
	update_status=$?
	sed 's/^/# /' "$site/update.log" >&2
	return $update_status
}

# begin SEQUENCE IMAGE: of both sets, all of a set at once, in the background; until both of
# the first one are out of service
begin()
{
	# shellcheck disable=SC2086
	forget $all
	install "$1" "$2" >"$RESULTS/install.log" || bail "not installed"
	stops_of_b=$(stops 34)
	spawn operator.roll codeswap fleet update --tls "$(tls_of operator operator)" \
		--state "$site/update" --master "$(address master1 mgmt)" --set A,B \
		--max-unavailable 2 --method reboot --node-seconds 6
	await_logs 'this machine is draining' 30 node1 node2 || bail "they do not go"
}

# stops DIGITS: how often services of nodes with these numbers were stopped; printed
stops()
{
	grep -c "node[$1] stop\$" "$site/calls/all"
}

# has_stopped WHY PATTERN: the update, which the operator and the journal are told
has_stopped()
{
	ends "$1: the update stops in time" roll 30 1
	[ ! -e "$site/pid/operator.roll" ] || bail "it goes on"
	check "it says why" said operator.roll "stopped: .*set A: $2"
	update show
	check "so does update show" grep -qE "stopped.*set A: $2" "$site/update.log"
	check "and the journal" grep -qE "\"event\":\"stopped\".*set A: $2" "$site/update/journal"
	same "nobody of the other set was touched" "$(stops 34)" "$stops_of_b"
	same "nor ordered" "$(times_said node3 'order [0-9]+ of')$(times_said node4 'order [0-9]+ of')" 00
	forget operator.roll
}

# goes_on VERSION: when they are in service again
goes_on()
{
	await_logs 'this machine is in service' 40 node1 node2 || bail "they do not come back"
	check "when it is back, the update goes on" update resume
	same "to the end" "$(fleet_table master1 | awk '$2 == "node" { print $5 }' | sort -u)" "$1"
	check "no set was out while another was not in service" \
		never_without node1/A node2/A node3/B node4/B
}

# ---- the machines die ----------------------------------------------------------------------

begin 2 hba-2.0.0
await_logs 'this machine is out of service' 20 node1 node2 || bail "they are in service"
kill_daemon node1 KILL
kill_daemon node2 KILL
has_stopped "both are dead" 'it has not answered for 6 s'
check "as long as that is so, it does not go on" fails update resume
check "and says why" grep -q 'it has not answered for 6 s' "$site/update.log"
same "nobody of the other set was touched by that" "$(stops 34)" "$stops_of_b"
forget node1 node2
node_in A node1 || bail "no node"
node_in A node2 || bail "no node"
goes_on 2.0.0

# ---- the devices hang -------------------------------------------------------------------------

begin 3 hba-3.0.0
model1=$(model_of node1)
model2=$(model_of node2)
kill -s STOP "$model1" "$model2"
has_stopped "both devices hang" 'it is not back after 6 s: .*out of service'
# shellcheck disable=SC2086
forget $all
kill -s CONT "$model1" "$model2"
goes_on 3.0.0

# ---- the services do not come up -----------------------------------------------------------------

begin 4 hba-2.0.0
touch "$site/sick/node1" "$site/sick/node2"
has_stopped "both services are sick" '.*status ended with status 1'
rm "$site/sick/node1" "$site/sick/node2"
# shellcheck disable=SC2086
forget node1 node2
goes_on 2.0.0
