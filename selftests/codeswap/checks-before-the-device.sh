#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# What the host can check is checked before the device is touched (U3): the
# bootstrap never begins, and an idle device does not execute one instruction.
. ./functions.sh
. ./devices.sh
plan 17

load_modules
device_up hba0 1.1.0 size=16777216
io_start
trace_start || bail "no tracefs"

# refused_early TEXT PATTERN IMAGE
refused_early()
{
	swap_refused "$1 [U3]" "$2" "$3"
}
refused_early "the wrong type of device" "is for type nic|no device of type" \
	2.0.0-bad-type
refused_early "an image that ends too early" \
	"ends after|shorter|missing|behind the end|truncated" 2.0.0-bad-truncated
refused_early "a digest that does not match" "digest" \
	2.0.0-bad-corrupt-digest
refused_early "a capability that the device lacks" "nonesuch" \
	2.0.0-bad-nonesuch

# By the kernel's own eyes: the tool does not look into a stream.
by_stream()
{
	sh -c "cat '$1' >'$node'" 2>/dev/null
	attr error | cut -d' ' -f1
}
bad=$RESULTS/bad.mrb
for offset in 100 1300; do
	cp "$(image hba-2.0.0)" "$bad"
	printf '\125' | dd of="$bad" bs=1 seek=$offset conv=notrunc 2>/dev/null
	by_stream "$bad" >"$RESULTS/said"
	check "a byte changed at $offset is found while the image comes [U3]" \
		grep -qE '^(staging|idle|staged):(malformed|digest)' \
		"$RESULTS/said"
done
{ cat "$(image hba-2.0.0)"; echo "something else"; } >"$bad"
refuses "junk behind an image is refused" "." \
	codeswap swap "$label" "$bad" --force
check "1.1.0 serves on" serves 1.1.0

check "none of them came as far as the bootstrap [U3]" \
	sh -c "! grep -E 'codeswap_phase: .* -> reconciling' $TRACING/trace"
check "they were refused while they were staged" \
	trace_has 'codeswap_result: .* -> refused'
check "not one I/O failed" io_clean

# The hart of an idle adapter waits: whoever touches it makes it execute.
instructions()
{
	counter instructions
}
still=$(instructions)
for bad in type truncated corrupt-digest nonesuch; do
	swap_to 2.0.0-bad-$bad >/dev/null 2>&1
	sh -c "cat '$(image hba-2.0.0-bad-$bad)' >'$node'" 2>/dev/null
done
same "for none of them the device executed an instruction [U3]" \
	"$(instructions)" "$still"
swap_to 2.0.0 >/dev/null 2>&1
check "for a good one it does" test "$(instructions)" -gt "$still"
