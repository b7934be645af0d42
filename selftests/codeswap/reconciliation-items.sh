#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Every kind of reconciliation that the samples have is reported as an item
# (U17), and has happened, as the device itself shows (U10).
. ./functions.sh
. ./devices.sh
plan 29

load_modules
# The cache is to be found filled.
IO_RATE=0
device_up hba0 1.1.0 size=16777216 max_logins=64
io_start
swap_to 1.1.0 --force >/dev/null || bail "cannot have the modules burned"

# formats: of all logins, as a query of each tells
formats()
{
	logins | awk '{ print $3 }' | sort -u | tr '\n' ' '
}

# shown TEXT ITEM: it was reported
shown()
{
	check "$1 [U10]" item "$2"
}

same "before: format 1, old modules" "$(formats)$(debug modules | tr '\n' ' ')" \
	"1 flash 1.0.0 4096 pla 1.0.0 8192 "
check "1.1.0 to 3.0.0" swap_to 3.0.0
shown "versions are compared" \
	"version compatible version 1.1.0 -> 3.0.0 (several ahead)"
shown "sizes are compared" "size reconciled memory 65536 -> 98304"
shown "load addresses are compared" \
	"load-address compatible load-address 0x80000000 -> 0x80000000"
shown "a capability is gained" "capability compatible guard none -> gained"
shown "formats are compared" \
	"state-format reconciled login-table format 1 -> format 2"
shown "the order of initialisation changes" \
	"init-order reconciled link before the logins -> after the logins"
shown "a structure is converted" \
	"convert reconciled login-table format 1, 16 bytes -> format 2, 32 bytes (16 entries)"
same "all entries are in the new format [U10]" "$(formats)" "2 "
shown "a structure is new" "init reconciled priority-stats none -> empty (8)"
same "and has its defaults [U10]" "$(logins | awk '$5 != 1' | wc -l)" 0
shown "registers are reset" \
	"register reconciled link 0x00000010 -> 0x00000000 (1)"
check "a cache is cleared [U10]" sh -c \
	"codeswap log $label | grep -E 'clear +reconciled +read-cache .*[0-9] bytes'"
shown "persistent data are carried over" \
	"carry compatible login-counters in place -> in place (64 entries)"
shown "data of the data segment, too" \
	"carry reconciled heartbeats running data -> staged data (1 entries)"
shown "a parameter list changes" \
	"protocol compatible login credits -> credits, priority"
shown "flash is updated" "module reconciled flash 1.0.0 -> 2.0.0 (4096 bytes)"
shown "programmable logic is updated" \
	"module reconciled pla 1.0.0 -> 3.0.0 (8192 bytes)"
same "both are what they should be [U10]" "$(debug modules | tr '\n' ' ')" \
	"flash 2.0.0 4096 pla 3.0.0 8192 "
shown "what changed meanwhile is synced" \
	"sync reconciled login-table journal -> copied"

# One by one, for programs: an index for each, in order, without a gap.
codeswap log --json "$label" >"$RESULTS/items.json"
same "items are read one by one, in order [U17]" \
	"$(awk -F'[:,]' '/"index"/ { print $2 }' "$RESULTS/items.json")" \
	"$(seq 0 $(($(codeswap log "$label" | wc -l) - 1)))"
check "3.0.0 serves" serves 3.0.0
check "not one I/O failed" io_clean

# What was done shows to the next bootstrap as well: the link register holds
# the new value, and without a read in between the cache stays empty.
swap_back >/dev/null || bail "cannot go back"
check "the link came up with the new setting [U10]" \
	item "register reconciled link 0x00000120 -> 0x00000000 (1)"
same "going back converts back [U10]" \
	"$(formats)$(debug modules | tr '\n' ' ')" \
	"1 flash 1.0.0 4096 pla 1.0.0 8192 "
swap_to 3.0.0 >/dev/null || bail "cannot go forth"
check "the cache was empty already [U10]" \
	item "clear reconciled read-cache filled -> empty"
check "for nothing had been read since" \
	sh -c "! codeswap log $label | grep 'read-cache.*bytes'"
check "every request was answered once" io_adds_up
