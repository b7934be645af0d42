#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The demonstration: an adapter comes up with nothing but its boot ROM, is fed,
# serves a disk, and gets new microcode again and again while fio writes and
# reads back. Exit status 1 if a single I/O failed.
. ./functions.sh
. ./devices.sh
plan 12

step()
{
	echo
	echo "== $*"
}

run()
{
	echo "\$ $*"
	"$@" 2>&1 | sed 's/^/   /'
}

show_swap()
{
	codeswap show "$label" | sed 's/^/   /'
}

load_modules
step "An adapter is plugged in; nobody feeds it, so it stays in its boot ROM"
device_create hba0 logins=16 || bail "no adapter"
run codeswap list

step "codeswapd starts, and answers the image request that waits"
mkdir -p "$RESULTS/first"
cp "$(image hba-1.0.0)" "$RESULTS/first/"
daemon_start "$RESULTS/first"
await 30 "$dev/state" running >/dev/null
daemon_stop
daemon_start
run codeswap list
first=$(attr version)

step "fio writes at random to $disk and reads back what it wrote"
IO_RATE=0
io_start
before=$(logins)

step "A stream: cat hba-1.1.0.mrb > /dev/codeswap"
check "1.1.0 by cat" sh -c "cat '$(image hba-1.1.0)' >/dev/codeswap"
show_swap
step "A name: echo hba-2.0.0.mrb > /dev/codeswap"
check "2.0.0 by name" sh -c "echo hba-2.0.0.mrb >/dev/codeswap"
show_swap
step "An image whose digest is wrong"
refuses "a corrupt image is refused" . swap_to 2.0.0-bad-corrupt-digest --force
run codeswap list
same "2.0.0 goes on" "$(attr version)" 2.0.0
step "A good-looking image that never says a word: rolled back"
refuses "the mute image is rolled back" . swap_to 2.0.0-bad-mute --force
show_swap
same "2.0.0 serves again" "$(attr version) $(attr result)" "2.0.0 rolled-back"
same "with its login table intact" "$(logins | awk '{print $1, $2, $4}')" \
	"$(echo "$before" | awk '{print $1, $2, $4}')"
step "codeswap swap to 3.0.0"
check "3.0.0 by codeswap swap" swap_to 3.0.0
show_swap
step "and back to 1.1.0, and to 3.0.0 once more"
refuses "1.1.0 is older, and that wants a word" allow-downgrade swap_to 1.1.0
check "1.1.0, a downgrade that gives up two capabilities" swap_back
check "3.0.0 again" swap_to 3.0.0
show_swap

step "fio's verdict"
io_stop
awk '/"jobname"|"total_ios"|"error"|"iops" :|"short_ios"/ { print "   " $0 }' "$RESULTS/fio.json"
echo "   started with $first, ended with $(attr version)"
check "not one I/O failed, was lost or corrupted" io_clean
