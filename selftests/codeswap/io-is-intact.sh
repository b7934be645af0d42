#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# I/O waits only around the overlay, for as long as that takes, and no request
# is lost, failed or answered twice (U13). Then the new image serves, and says
# itself which one it is (U14).
. ./functions.sh
. ./devices.sh
plan 21

load_modules
device_up hba0 1.1.0 size=16777216
faults=/sys/kernel/debug/codeswap_sim/$label/faults

# served: requests that the disk has had
served()
{
	awk '{ print $1 + $2 + $5 + $6 }' "/sys/block/$label/stat"
}
before_fio=$(served)
io_start

# Microseconds since the system started.
now_us()
{
	awk '{ printf "%d", $1 * 1000000 }' /proc/uptime
}

# Beside the work.
check "everything but the overlay is done" swap_to 2.0.0 --hold
held_since=$(now_us)
check "I/O runs beside it [U13]" io_moves
check "and goes on" eval "for _ in 1 2 3 4 5 6 7 8 9 10; do io_moves || exit 1; done"
held=$(($(now_us) - held_since))
codeswap release "$label"
await 20 "$dev/phase" idle >/dev/null
echo "# held for $held us, blackout $(attr blackout_us) us"
check "the blackout is that of the overlay alone [U13]" \
	test "$(attr blackout_us)" -lt "$held"

# In the overlay.
echo overlay >"$faults/hold"
codeswap swap "$label" "$(image hba-3.0.0)" >/dev/null 2>&1 &
swapper=$!
await 20 "$faults/hold" held >/dev/null
quiet=$(io_count)
in_flight()
{
	awk '{ print $9 }' "/sys/block/$label/stat"
}
# fio may be busy comparing; what it asks for next has to wait.
waiting_until=$(($(date +%s) + 20))
until [ "$(in_flight)" -gt 0 ] || [ "$(date +%s)" -ge $waiting_until ]; do
	read -r _ <"$dev/state"
done
for _ in 1 2 3 4 5 6 7 8 9 10; do
	codeswap show "$label" >/dev/null
done
same "around it I/O waits" "$(io_count)" "$quiet"
check "requests wait: $(in_flight)" test "$(in_flight)" -gt 0
echo none >"$faults/hold"
wait $swapper
check "they are served then [U13]" serves 3.0.0

# Again and again, in every direction.
many()
{
	for _ in 1 2 3 4 5; do
		swap_back || return 1
		swap_to 2.0.0 || return 1
		swap_to 3.0.0 || return 1
	done
}
check "fifteen swaps more" many
check "3.0.0 serves" serves 3.0.0

# Who serves is what the new image says, not what the header says.
trace_start || bail "no tracefs"
starts=$(counter starts)
swap_back >/dev/null || bail "cannot go back"
same "the run-time of the new image was started, once [U14]" \
	"$(counter starts)" $((starts + 1))
check "it said so itself [U14]" trace_has 'codeswap_event: .* started'
check "and answered while it was on trial" \
	trace_has 'codeswap_event: .* heartbeat'
same "its version is the one that was wanted [U14]" "$(attr version)" 1.1.0
logins_before=$(logins)
refuses "an image that says another version than its header is found out [U14]" \
	"says that it is version 2.0.0, and its header says 1.9.9" \
	swap_to 2.0.0-bad-version
check "1.1.0 serves on, as it was" unchanged 1.1.0 "$logins_before"

# That image served I/O until it was found out. While the old one is put back
# over it, nothing may execute what is half of each: not even when the doorbell
# rings, here for a login.
executes()
{
	still=$(counter instructions)
	codeswap list >/dev/null
	[ "$(counter instructions)" != "$still" ]
}
put_back_held()
{
	dir=/sys/kernel/debug/codeswap_sim/$label
	echo write >"$faults/hold"
	codeswap swap "$label" "$(image hba-2.0.0-bad-version)" >/dev/null 2>&1 &
	swapper=$!
	await 20 "$faults/hold" held >/dev/null || return 1
	# From before the first byte to before the old image's start.
	echo start >"$faults/hold"
	tries=0
	while executes && [ $tries -lt 50 ]; do
		tries=$((tries + 1))
	done
	before=$(counter instructions)
	rung=$(counter doorbells)
	echo 0x2000000000000001 >"$dir/login" &
	login=$!
	until [ "$(counter doorbells)" -gt "$rung" ]; do
		read -r _ <"$dev/state"
	done
	executes
	after=$(counter instructions)
	echo none >"$faults/hold"
	wait $swapper
	wait $login
	echo 0x2000000000000001 >"$dir/logout"
	echo "$((after - before)) instructions"
	[ "$after" -eq "$before" ]
}
check "nothing executes while the old image is put back" \
	eval "put_back_held && put_back_held"
check "and 1.1.0 serves on, as it was" unchanged 1.1.0 "$logins_before"

check "fio has read what it wrote, and not one I/O failed [U13]" io_clean
check "every request was answered, once [U13]" io_adds_up

# fio counts what it asked for, the disk what it was asked for.
asked=$(awk '/"total_ios"/ { gsub(/,/, ""); n += $3 } END { print n }' \
	"$RESULTS/fio.json")
same "the disk served as many as fio asked for" "$(($(served) - before_fio))" \
	"$asked"
same "none is in flight any more" \
	"$(awk '{ print $9 }' "/sys/block/$label/stat")" 0
