#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The disk of the orchestrator's journal is full, at the beginning or in the middle: nothing is
# ordered that is not in the journal, a sentence says so, and with room it goes on; [D9].
. "$(dirname "$0")/site.sh"
. "$fleet/nodes.sh"
. "$fleet/rolling.sh"

plan 20
site_up 0 master1
# In one page of the journal there is room for all lines up to the one that orders the second
# set, and for short ones behind, but not for that: it has all of these names.
others=$(seq -f 'b%02g-one-of-the-second-set-with-a-long-name' 20)
rolling_site A=a1 "B=$(echo "$others" | tr '\n' ',' | sed 's/,$//')" || bail "no site"
takes 0.1

# small KIB: what the directory of the update can hold, of which a file takes up all
small()
{
	mkdir -p "$site/one"
	mount -t tmpfs -o "size=${1}k" small "$site/one" || bail "no tmpfs"
	cat /dev/zero >"$site/one/fill" 2>/dev/null
}

# begin_all: up to all of a set at once
begin_all()
{
	begin one --max-unavailable 100%
}

# room PAGES: is made, or all that there is
room()
{
	if [ $# -eq 0 ]; then
		rm "$site/one/fill"
	else
		truncate -s "-$((4096 * $1))" "$site/one/fill"
	fi
}

# ordered: by the lines of the journal, in that order; printed
ordered()
{
	python3 - "$site/one/journal" <<-'end'
		import json, sys
		for line in open(sys.argv[1]):
		    line = json.loads(line)
		    if line["event"] == "group":
		        print(*line["names"], sep="\n")
	end
}

# only_the_first_set: has been ordered, in the journal and by what is seen
only_the_first_set()
{
	echo "noted: $(ordered), ordered: $(outs)"
	[ "$(ordered)" = a1 ] && [ "$(outs)" = a1 ]
}

# fill_up: it is resumed until not even that can be noted any more
fill_up()
{
	while was=$(cksum <"$site/one/journal")
	      update one resume >>"$RESULTS/resume.log" 2>&1
	      [ "$(cksum <"$site/one/journal")" != "$was" ]; do
		:
	done
}

no_space='No space left on device; nothing is ordered that cannot be noted'

# ---- from the beginning ------------------------------------------------------------------

small 64
refuses "without room for the right to update, nothing begins" \
	'one/lock: No space left on device' begin_all
room 1
refuses "nor without room for the journal" "one/journal: $no_space" begin_all
same "nobody has been ordered anything" "$(outs)" ""
same "and no journal says that it had begun" "$(wc -c <"$site/one/journal")" 0
refuses "there is nothing that could go on" 'no update' update one resume

# ---- in the middle -------------------------------------------------------------------------

room 1
refuses "when there is none any more, it ends" "one/journal: $no_space" begin_all
check "what has been ordered is in the journal" only_the_first_set
check "which has no half of a line" update one show
fill_up
check "so it is when it is resumed" only_the_first_set
before=$(cksum <"$site/one/journal")
refuses "without room it does not go on" "one/journal: $no_space" update one resume
check "nobody is ordered anything by that" only_the_first_set
same "and the journal is as it was" "$(cksum <"$site/one/journal")" "$before"
refuses "an emergency stop says that it cannot be noted" "one/journal: $no_space" update one stop
check "and all have heard it" said master1.site 'heard stop'
same "the journal is as it was" "$(cksum <"$site/one/journal")" "$before"

# ---- with room --------------------------------------------------------------------------------

room
check "with room it goes on" update one resume
same "to the end, and each was updated once" \
	"$(outs | tr ' ' '\n' | sort | tr '\n' ' ')" "a1 $(echo "$others" | tr '\n' ' ')"
same "never both sets at once" "$(both_sets_out)" ""
same "the journal tells all of it" "$(grep -c '"group"' "$site"/one/journal-*)" 2
desire 3 2.1.0
check "and a new update can begin" begin_all
umount "$site/one"
