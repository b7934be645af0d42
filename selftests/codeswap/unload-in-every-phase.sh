#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# In no phase can the modules be unloaded from under an update: it holds the
# driver, which holds the core; trying does no harm.
. ./functions.sh
. ./devices.sh
. ./phases.sh

new=$(image hba-2.0.0)

# held: the update itself is one holder more, and neither module goes
held()
{
	[ "$(holders codeswap_sim)" -eq $((idle + 1)) ] ||
		{ echo "held by $(holders codeswap_sim)"; return 1; }
	for module in codeswap_sim codeswap; do
		! rmmod $module 2>"$RESULTS/rmmod.err" || return 1
		grep -qi "in use\|busy\|temporarily unavailable" \
			"$RESULTS/rmmod.err" ||
			{ cat "$RESULTS/rmmod.err"; return 1; }
	done
}

# released: by the update that has ended
released()
{
	[ "$(holders codeswap_sim)" -eq "$idle" ] ||
		{ echo "held by $(holders codeswap_sim), not $idle"; return 1; }
}

# unload WHERE: Results: 2
unload()
{
	phase=$(attr phase)
	check "$1: neither module can be unloaded" held
	same "$1: the update is where it was" "$(attr phase)" "$phase"
}

# Results: 2
went_well()
{
	check "$1: the update goes to its end" as_before 2.0.0 "$table"
	check "$1: and lets the module go" released
	back
}

plan $((4 + 4 + 4 + 7 * 4 + 3))
load_modules
device_up hba0 1.1.0 size=16777216 logins=16
table=$(table)
io_start
idle=$(holders codeswap_sim)

stream_part "$node" "$new" 10000 || bail "no stream"
unload staging
stream_rest "$new" 10000
went_well staging

codeswap stage "$label" "$new" >/dev/null || bail "cannot stage"
unload staged
codeswap swap "$label" >/dev/null || bail "cannot swap"
went_well staged

codeswap swap --hold "$label" "$new" >/dev/null || bail "not ready"
unload ready
codeswap release "$label"
await 20 "$dev/phase" idle >/dev/null
went_well ready

for point in $POINTS; do
	reach "$point" codeswap swap "$label" "$new" || bail "not at $point"
	unload "$(phase_at "$point"), at $point"
	swapper_ends
	went_well "$(phase_at "$point"), at $point"
done

check "not one I/O failed" io_clean
check "every request was answered once" io_adds_up
adapter_destroy hba0 || bail "cannot remove the adapter"
check "afterwards both can be unloaded" \
	sh -c "rmmod codeswap_sim && rmmod codeswap"
