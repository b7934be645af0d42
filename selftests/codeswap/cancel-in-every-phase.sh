#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# An update can be cancelled until it quiesces the device: then the old image
# serves on, as it was. From there on cancelling it is too late: that is said,
# and the update goes to its end.
. ./functions.sh
. ./devices.sh
. ./phases.sh

new=$(image hba-2.0.0)
too_late="past the point of no return"

# cancelled WHERE PHASE: it is given up. Results: 3
cancelled()
{
	check "$1: cancel is taken" codeswap cancel "$label"
	let_go
	await 20 "$dev/phase" idle >/dev/null
	check "$1: the update is cancelled there" \
		ended cancelled "$2:cancelled"
	check "$1: 1.1.0 serves on, as it was" unchanged 1.1.0 "$before"
}

# goes_on POINT: it is not. Results: 3
goes_on()
{
	where="$(phase_at "$1"), at $1"
	reach "$1" codeswap swap "$label" "$new" ||
		bail "$where: $(cat "$RESULTS/swapper.err")"
	refuses "$where: it is too late to cancel" \
		"in phase $(phase_at "$1"), $too_late" codeswap cancel "$label"
	swapper_ends
	same "$where: the update goes to its end" \
		"$swapper_status $(attr result) $(attr error)" "0 success "
	check "$where: 2.0.0 serves" as_before 2.0.0 "$table"
	back
}

plan $((5 * 3 + 3 + 5 * 3 + 2 + 3 + 2))
load_modules
device_up hba0 1.1.0 size=16777216 logins=16
limits cancel=1000
before=$(logins)
table=$(table)
io_start

stream_part "$node" "$new" 10000 || bail "no stream"
cancelled staging staging
stream_rest "$new" 10000
check "staging: its writer is told: ECANCELED" \
	writer_told "Operation canceled"

codeswap stage "$label" "$new" >/dev/null || bail "cannot stage"
cancelled staged staged

reach attach codeswap swap "$label" "$new" || bail "not at attach"
cancelled "staged, and begun" staged
wait "$swapper"

# This bootstrap works and works, but listens.
codeswap swap "$label" "$(image hba-2.0.0-bad-hang)" >/dev/null 2>&1 &
await 20 "$dev/phase" reconciling >/dev/null || bail "not reconciling"
cancelled "reconciling" reconciling

modules=$(debug modules)
codeswap swap --hold "$label" "$new" >/dev/null || bail "not ready"
[ "$(debug modules)" != "$modules" ] || bail "no module was burned"
cancelled "ready" ready
check "ready: what had been done was undone" \
	sh -c "codeswap log $label | grep ' undone '"
same "ready: a module that had been burned is as it was" \
	"$(debug modules)" "$modules"

for point in quiesce overlay verify start commit; do
	goes_on "$point"
done

# An order that is refused must not take effect all the same.
reach bootstrap codeswap swap "$label" "$new" || bail "not at bootstrap"
refuses "reconciling: it is too late to have it wait in ready" \
	"has been started already" codeswap swap --hold "$label"
swapper_ends
same "reconciling: and it does not" "$swapper_status $(attr result)" \
	"0 success"
back

refuses "idle: there is nothing to cancel" "no update of $label is on" \
	codeswap cancel "$label"
check "afterwards a swap goes well" swap_to 2.0.0
check "2.0.0 serves" as_before 2.0.0 "$table"
check "not one I/O failed" io_clean
check "every request was answered once" io_adds_up
