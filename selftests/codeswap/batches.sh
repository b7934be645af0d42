#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Several devices by one image: they are reconciled side by side and meet in
# ready; if one does not come, none is changed. Then they are overlaid together,
# or one after another.
# shellcheck disable=SC2154 # label1 and so on come by eval
. ./functions.sh
. ./devices.sh
. ./phases.sh
. ./three.sh

new=$(image hba-2.0.0)

# each NUMBER RESULT [PATTERN]: so did its last update end, and say
each()
{
	on "$1"
	result_is "$2" || { echo "$label: $(attr result) $(attr error)"; return 1; }
	attr error | grep -q -e "${3:-}"
}

# one_by_one: no blackout began before the one before it had ended
one_by_one()
{
	awk '/codeswap_phase:/ && $NF == "quiescing" { n++; bad += busy; busy = 1 }
		/codeswap_blackout:/ { busy = 0 }
		END { exit !(n == 3 && !bad) }' $TRACING/trace
}

# all_back: to 1.1.0, each for itself
all_back()
{
	all back
	on 1
}

plan 44
three_up
trace_start || bail "no tracefs"

# Together.
check "one image for three devices: swapped to" codeswap swap "$new"
check "all run it" all runs 2.0.0
check "nobody was interrupted before all were ready" in_order ready quiescing
on 1
check "I/O goes on" as_before 2.0.0 "$table"
all_back

# One says no while the others wait in ready.
on 2
set_fault hold bootstrap
set_fault fail bootstrap
codeswap swap "$new" >"$RESULTS/swapper.out" 2>&1 &
swapper=$!
for n in 1 3; do
	on $n
	check "$n waits in ready for the second" phase_is ready
done
on 2
let_go
wait $swapper
same "one says no: so does the command" $? 1
check "one says no: which it was, and why" \
	each 2 refused "cannot raise the update interrupt"
for n in 1 3; do
	check "one says no: $n is as it was, and says why" \
		each $n cancelled "because $label2 did not come so far"
done
check "one says no: none has changed" as_it_was

# Held, released one by one, and together all the same.
echo >$TRACING/trace
check "held: all are ready" codeswap swap --hold "$new"
check "held: in ready" all phase_is ready
codeswap release "$label1"
codeswap release "$label2"
same "held: two of three wait on for the third" \
	"$(cat "$dev1/phase" "$dev2/phase" "$dev3/phase" | uniq)" ready
codeswap release "$label3"
check "released: all run it" all runs 2.0.0
check "released: nobody was interrupted before all were ready" \
	in_order ready quiescing
all_back

# Cancelled in ready.
codeswap swap --hold "$new" >/dev/null
check "held: one is cancelled" codeswap cancel "$label3"
check "cancelled: by its own operator" each 3 cancelled "in phase ready; the old"
check "cancelled: with it the first" each 1 cancelled "$label3 did not come"
check "cancelled: with it the second" each 2 cancelled "$label3 did not come"
check "cancelled: none has changed" as_it_was

# Who crashes in ready has not come: none is overlaid.
codeswap swap --hold "$new" >/dev/null
codeswap release "$label1"
codeswap release "$label2"
on 3
set_fault crash now
# It comes to that instruction when it is asked for something.
debug login_count >/dev/null &
check "one crashes in ready: the first is as it was, and says why" \
	each 1 cancelled "because $label3 did not come so far"
check "one crashes in ready: so does the second" \
	each 2 cancelled "because $label3 did not come so far"
check "one crashes in ready: its old image was restarted" \
	each 3 rolled-back "crashed while it waited in ready"
check "one crashes in ready: none has changed" as_it_was

# One is started on its own, the others then together.
codeswap stage --all "$new" >/dev/null || bail "not staged"
on 2
check "one alone: swapped to" codeswap swap "$label"
check "one alone: the others then, all that are left" codeswap swap --all
check "one alone: all run it" all runs 2.0.0
all_back

# One after another.
echo >$TRACING/trace
check "serial: swapped to" codeswap swap --serial "$new"
check "serial: all run it" all runs 2.0.0
check "serial: nobody was interrupted before all were ready" \
	in_order ready quiescing
check "serial: one after another" one_by_one
all_back

# The one that goes first fails: the others stay as they are.
all set_fault corrupt overlay
refuses "serial, and one fails: so does the command" "." \
	codeswap swap --serial "$new"
same "serial, and one fails: one was rolled back, two were left alone" \
	"$(cat "$dev1/result" "$dev2/result" "$dev3/result" | sort | tr '\n' ' ')" \
	"cancelled cancelled rolled-back "
all set_fault corrupt none
check "serial, and one fails: the old image serves" as_it_was

# The same by a reset to the boot ROM: those behind it are not even reset.
all set_fault corrupt overlay
refuses "serial by reset, and one fails: so does the command" "." \
	codeswap swap --serial --method reset "$new"
same "serial by reset, and one fails: two were left alone" \
	"$(cat "$dev1/result" "$dev2/result" "$dev3/result" | sort | tr '\n' ' ')" \
	"cancelled cancelled failed "
all set_fault corrupt none
for n in 1 2 3; do
	on $n
	[ "$(attr state)" = running ] || swap_to 1.1.0 >/dev/null ||
		bail "$(attr error)"
done
check "serial by reset, and one fails: the others never stopped" \
	all runs 1.1.0

# One that runs it already has nothing to do, and keeps nobody waiting.
on 2
swap_to 2.0.0 >/dev/null || bail "$(attr error)"
check "one runs it already: the others swap" codeswap swap "$new"
check "one runs it already: all run it" all runs 2.0.0

# One in its boot ROM is loaded when the others are ready.
all_back
codeswap reset "$label3" || bail "no reset"
check "one in its boot ROM: all are brought to it" \
	sh -c "cat '$new' >/dev/codeswap"
check "one in its boot ROM: all run it" all runs 2.0.0

on 1
check "not one I/O failed" io_clean
wait
check "every request was answered once" io_answered
