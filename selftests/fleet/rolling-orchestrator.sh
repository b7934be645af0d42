#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The orchestrator of rolling updates against a site that does as ordered: set by set, whatever
# happens to the orchestrator or to the nodes; [D9].
. "$(dirname "$0")/site.sh"
. "$fleet/nodes.sh"
. "$fleet/rolling.sh"

plan 50
site_up 0 master1
rolling_site A=a1,a2,a3 B=b1,b2 || bail "no site"
all="a1 a2 a3 b1 b2"

# ---- what would be done ---------------------------------------------------------

check "a plan is shown" begin one --dry-run --max-unavailable 2 --canary 1
echo "$output" >"$RESULTS/plan"
same "with its groups" "$(awk '/^group/ { printf "%s%s:", n++ ? " " : "", $4 }
	/^  [ab][0-9]/ { printf "%s", $1 }' "$RESULTS/plan")" "A,:a1 A:a2a3 B:b1b2"
check "and nothing is changed" [ ! -e "$site/one" ]
check "as JSON as well" sh -c "echo '$(begin one --dry-run -j | tr -d '\n')' |
	python3 -c 'import json, sys; assert len(json.load(sys.stdin)[\"groups\"]) == 5'"

# ---- from the beginning to the end ------------------------------------------------

check "sets are updated [D9]" begin one
same "one after the other" "$(outs)" "$all"
same "never both at once" "$(both_sets_out)" ""
check "what was done is told" update one show
check "and moved away" [ ! -e "$site/one/journal" ]
check "what is up to date is ordered nothing" begin one
same "nor goes out" "$(outs)" "$all"

# ---- groups -------------------------------------------------------------------------

desire 3 2.1.0
forget master1.site
check "two at a time, after a canary" begin one --max-unavailable 67% --canary 1
same "go in that order" "$(outs | cut -d' ' -f1)" a1
check "the canary alone" said master1.site 'out a1 .* with nobody'
check "the others at once" said master1.site 'out a3 .* with a2$'

# ---- killed ---------------------------------------------------------------------------

desire 4 2.2.0
forget master1.site
takes 1
begin_in_background two
for node in $all; do
	await_log master1.site "out $node" 20 || bail "$node is not updated"
	dies two
	in_background two resume
done
ends "killed five times, it comes to the end" two 60 0
same "each node was updated once" "$(outs)" "$all"
same "never both sets at once" "$(both_sets_out)" ""
takes 0.3

# ---- paused -----------------------------------------------------------------------------

desire 5 2.3.0
forget master1.site
fault a2 hang
begin_in_background three
await_log master1.site 'out a2' 20 || bail "a2 is not updated"
check "it can be told to pause" update three pause
mend a2
ends "when nobody is on its way any more, it pauses" three 20 3
same "nobody else was ordered" "$(outs)" "a1 a2"
refuses "another one does not begin meanwhile" 'is paused: resume it, roll it back, or stop' \
	begin three
refuses "what does not run is not told to pause" 'no update runs' update three pause
check "it is resumed" update three resume
same "with the others" "$(outs)" "$all"

# ---- signals ----------------------------------------------------------------------------

desire 51 2.3.1
forget master1.site
fault a1 hang
begin_in_background signals
await_log master1.site 'out a1' 20 || bail "a1 is not updated"
kill -s TERM "$(pid_of operator.signals)"
check "a signal is as a pause" await_log operator.signals 'who is on its way is waited for' 20
kill -s TERM "$(pid_of operator.signals)"
ends "a second one does not wait" signals 20 3
mend a1
check "that is resumed as well" update signals resume
same "and nobody is updated twice" "$(outs)" "$all"

# ---- one that fails -------------------------------------------------------------------------

desire 60 2.4.0
forget master1.site
fault a2 fail
refuses "a node that fails stops it" 'stopped: 1 of 5 members have failed.*its new image does not run' \
	begin four
same "nobody else was ordered" "$(outs)" "a1 a2"
check "all were told" said master1.site 'heard stop'
mend a2
check "once it is mended, it goes on" update four resume
same "with that one" "$(outs)" "a1 a2 a2 a3 b1 b2"

# ---- the other set ----------------------------------------------------------------------------

desire 70 2.5.0
forget master1.site
fault b1 gone
begin_in_background five
check "no node goes while another set is not in service [D9]" \
	await_log master1.site 'refused a1 b1' 20
same "none has gone" "$(outs)" ""
mend b1
ends "later they go" five 60 0
same "all of them" "$(outs)" "$all"

# ---- one that vanishes ----------------------------------------------------------------------------

desire 80 2.6.0
forget master1.site
fault a1 hang
begin_in_background six --node-seconds 4
await_log master1.site 'out a1' 20 || bail "a1 is not updated"
fault a1 gone
ends "a node that vanishes stops it in time" six 30 1
check "it is told how" said operator.six 'a1 .*has not answered for 4 s'
refuses "it does not go on without that" 'has not answered for 4 s' update six resume
tls=$(tls_of operator operator)
check "unless it is forgotten" in_node operator codeswap fleet forget \
	--master "$(address master1 mgmt)" --tls "$tls" --state "$site/six" a1
fault a1 hang
check "which the master hears" said master1.site 'heard forget 0 a1'
mend a1

# ---- two of them ------------------------------------------------------------------------------------

update six stop >/dev/null || bail "no stop"
desire 90 2.7.0
forget master1.site
fault a1 hang
begin_in_background seven --holder seven
await_log master1.site 'out a1' 20 || bail "a1 is not updated"
refuses "a second one by the same directory is refused" 'somebody updates already.*seven' \
	begin seven
dies seven
check "one that has died is stopped" update seven stop
check "by a new epoch, which all hear" said master1.site 'heard stop'
mend a1
fault a2 hang
begin_in_background eight --holder eight
await_log master1.site 'out a2' 20 || bail "a2 is not updated"
begin_in_background nine --holder nine
ends "who has lost the right stops" eight 20 1
check "and says whom it has lost it to" said operator.eight 'the right to update is lost: .* of nine'
mend a2
ends "the other one goes on" nine 60 0
same "each node was updated once" "$(outs)" "$all"
