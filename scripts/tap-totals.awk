# SPDX-License-Identifier: GPL-2.0-only
#
# Count the results in TAP output of several programs, and print as the last
# line "N passed, N failed, N skipped".
#
# A program whose output does not match its plan, that ended with another
# status than 0 (pass), 1 (fail) and 4 (skip), that failed without saying what,
# or that never ran although it is named in the line "# tests", counts as one
# failure more. With -v names=1 the failures are listed.

function failure(what)
{
	failed++
	complaints = complaints "  failed: " what "\n"
}

# The end of one program's output; status is -1 where nobody told it.
function finish(status)
{
	if (!open)
		return
	if (status > 0 && status != 4 && !bad)
		failure(program ": exit status " status)
	else if (status == -2)
		failure(program ": did not end")
	else if (!planned && status != 4 && !bad)
		failure(program ": printed no plan")
	else if (planned && results != plan)
		failure(program ": " results " results, " plan " planned")
	open = 0
}

function start(name)
{
	program = name
	open = 1
	planned = plan = results = bad = 0
	ran[name] = 1
}

{ sub(/\r$/, "") }

/^# tests / {
	for (i = 3; i <= NF; i++)
		expected[$i] = 1
}

/^# begin / {
	finish(-1)
	start($3)
	framed = 1
}

/^# end / {
	finish($5 + 0)
	framed = 0
}

/^TAP version / {
	if (!framed) {
		finish(-1)
		start("program " ++anonymous)
	}
}

/^1\.\.[0-9]+/ {
	planned = 1
	plan = substr($1, 4) + 0
	if (plan == 0 && /# *SKIP/)
		skipped++
}

/^not ok / {
	results++
	if (/# *(TODO|XFAIL)/) {
		passed++
	} else {
		bad++
		failure(program ": " $0)
	}
}

/^ok / {
	results++
	if (/# *SKIP/)
		skipped++
	else
		passed++
}

END {
	finish(framed ? -2 : -1)
	for (name in expected)
		if (!(name in ran))
			failure(name ": was not run")
	if (names)
		printf "%s", complaints
	printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
	exit failed > 0
}
