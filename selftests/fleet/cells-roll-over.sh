#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Cells of two sets that are to do nothing by themselves are taken to a new version by an
# operator: each by an order of its own, and none before its turn.
. "$(dirname "$0")/site.sh"
. "$fleet/nodes.sh"
. "$fleet/cells.sh"
. "$fleet/rolling.sh"

plan 24

cells="a1 a2 b1 b2"
site_up 0 a1 a2 b1 b2 liar
store_make --chunk-bytes 262144 "$site/store" hba-1.1.0 boot-1.0.0 || bail "no store"
store_make --sequence 2 --chunk-bytes 262144 "$site/next" hba-2.0.0 boot-1.0.0 ||
	bail "no store"
for cell in $cells; do
	flags "$cell"
	cell_in "$(echo "$cell" | tr ab AB | cut -c1)" "$cell" || bail "no cell"
done
# shellcheck disable=SC2086 # a list of words
await_logs 'this machine is in service' 40 $cells || bail "they are not in service"

# update ARGUMENT...: by an operator; what it says is in $site/update.log
update()
{
	in_node operator codeswap fleet update --master "$(address a1 mgmt)" \
		--tls "$(tls_of operator operator)" --state "$site/update" \
		--node-seconds 30 "$@" >"$site/update.log" 2>&1
	update_status=$?
	sed 's/^/# /' "$site/update.log" >&2
	return $update_status
}

# versions: that cells run, in one line; printed
versions()
{
	fleet_table a1 | awk '/^[ab][12] master hba/ { print $5 }' | sort | uniq -c | tr -s ' \n' ' '
}

# told_twice CELL: of the manifest, by a1; so time has passed in which it might have gone
told_twice()
{
	forget a1
	await_log a1 "$1 goes by manifest [12], and is told of manifest" 30 || return 1
	forget a1
	await_log a1 "$1 goes by manifest [12], and is told of manifest" 30
}

check "a new version is installed at one cell" fleet install a1 "$site/next"
check "which waits for an operator" \
	await_problem a1 a1 'manifest 2 is here; an operator has to approve it'

# ---- one set ------------------------------------------------------------------------

# shellcheck disable=SC2086
forget $cells
check "one set is updated [D9]" update --set A
same "each of its cells by one order" "$(grep -c 'set A: a.: order' "$site/update.log")" 2
check "the other set hears of the new version" \
	await_problem a1 b1 'has manifest 2; an operator has to approve it'
check "often" told_twice b1
same "and stays as it is" "$(versions)" " 2 1.1.0 2 2.0.0 "
same "nobody has gone to the rendezvous to be updated but by an order" \
	"$(log_of b1 | grep -c 'to be updated')$(log_of b2 | grep -c 'to be updated')" 00

# ---- an order that is refused ----------------------------------------------------------

touch "$site/sick/a2"
await_log a2 'this machine is not serving' 20 || bail "it is well"
forget b1
order a1 update 9000001 9 desk 2 live b1 || bail "no order"
check "while a cell of another set is not in service, an order is refused" \
	await_outcome b1 9000001 refused 20
forget a2
rm "$site/sick/a2"
await_log a2 'this machine is in service' 20 || bail "it is not well"
forget b1
check "it is over then" told_twice b1
same "and not carried out later" "$(times_said b1 'to be updated')" 0

# ---- the other set ---------------------------------------------------------------------

check "the other set is updated [D9]" update --set A,B
same "each of its cells by one order" "$(grep -c 'set B: b.: order' "$site/update.log")" 2
same "all run the new version" "$(versions)" " 4 2.0.0 "
check "no set was out while another was not in service [D9]" \
	never_without a1/A a2/A b1/B b2/B

# ---- an emergency stop -----------------------------------------------------------------

store_make --sequence 3 --chunk-bytes 262144 "$site/last" hba-3.0.0 boot-1.0.0 ||
	bail "no store"
fleet install a1 "$site/last" >"$RESULTS/install.log" || bail "not installed"
# shellcheck disable=SC2086
forget $cells
stops=$(grep -c ' stop$' "$site/calls/all")
spawn operator.roll codeswap fleet update --master "$(address a1 mgmt)" \
	--tls "$(tls_of operator operator)" --state "$site/update" --set A,B
await_log a1 'this machine is draining' 30 || bail "it does not go"
# It will not be back before the stop.
touch "$site/sick/a1"
check "a cell has gone out of service" await_log a1 'this machine is out of service' 20
check "the update is stopped" in_node operator codeswap fleet update stop --state "$site/update"
ends "it ends" roll 30 1
check "the journal says why" grep -q '"event":"stopped".*by an operator' \
	"$(find "$site/update" -name 'journal-3-*')"
same "the cell was out of service still" "$(times_said a1 'this machine is in service')" 0
rm "$site/sick/a1"
check "it goes on, and comes back in service" \
	await_log a1 'this machine is in service' 30
forget a1
check "the others hear of the new version" told_twice b1
same "and stay as they are" "$(versions)" " 3 2.0.0 1 3.0.0 "
same "no other service was stopped" "$(grep -c ' stop$' "$site/calls/all")" $((stops + 1))
