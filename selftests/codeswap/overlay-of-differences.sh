#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Only what differs is copied in the blackout (U12, U13), unless all of it is
# wanted, or a reset. A check says beforehand how much it will be, and what the
# blackout is expected to be; above the budget, the update is refused.
. ./functions.sh
. ./devices.sh
. ./phases.sh

# told KIND [ARGUMENT...] IMAGE: the count in what a check says of that kind
told()
{
	told_kind=$1
	shift
	codeswap check "$label" "$@" >"$RESULTS/checked" 2>&1
	awk -v kind="$told_kind" '$1 == kind {
		sub(/^.*\(/, ""); print $1 }' "$RESULTS/checked"
}

# bytes IMAGE KINDS: of its segments of these kinds, by its header
bytes()
{
	codeswap image info "$(image "$1")" | awk -v kinds=" $2 " '
		/^segments:/ { on = 1; next } /^[a-z]/ { on = 0 }
		on && index(kinds, " " $2 " ") { n += $4 } END { print n + 0 }'
}

copied()
{
	attr overlay_bytes
}

# swaps_with METHOD: to 2.0.0, in that way
swaps_with()
{
	swap_to 2.0.0 --method "$1" && await 20 "$dev/phase" idle >/dev/null
}

plan 43
load_modules
device_up hba0 1.1.0 size=16777216 logins=16 memory_size=8M
table=$(table)
io_start
trace_start || bail "no tracefs"
same "before the first swap there is no blackout to tell of" \
	"$(attr blackout_count) $(attr blackout_us) $(attr blackout_max_us)" \
	"0 0 0"

# The image that runs: all its text is there already.
data=$(bytes hba-1.1.0 data)
check "there is data to copy" test "$data" -gt 0
same "the image that runs: a check wants data copied, and no text" \
	"$(told overlay --force "$(image hba-1.1.0)")" "$data"
same "without a past, the declared blackout is expected" \
	"$(told blackout --force "$(image hba-1.1.0)")" "$(attr declared_us)"
check "it is swapped to" swap_to 1.1.0 --force
same "and no more was copied than that" "$(copied)" "$data"
check "I/O goes on" as_before 1.1.0 "$table"

# A large one of which 4 KiB differ: these, the build id, and all data.
check "another image: it is swapped to" swap_to 2.0.0-big
check "another image: I/O goes on" as_before 2.0.0 "$table"
data=$(bytes hba-2.0.0-big data)
wanted=$(told overlay "$(image hba-2.0.0-patched)")
echo "# $wanted bytes, $data of them data"
check "a patched image: no more than the patch and the build id" \
	test "$wanted" -ge $((data + 4096)) -a "$wanted" -le $((data + 4096 + 3 * 64))
check "with a past, there is something to expect" \
	test "$(told blackout "$(image hba-2.0.0-patched)")" -gt 0
extents=$(awk '$1 == "overlay" { print $(NF - 3) }' "$RESULTS/checked")
check "a patched image: it is swapped to" swap_to 2.0.0-patched
same "a patched image: what was copied is what the check had said" \
	"$(copied) $(attr overlay_extents)" "$wanted $extents"
check "a patched image: I/O goes on" as_before 2.0.0 "$table"
set_fault corrupt overlay
refuses "a patched image: what is wrong after the overlay is found" \
	"after the overlay" swap_to 2.0.0-big
check "a patched image: it is put back" as_before 2.0.0 "$table"
by_rollback=$(attr blackout_us)
back

# All of it.
same "method full: a check wants all of it" \
	"$(told overlay --method full "$(image hba-2.0.0)")" \
	"$(bytes hba-2.0.0 "text data")"
check "method full: it is swapped to" swaps_with full
same "method full: all of it was copied" "$(copied)" \
	"$(bytes hba-2.0.0 "text data")"
check "method full: I/O goes on" as_before 2.0.0 "$table"
back
live=$(attr blackout_us)

# What people do today.
resets=$(counter resets)
check "method reset: it is swapped to" swaps_with reset
same "method reset: by one reset" "$(counter resets)" $((resets + 1))
check "method reset: I/O goes on" as_before 2.0.0 "$table"
by_reset=$(attr blackout_us)
check "method reset: which took longer" test "$by_reset" -gt "$live"
echo "# reset $by_reset us, live $live us"
set_fault corrupt overlay
refuses "method reset: a load that fails is told of" "after the overlay" \
	swap_to 3.0.0 --method reset
check "method reset: then the old image is loaded again" await 20 "$dev/state" running
await 20 "$dev/phase" idle >/dev/null
codeswap reset "$label"
check "method reset: and another one, from the boot ROM" swap_to 1.1.0 \
	--allow-downgrade --accept-lost login-priority
same "method reset: with all text and data" "$(copied)" \
	"$(bytes hba-1.1.0 "text data")"
check "method reset: I/O goes on" as_before 1.1.0 "$table"

refuses "there is no method 'warm'" "there are: default, full, reset" \
	swap_to 2.0.0 --method warm

# The budget.
echo 1 >"$dev/budget_us"
refuses "above the budget: a check says so" \
	"a blackout of [0-9]* us is expected, and the budget of $label is 1 us" \
	codeswap check "$label" "$(image hba-2.0.0)"
swap_refused "above the budget: it is refused" "budget_us.*--force" 2.0.0
same "above the budget: with a reason of its own" \
	"$(attr error | cut -d' ' -f1)" "staged:over-budget"
check "above the budget: --force swaps all the same" swap_to 2.0.0 --force
echo 60000000 >"$dev/budget_us"
swap_refused "within the budget: not by a reset, which nobody can predict" \
	"how long a reset" 3.0.0 --method reset
check "within the budget: it is swapped to" swap_to 3.0.0
refuses "a budget is a number" "nvalid" sh -c "env echo much >'$dev/budget_us'"

# Statistics, against what the tracepoint told of each; of live swaps
# that succeeded.
await 20 "$dev/phase" idle >/dev/null
sed -n 's/.*codeswap_blackout:.*ns=\([0-9]*\)[0-9][0-9][0-9]$/\1/p' \
	$TRACING/trace | grep -vxe "$by_reset" -e "$by_rollback" | sort -n >"$RESULTS/blackouts"
same "count, shortest, and longest blackout" \
	"$(attr blackout_count) $(attr blackout_min_us) $(attr blackout_max_us)" \
	"$(wc -l <"$RESULTS/blackouts") $(head -1 "$RESULTS/blackouts") $(tail -1 "$RESULTS/blackouts")"
same "the one in the middle" "$(attr blackout_median_us)" \
	"$(sed -n "$((($(wc -l <"$RESULTS/blackouts") + 1) / 2))p" "$RESULTS/blackouts")"
check "not one I/O failed" io_clean
same "no request was lost" "$(counter errors) $(counter completions)" \
	"0 $(counter requests)"
