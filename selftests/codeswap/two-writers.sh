#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A device has one update at a time. Whoever comes second, by whatever door
# and in whatever phase, is refused with EBUSY and a sentence; the first is
# not disturbed (K2, K3).
. ./functions.sh
. ./devices.sh

second=$(image hba-3.0.0)
busy="Device or resource busy"

write_second()
{
	cat "$second" >"$1"
}

# second_refused PHASE: by all doors; PHASE goes on. Results: 7
second_refused()
{
	wait_for="$label is being updated already \($1\); wait for the end, or cancel it"
	refuses "$1: /dev/codeswapN: EBUSY [K2]" "$busy" write_second "$node"
	refuses "$1: /dev/codeswap: EBUSY [K2]" "$busy" write_second /dev/codeswap
	check "$1: /dev/codeswap tells so in its error" grep -qE \
		"^staging:busy $wait_for" /sys/class/misc/codeswap/error
	refuses "$1: by name: EBUSY [K2]" "$busy" \
		sh -c "env echo hba-3.0.0.mrb >$node"
	refuses "$1: netlink: refused [K3]" "$wait_for" swap_to 3.0.0
	refuses "$1: netlink, by file descriptor: refused [K3]" "$wait_for" \
		swap_to 3.0.0 --fd
	same "$1: and the first goes on" "$(attr phase) $(attr update_id)" \
		"$1 $update"
}

# Both begin at once: one wins; the other is refused, or comes after.
race()
{
	write_second "$node" 2>"$RESULTS/err1" &
	first=$!
	write_second /dev/codeswap 2>"$RESULTS/err2" &
	other=$!
	wait $first
	won1=$?
	wait $other
	won2=$?
	[ $((won1 + won2)) -le 1 ] && [ "$(attr version)" = 3.0.0 ] || return 1
	[ $won1 -eq 0 ] || grep -q "$busy" "$RESULTS/err1" || return 1
	[ $won2 -eq 0 ] || grep -q "$busy" "$RESULTS/err2"
}

races()
{
	for _ in 1 2 3; do
		race || return 1
		swap_back || return 1
	done
}

plan $((3 * 8 + 6 + 3))
load_modules
device_up hba0 1.1.0 size=16777216 logins=16
table=$(logins | awk '{ print $1, $2, $4 }')
io_start

new=$(image hba-2.0.0)
stream_part "$node" "$new" 10000 || bail "no stream"
update=$(attr update_id)
second_refused staging
check "staging: a mere check is welcome meanwhile" \
	codeswap check "$label" "$second"
check "staging: the old image serves" io_moves
stream_rest "$new" 10000
same "staging: the first is taken to its end" $writer_status 0
check "and its image serves" serves 2.0.0

codeswap stage "$label" "$second" || bail "cannot stage"
update=$(attr update_id)
second_refused staged
check "staged: given up" codeswap cancel "$label"
check "and the old image serves" serves 2.0.0

codeswap swap --hold "$label" "$second" >/dev/null 2>&1 &
holder=$!
await 20 "$dev/phase" ready >/dev/null || bail "not ready"
update=$(attr update_id)
second_refused ready
check "ready: the old image serves" io_moves
check "ready: the first is taken to its end" codeswap release "$label"
wait $holder
same "and its writer is told of success" $? 0

swap_back >/dev/null || bail "not back"
check "three races: one wins at least, nobody gets an odd answer" races
same "no login was lost or changed" \
	"$(logins | awk '{ print $1, $2, $4 }')" "$table"
check "not one I/O failed" io_clean
