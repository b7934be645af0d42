#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# What an operator tells cells by commands, which are those of the menu, too: approval, once,
# and the flags that survive a reset; to those that are named, or to all.
. "$(dirname "$0")/site.sh"
. "$fleet/cells.sh"

plan 23

site_up 0 c1 c2 c3
store_make "$site/store" hba-1.1.0 boot-1.0.0 || bail "no store"
store_make --sequence 2 "$site/newer" hba-2.0.0 boot-1.0.0 || bail "no store"
flags c1
flags c2
flags c3
for cell in c1 c2 c3; do
	cell_start $cell || bail "no cell"
done
cells_run 1.1.0 40 c1 c2 c3 || bail "they do not run"

# tell VERB [WORD] CELL [NAME...]: codeswap fleet VERB, by way of CELL
tell()
{
	tell_verb=$1
	tell_word=
	case $2 in
	on | off)
		tell_word=$2
		shift
		;;
	esac
	tell_to=$2
	shift 2
	# shellcheck disable=SC2086 # a word, or none
	fleet "$tell_verb" "$tell_to" $tell_word "$@"
}

# flag_of CELL FLAG: in its settings; printed
flag_of()
{
	python3 -c '
import json, sys
print(json.load(open(sys.argv[1])).get(sys.argv[2], False))' \
		"$site/state/$1/settings.json" "$2"
}

# ---- approval ----------------------------------------------------------------------

check "a newer version is installed" fleet install c1 "$site/newer"
check "cells wait for an operator with it" \
	await_problem c1 c1 'manifest 2 is here; an operator has to approve it'
forget c1 c2 c3
check "one of them gets approval" tell approve c2 c1
check "and is updated" cells_run 2.0.0 40 c1
check "the order has the operator's name" said c1 'operator has approved what this cell waits for'
same "the others got none" "$(times_said c2 'has approved')$(times_said c3 'has approved')" 00
check "the number of an order is the clock's, in milliseconds" sh -c "
	number=\$(sed -n 's/.*order \([0-9]*\), approve,.*/\1/p' '$RESULTS/c2.log' | tail -n 1)
	now=\$(date +%s)
	[ \$((now - number / 1000)) -ge 0 ] && [ \$((now - number / 1000)) -le 60 ]"
forget c1
check "all get it" tell approve c2
check "so all are updated" cells_run 2.0.0 60 c2 c3
check "also the one by way of which it was said" said c2 'operator has approved'

# ---- flags --------------------------------------------------------------------------

same "auto-update is off" "$(flag_of c1 auto-update)" False
forget c1 c2 c3
check "it is switched on at two" tell auto on c3 c1 c2
await_logs 'auto-update is on' 10 c1 c2 || bail "it is not"
same "there, and nowhere else" \
	"$(flag_of c1 auto-update) $(flag_of c2 auto-update) $(flag_of c3 auto-update)" \
	"True True False"
check "off at all" tell auto off c3
await_logs 'auto-update is off' 10 c1 c2 c3 || bail "it is not"
same "is off" "$(flag_of c1 auto-update) $(flag_of c2 auto-update)" "False False"
check "requests are not waited for any more by one" tell ack off c3 c2
await_log c2 'no-acknowledge is on' 10 || bail "they are"
same "which is kept" "$(flag_of c2 no-acknowledge) $(flag_of c3 no-acknowledge)" "True False"
check "and are again" tell ack on c3 c2
await_log c2 'no-acknowledge is off' 10 || bail "they are not"

# ---- what is wrong -------------------------------------------------------------------

forget c1 c2
refuses "a name that is none's" "there is no cell 'c9'" tell approve c1 c2 c9
same "then the others are told nothing either" "$(times_said c2 'has approved')" 0
refuses "neither on nor off" "auto 'c2': on or off is wanted" tell auto c1 c2
refuses "a name that is too long" "is no name: it has 1 to 63 characters" \
	tell ack on c1 "$(printf '%064d' 0)"
kill_daemon c3
refuses "a cell that does not answer" "master at 10.71.255.3, port 7373: " tell approve c3 c1
