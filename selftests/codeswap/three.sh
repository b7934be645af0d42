# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # for the tests, and by eval
#
# Three devices, for tests of updates of several. Read after devices.sh.

# three_up: they run 1.1.0, and there is I/O on the first, whose logins are
# $table
three_up()
{
	load_modules
	for n in 3 2 1; do
		device_up hba$n 1.1.0 size=16777216 logins=16
		eval "label$n=\$label dev$n=\$dev node$n=\$node"
	done
	table=$(table)
	io_start
}

# on NUMBER: the device that functions of devices.sh are to mean
on()
{
	eval "label=\$label$1 dev=\$dev$1 node=\$node$1"
}

# all COMMAND...: succeeds for each device
all()
{
	for n in 1 2 3; do
		on $n
		"$@" || { echo "$label: $*"; return 1; }
	done
}

phase_is()
{
	await 20 "$dev/phase" "$1" >/dev/null
}

result_is()
{
	phase_is idle && [ "$(attr result)" = "$1" ]
}

runs()
{
	phase_is idle && [ "$(attr state) $(attr version)" = "running $1" ]
}

# in_order FIRST SECOND: all devices entered the one phase before any entered
# the other
in_order()
{
	awk -v first="$1" -v second="$2" '
		/codeswap_phase:/ && $NF == first { n++; last = NR }
		/codeswap_phase:/ && $NF == second && !begun { begun = NR }
		END { exit !(n == 3 && begun > last) }' "$TRACING/trace"
}

# as_it_was: the first serves under I/O, and nothing of any has changed
as_it_was()
{
	all runs 1.1.0 || return 1
	on 1
	as_before 1.1.0 "$table"
}
