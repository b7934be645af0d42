#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Before an update by live swaps, all nodes prepare: they get the image by one broadcast while
# they serve, and when it is their turn they need nobody. What was prepared and is not needed
# any longer is dropped.
. "$(dirname "$0")/site.sh"
. "$fleet/orders.sh"

plan 27

site_up 4 master1 liar
store_make "$site/store" hba-1.1.0 || bail "no store"
master_start master1 --window-ms 200 -v -v
all="node1 node2 node3 node4"
for node in node1 node2; do
	node_in A $node || bail "no node"
done
for node in node3 node4; do
	node_in B $node || bail "no node"
done
# shellcheck disable=SC2086 # a list of words
await_logs 'this machine is in service' 40 $all || bail "they are not in service"

# update ARGUMENT...: of both sets, by an operator
update()
{
	in_node operator codeswap fleet update --master "$(address master1 mgmt)" \
		--tls "$(tls_of operator operator)" --state "$site/update" --set A,B \
		--node-seconds 30 --method live "$@"
}

# broadcasts FILE: of it so far; printed
broadcasts()
{
	log_of master1 | grep -c "broadcast of $1 "
}

# ---- all that are updated ----------------------------------------------------------

check "a new version is installed" install 2 hba-2.0.0
check "and all are taken to it by live swaps" update
same "they run it" "$(versions)" " 4 2.0.0 "
same "no service was stopped" "$(grep -c ' stop$' "$site/calls/all")" 0
# shellcheck disable=SC2086
check "each had prepared" await_logs 'hba-2.0.0.mrb is prepared' 5 $all
same "by one broadcast for all" "$(broadcasts hba-2.0.0.mrb)" 1
# shellcheck disable=SC2086
check "nobody keeps it afterwards" await_logs 'hba-2.0.0.mrb, which was prepared, is dropped' \
	5 $all

# ---- what cannot be swapped live ----------------------------------------------------

# shellcheck disable=SC2086
forget $all
check "an older release is installed" install 3 hba-1.1.0
check "which cannot be swapped to: all are rebooted" update
same "they run it" "$(versions)" " 4 1.1.0 "
# shellcheck disable=SC2086
check "each says why" await_logs 'is not swapped live: .*; it is rebooted' 5 $all
same "what they had prepared has served for that" "$(broadcasts hba-1.1.0.mrb)" 2
# shellcheck disable=SC2086
check "no set was out while another was not in service" \
	never_without node1/A node2/A node3/B node4/B

# ---- orders by hand ------------------------------------------------------------------

# shellcheck disable=SC2086
forget $all
install 4 hba-2.0.0 >"$RESULTS/install.log" || bail "not installed"
check "two are to prepare" order master1 prepare 9000001 9 hand 4 live node1 node2
check "they do" await_logs 'hba-2.0.0.mrb is prepared' 20 node1 node2
same "and serve what they have served" "$(versions)" " 4 1.1.0 "
install 5 hba-3.0.0 >"$RESULTS/install.log" || bail "not installed"
check "another manifest is to be prepared for" \
	order master1 prepare 9000002 9 hand 5 live node1 node2
check "they drop the first one, and get the other" \
	await_log node1 'hba-3.0.0.mrb is prepared' 20
check "all hear who has the right" order master1 renew 9000006 9 hand 5 live
check "somebody else wants it prepared" \
	order master1 prepare 8000001 8 other 5 live node3
check "it is refused" await_log node3 'order 8000001 is refused' 10
same "and nothing is fetched" "$(log_of node3 | grep -c 'hba-3.0.0.mrb is prepared')" 0
forget node1
check "the update is stopped" order master1 stop 9000003 9 hand 5 live
check "nobody keeps what was prepared" \
	await_logs 'hba-3.0.0.mrb, which was prepared, is dropped' 10 node1 node2
check "whoever has not prepared fetches when it is its turn" \
	order master1 update 9000004 9 hand 5 live node1
check "and swaps" await_outcome node1 9000004 "done" 20
order master1 prepare 9000005 9 hand 5 live node4 || bail "no order"
await_log node4 'hba-3.0.0.mrb is prepared' 20 || bail "not prepared"
check "when nobody is heard of any more, nothing is kept" \
	await_log node4 'hba-3.0.0.mrb, which was prepared, is dropped' 40
