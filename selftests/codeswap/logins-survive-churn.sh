#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Initiators log in and out while a login table is being converted, beside
# I/O: afterwards none is lost, and none is there that has left (U11).
. ./functions.sh
. ./devices.sh
plan 22

load_modules
device_up hba0 1.1.0 size=16777216 max_logins=256
dir=/sys/kernel/debug/codeswap_sim/$label
io_start

# agree: the firmware's table holds what the driver knows, and no more
agree()
{
	logins >"$RESULTS/logins" || return 1
	agree_count=$(debug login_count)
	[ "$(counter login_mismatches)" = 0 ] &&
		[ "${agree_count%% *}" = "$(wc -l <"$RESULTS/logins")" ]
}

has_login()
{
	[ "$(logins | grep -c " $1 ")" = 1 ]
}

# A query names a handle that the driver knows; who has left is found by
# counting what the firmware has.
device_count()
{
	count=$(debug login_count)
	echo "${count%% *}"
}

log_in()
{
	echo "$1" >"$dir/login"
}

log_out()
{
	echo "$1" >"$dir/logout"
}

stays=0x2000000000000001
leaves=0x2000000000000002
comes=0x2000000000000003
passes=0x2000000000000004
log_in $stays
log_in $leaves
check "before: two more have logged in" eval "has_login $stays && has_login $leaves"

check "the table is converted, the old image serves" swap_to 2.0.0 --hold
check "one logs in meanwhile" log_in $comes
check "one logs out" log_out $leaves
check "one comes and goes" eval "log_in $passes && log_out $passes"
check "I/O moves" io_moves
codeswap release "$label"
await 20 "$dev/phase" idle >/dev/null
same "the changes were taken over in the blackout [U11]" \
	"$(codeswap log "$label" | tr -s ' ' | grep sync)" \
	" sync reconciled login-table journal -> copied (4 entries)"
check "who stayed is there [U11]" has_login $stays
check "who came is there [U11]" has_login $comes
same "who left, or passed by, is not: 16, and these two [U11]" \
	"$(device_count)" 18
check "the device knows whom the driver knows" agree
check "the table works on: a login and a logout" \
	eval "log_in $leaves && log_out $comes && agree"

# More changes than the journal has room for.
check "back again, held" swap_to 1.1.0 --hold --allow-downgrade \
	--accept-lost login-priority
changes()
{
	n=0
	while [ $n -lt 520 ]; do
		log_in $passes && log_out $passes || return 1
		n=$((n + 1))
	done
}
check "1040 changes in a journal of 1024" changes
log_out $stays
codeswap release "$label"
await 20 "$dev/phase" idle >/dev/null
check "all entries are looked at, then [U11]" eval "serves 1.1.0 && agree"
same "who left is not there: 16, and one [U11]" "$(device_count)" 17

# Without looking: logins and logouts go on through every phase.
echo 400 >"$dir/churn"
churning()
{
	for version in 2.0.0 1.1.0 3.0.0; do
		swap_to $version --allow-downgrade \
			--accept-lost login-priority || return 1
		sync_count=$(codeswap log "$label" |
			awk '$1 == "sync" { gsub(/[()]/, ""); print $(NF - 1) }')
		echo "$version: $sync_count" >>"$RESULTS/synced"
	done
}
rm -f "$RESULTS/synced"
check "three swaps while 400 a second log in or out" churning
echo 0 >"$dir/churn"
sed 's/^/# synced on the way to /' "$RESULTS/synced"
check "some of it fell into the swaps" grep -q ': [1-9]' "$RESULTS/synced"
check "the device knows whom the driver knows [U11]" agree
same "no request was refused for want of a login [U11]" \
	"$(counter not_logged_in) $(counter login_failures)" "0 0"
check "3.0.0 serves" serves 3.0.0
check "not one I/O failed" eval "io_clean && io_adds_up"
