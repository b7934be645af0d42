#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Size, load address and formats of live state are compared (U9): what does
# not fit is refused with the device untouched, and there is a way round.
. ./functions.sh
. ./devices.sh
plan 18

load_modules
device_up hba0 3.0.0 size=16777216
io_start
logins_before=$(logins | awk '{ print $1, $2, $4 }')

back="--allow-downgrade --accept-lost login-priority --accept-lost guard"
# shellcheck disable=SC2086 # options
swap_refused "state in a format that the new image does not take [U9]" \
	"login-table is in format 2, and the new image accepts 1 to 1" \
	1.0.0 $back
same "is the reason" "$(attr error | cut -d' ' -f1)" "staging:state-format"

# shellcheck disable=SC2086 # options
codeswap check $back "$label" "$(image hba-1.0.0)" >"$RESULTS/checked" 2>&1
tr -s ' ' <"$RESULTS/checked" >"$RESULTS/squeezed"
check "a check tells of the format [U9]" grep -qF \
	"state-format refused login-table format 2 -> accepts 1 to 1" \
	"$RESULTS/squeezed"
check "of the size [U9]" grep -qF \
	"size compatible memory 98304 -> 65536" "$RESULTS/squeezed"
check "of the load address [U9]" grep -qF \
	"load-address compatible load-address 0x80000000 -> 0x80000000" \
	"$RESULTS/squeezed"

swap_refused "another load address than the running image's [U9]" \
	"loads at 0x80100000, and the running one lies at 0x80000000" \
	2.0.0-moved --allow-downgrade --accept-lost guard

check "by a version in between, part one" swap_back
same "the login table is in format 1" "$(logins | awk '$3 != 1' | wc -l)" 0
check "part two" swap_to 1.0.0 --allow-downgrade
check "1.0.0 serves" serves 1.0.0
same "with all logins" "$(logins | awk '{ print $1, $2, $4 }')" \
	"$logins_before"
check "not one I/O failed" io_clean

# Where an image lies is its own business; only it must not move.
device_create hba1 size=16777216 || bail "no second adapter"
check "an image for another address is loaded there" \
	sh -c "cat '$(image hba-2.0.0-moved)' >'$node'"
await 20 "$disk" >/dev/null
io_start
refuses "now the usual address is the other one [U9]" \
	"loads at 0x80000000, and the running one lies at 0x80100000" \
	swap_to 3.0.0
check "its own is not" swap_to 2.0.0-moved --force
check "it serves; not one I/O failed" eval "serves 2.0.0 && io_clean"
