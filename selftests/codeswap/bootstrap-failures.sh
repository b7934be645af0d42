#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A bootstrap that refuses, crashes, hangs, or hangs with interrupts off costs
# nothing but time: the old image serves on with its logins, the modules that
# it was burning are as they were, and the next swap goes well (U11).
. ./functions.sh
. ./devices.sh
. ./phases.sh

# survived TEXT RESULT PATTERN: what swap_to said and what there is. Results: 5
survived()
{
	same "$1: it is said in which phase and why" \
		"$status $(attr phase) $(attr result) $(attr error | cut -d' ' -f1)" \
		"1 idle $2"
	check "$1: and in a sentence" grep -qE "$3" "$RESULTS/swap.err"
	check "$1: 1.1.0 serves on, as it was" unchanged 1.1.0 "$before"
	same "$1: the modules are as they were" "$(debug modules)" "$modules"
	same "$1: nothing holds the driver any more" \
		"$(holders codeswap_sim)" "$holders"
}

try()
{
	swap_to "$1" >/dev/null 2>"$RESULTS/swap.err"
	status=$?
}

# In the background, to look at while it works.
begin()
{
	codeswap swap "$label" "$(image "hba-$1")" >/dev/null \
		2>"$RESULTS/swap.err" &
	swapper=$!
	await 20 "$dev/phase" reconciling >/dev/null || bail "not reconciling"
}

# burning: the flash is being written, and has no contents that count
burning()
{
	burning_until=$(($(date +%s) + 20))
	while ! debug modules | grep -q "^flash blank"; do
		[ "$(date +%s)" -lt $burning_until ] || return 1
	done
}

# Results: 2
swap_goes_well()
{
	check "then a swap goes well" swap_to 2.0.0
	check "and carries over what the old image had in its data" \
		sh -c "codeswap log $label | grep 'carry .*heartbeats'"
	same "and burns the module" "$(debug modules)" \
		"$(echo "$modules" | sed 's/flash 1.0.0/flash 2.0.0/')"
	swap_to 1.1.0 --allow-downgrade --accept-lost login-priority \
		>/dev/null || bail "not back"
}

plan $((5 + 6 + 6 + 2 + 5 + 6 + 6 + 3 * 3 + 3))
load_modules
device_up hba0 1.1.0 size=16777216 logins=16
blank=$(debug modules)
limits cancel=500 reconcile=60000
io_start
holders=$(holders codeswap_sim)

# Modules that nobody has written are something to be put back as well.
before=$(logins) modules=$blank
try 2.0.0-bad-refuse
survived "refuses, blank modules" "refused reconciling:bootstrap-refused" \
	"the new image's bootstrap refused: this image was built to refuse"

swap_to 1.1.0 --force >/dev/null || bail "cannot have the modules burned"
before=$(logins) modules=$(debug modules)
starts=$(counter starts) resets=$(counter resets)

try 2.0.0-bad-refuse
survived refuses "refused reconciling:bootstrap-refused" \
	"the new image's bootstrap refused: this image was built to refuse"
check "what it had done is reported as undone [U17]" \
	sh -c "codeswap log $label | grep ' undone '"
swap_goes_well
starts=$(counter starts)

try 2.0.0-bad-crash
survived crashes "refused reconciling:bootstrap-crash" \
	"the bootstrap crashed: cause 0x[0-9a-f]+ at 0x[0-9a-f]+, value 0x0; the old image goes on"
same "crashes: nothing had to be restarted" "$(counter starts)" "$starts"
swap_goes_well
starts=$(counter starts)

begin 2.0.0-bad-hang
check "hangs, half-way through burning the flash" burning
check "hangs: I/O moves beside it [U11]" io_moves
limits reconcile=500
# The limit counts from the next update on; this one is given up by hand.
codeswap cancel "$label"
wait $swapper
status=$?
survived "hangs, cancelled" "cancelled reconciling:cancelled" \
	"cancelled in phase reconciling; the old image goes on"
try 2.0.0-bad-hang
survived hangs "refused reconciling:bootstrap-hang" \
	"the bootstrap did not end within 500 ms \(limits/reconcile\); the old image goes on"
same "hangs: nothing had to be restarted" "$(counter starts)" "$starts"

try 2.0.0-bad-hang-irqoff
survived "hangs, interrupts off" "rolled-back reconciling:bootstrap-hang" \
	"the bootstrap did not end within 500 ms \(limits/reconcile\); the old image goes on"
same "hangs, interrupts off: the old image was started at its warm entry" \
	"$(counter starts)" $((starts + 1))
limits reconcile=30000
swap_goes_well
same "no reset was needed" "$(counter resets)" "$resets"
check "not one I/O failed" io_clean
check "every request was answered once" io_adds_up
