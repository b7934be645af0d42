#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Cells that have nothing, not even a boot block: an operator installs it at one of them,
# over the management interconnect; the others get the boot block over that, too, and the
# firmware over the high-speed interconnect, once for all. Later versions are installed at one
# cell as well, and go to the others set by set.
. "$(dirname "$0")/site.sh"
. "$fleet/cells.sh"

plan 28

site_up 0 a1 a2 b1 b2 b3 liar
cells="a1 a2 b1 b2"
members="a1/A a2/A b1/B b2/B b3/B"
store_make --sequence 2 --chunk-bytes 262144 "$site/store" bench/4M-a boot-1.0.0 || bail "no store"
size=$(wc -c <"$site/store/4M-a.mrb")

# start CELL...: in the set that it is called by
start()
{
	for start_cell in "$@"; do
		cell_in "$(echo "$start_cell" | tr ab AB | cut -c1)" "$start_cell" || return 1
	done
}

# update ARGUMENT...: of both sets, by an operator, to what b2 has
update()
{
	in_node operator codeswap fleet update --master "$(address b2 mgmt)" \
		--tls "$(tls_of operator operator)" --state "$site/update" \
		--node-seconds 60 "$@" >"$RESULTS/update.log" 2>&1
	update_status=$?
	sed 's/^/# /' "$RESULTS/update.log" >&2
	return $update_status
}

# within FACTOR BYTES: at most that times the firmware
within()
{
	echo "$2 bytes, and the firmware has $size"
	awk -v most="$1" -v bytes="$2" -v size="$size" 'BEGIN { exit bytes > most * size }'
}

# ---- nothing but management processors ----------------------------------------------

for cell in $cells; do
	flash "$cell" nothing
	flags "$cell"
done
flags b3
start b3 || bail "no cell"
cells_run 2.0.0 40 b3 || bail "it does not run"
forget b3
# shellcheck disable=SC2086 # lists of words
start $cells || bail "no cells"
# shellcheck disable=SC2086
check "cells without a boot block say so [C9]" await_logs 'this cell is blank' 30 $cells
same "their high-speed interconnect is off [C1]" "$(link_of a1)$(link_of b2)" DOWNDOWN
store_make "$site/unbootable" hba-1.1.0 || bail "no store"
check "a manifest without a boot block is installed" fleet install a1 "$site/unbootable"
check "the cell says what is wrong with it" \
	await_problem a1 a1 'manifest 1 has no image of type hba-sim.boot; install one that has'
b3_was=$(rx_bytes b3 bulk0)
from_operator=$(tx_bytes operator mgmt0)
check "an operator installs it at one cell [C9]" fleet install a1 "$site/store"
check "that one boots, and runs [C9]" cells_run 2.0.0 40 a1
check "it went to that cell only, once [C9]" \
	within 1.2 $(($(tx_bytes operator mgmt0) - from_operator))
# shellcheck disable=SC2086
check "all others run [C9]" cells_run 2.0.0 60 $cells
check "the boot block came over the management interconnect [C9]" \
	await_logs 'chunks are fetched from http://10.71.*boot-1.0.0.mrb' 1 a2 b1 b2
check "the firmware did not [C9]" within 0.2 "$(rx_bytes b1 mgmt0)"
check "but over the high-speed interconnect [C9]" \
	fails within 0.9 "$(rx_bytes b1 bulk0)"
same "once for all of them [C9]" "$(times_said a1 'broadcast of 4M-a.mrb')" 1
# shellcheck disable=SC2086
check "they are in service" await_logs 'this machine is in service' 30 $cells
same "one that had it already was not disturbed [C9]" "$(times_said b3 'model0 is')" 0
check "and gets nothing [C9]" within 0.1 $(($(rx_bytes b3 bulk0) - b3_was))

# ---- the next version: by an operator, set by set ------------------------------------

: >"$site/calls/all"
for cell in $cells b3; do
	echo "0 $cell start" >>"$site/calls/all"
done
# shellcheck disable=SC2086
forget $cells b3
store_make --sequence 3 --chunk-bytes 262144 "$site/next" hba-3.0.0 boot-1.0.0 ||
	bail "no store"
check "the next version is installed at one cell" fleet install b2 "$site/next"
check "where it waits, since auto-update is off [C4]" \
	await_problem b2 b2 'manifest 3 is here; an operator has to approve it'
same "nobody was reset" "$(times_said a1 'model0 is')$(times_said b2 'model0 is')" 00
check "it goes to all cells, set by set [D9]" \
	update --set B,A
# shellcheck disable=SC2086
check "all run it" cells_run 3.0.0 5 $cells b3
check "from the flash" cmp "$site/next/hba-3.0.0.mrb" "$site/flash/a1/hba-3.0.0.mrb"
# shellcheck disable=SC2086
check "no set was down while another was not in service [D9]" never_without $members
same "one cell at a time was ordered" "$(grep -c '"group"' "$site"/update/journal-*)" 5

# ---- and from there it goes on by itself ------------------------------------------------

order a1 auto-on 1 0 desk 0 ""
# shellcheck disable=SC2086
await_logs 'auto-update is on' 10 $cells b3 || bail "auto-update is not on"
# shellcheck disable=SC2086
forget $cells b3
store_make --sequence 4 --chunk-bytes 262144 "$site/third" hba-3.0.0 boot-1.1.0 ||
	bail "no store"
check "with auto-update on, a new boot block" fleet install a2 "$site/third"
# shellcheck disable=SC2086
check "goes to all cells without an order [C4]" \
	await_logs 'boot-1.1.0.mrb is kept' 120 $cells b3
# shellcheck disable=SC2086
check "which run again" cells_run 3.0.0 60 $cells b3
check "with that" cmp "$site/flash/b1/boot-1.1.0.mrb" "$site/third/boot-1.1.0.mrb"
# shellcheck disable=SC2086
check "no set was down while another was not in service" never_without $members
