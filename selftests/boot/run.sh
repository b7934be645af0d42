#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: run.sh [CASE...]
#
# TIMES: how many boots are timed (1). MAKERS: only these.
#
# Boot a Debian root file system from an adapter that has no microcode at
# power-on, by dracut and by initramfs-tools, and with everything that can be
# wrong with it. Needs root's rights, for the root file system, and no network
# once scripts/root.sh has made it.
set -eu
TOP=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
. "$TOP/scripts/common.sh"
export B
here=$TOP/selftests/vm
accel=
boots=$TOP/selftests/boot
PATH=$B/helper:/usr/sbin:/sbin:$PATH
work=$B/boot
mkdir -p "$work"
cd "$TOP/selftests/codeswap"
# shellcheck source=../codeswap/functions.sh
. ./functions.sh
# shellcheck source=../vm/accel.sh
. "$here/accel.sh"
# shellcheck source=prepare.sh
. "$boots/prepare.sh"
# shellcheck source=boot.sh
. "$boots/boot.sh"
# shellcheck source=site-unit.sh
. "$boots/site-unit.sh"

uuid=c0de0000-0000-4000-8000-000000000001
disk=$work/disk

on_adapter="root=/dev/cshba0 codeswap_sim.adapters=backing=/dev/vda"
elsewhere="root=/dev/vda codeswap_sim.adapters="
first_process="init=/usr/local/sbin/guest-report"
report=$first_process

# try NAME INITRAMFS APPEND [UNTIL]: boot, and look at the kernel's log, too
try()
{
	log=$work/log/$maker/$1
	mkdir -p "$log"
	check "$maker, $1: it ends in time" boot "$2" "$report $3" "${4:-}"
	check "$maker, $1: nothing in the kernel's log" \
		"$here/log-check.sh" "$log/console"
}

# said and found: results of the last boot
said() { check "$maker, $1: it is said" console "$2"; }
found() { check "$maker, $1: ${3:-$2}" reported "$2"; }

# ---- all is well ------------------------------------------------------------

from_the_adapter()
{
	try "from the adapter" "$full" "$on_adapter"
	found "from the adapter" "root /dev/cshba0"
	found "from the adapter" "device cshba0 running 1.1.0"
	said "from the adapter" "codeswap: cshba0 runs 1.1.0"
}

chosen_image()
{
	try "a chosen image" "$full" \
		"$on_adapter rd.codeswap.image=hba-sim:hba-1.0.0.mrb"
	found "a chosen image" "device cshba0 running 1.0.0"
}

switched_off()
{
	try "rd.codeswap=0" "$full" "root=/dev/vda rd.codeswap=0"
	found "rd.codeswap=0" "root /dev/vda"
	check "$maker, rd.codeswap=0: no module is loaded" \
		sh -c "! grep -q '^module' '$log/report'"
}

limit_that_is_none()
{
	try "a limit that is none" "$full" "$on_adapter rd.codeswap.timeout=soon"
	said "a limit that is none" "rd.codeswap.timeout=soon is no number of seconds"
	found "a limit that is none" "root /dev/cshba0"
}

# ---- images -----------------------------------------------------------------

no_image()
{
	try "no image, root elsewhere" "$bare" "${elsewhere}size=16M"
	said "no image, root elsewhere" \
		"codeswap: cshba0 has no image: there is no image of type hba-sim in /lib/firmware/codeswap"
	found "no image, root elsewhere" "root /dev/vda"
	found "no image, root elsewhere" "device cshba0 minimal .*"
}

# What the maker of the initramfs gives where there is no root device.
no_image_no_root()
{
	case $maker in
	dracut) last="Entering emergency mode|Press Enter for maintenance" ;;
	*) last="ALERT! +/dev/cshba0 does not exist" ;;
	esac
	try "no image, no root" "$bare" \
		"$on_adapter rd.timeout=30 rd.retry=30 rd.codeswap.timeout=3" \
		"$last"
	said "no image, no root" "cshba0 has no image"
	same "$maker, no image, no root: it is said once" \
		"$(grep -c 'codeswap: cshba0 has no image' "$log/console")" 1
}

# bad_image CASE IMAGE SENTENCE
bad_image()
{
	with_images "$bare" "$work/initramfs" "$2"
	try "$1" "$work/initramfs" "${elsewhere}size=16M"
	said "$1" "codeswap: cshba0 has no image: .*$3"
	found "$1" "root /dev/vda"
	found "$1" "device cshba0 minimal .*"
}

truncated() { bad_image "a truncated image" hba-2.0.0-bad-truncated "bad-truncated.mrb: image 1: "; }
corrupt() { bad_image "a corrupt image" hba-2.0.0-bad-corrupt-digest "digest"; }
other_type() { bad_image "an image of another type" hba-2.0.0-bad-type "no image of type hba-sim"; }
never_healthy() { bad_image "an image that does not prove healthy" hba-2.0.0-bad-silent "all images .* failed, the last: "; }

bad_and_good()
{
	with_images "$bare" "$work/initramfs" hba-2.0.0-bad-silent hba-1.1.0
	try "a bad image and a good one" "$work/initramfs" "$on_adapter"
	found "a bad image and a good one" "root /dev/cshba0"
	found "a bad image and a good one" "device cshba0 running 1.1.0"
}

# ---- adapters ---------------------------------------------------------------

self_test_hangs()
{
	try "a self-test that hangs" "$full" \
		"${elsewhere}defect=hart,size=16M rd.codeswap.timeout=3"
	said "a self-test that hangs" \
		"cshba0 has not asked for an image: its self-test hangs"
	found "a self-test that hangs" "root /dev/vda"
}

self_test_fails()
{
	try "a self-test that fails" "$full" "${elsewhere}defect=flash,size=16M"
	said "a self-test that fails" "the self-test of cshba0 failed with code 0x8"
	found "a self-test that fails" "root /dev/vda"
	found "a self-test that fails" "device cshba0 failed .*"
}

no_medium()
{
	try "no medium" "$full" \
		"${elsewhere}backing=/dev/vdz rd.codeswap.timeout=3"
	said "no medium" "backing /dev/vdz cannot be opened"
	said "no medium" "codeswap: the module codeswap_sim cannot be loaded"
	found "no medium" "root /dev/vda"
}

# Another module of the initramfs has begun to write an image, and does not end.
rival()
{
	with_rival "$full" "$work/initramfs"
	try "a rival" "$work/initramfs" \
		"${elsewhere}size=16M rd.codeswap.timeout=5"
	said "a rival" "cshba0 was being fed by somebody else when the time was over"
	found "a rival" "root /dev/vda"
}

# ---- the running system -----------------------------------------------------

# exposed: by systemd's own measure, not more than 2.5
exposed()
{
	awk '$1 == "exposure" { e = $2 } END { print e; exit !(e > 0 && e <= 2.5) }' \
		"$log/report"
}

# An initramfs for this host has the images of this host's devices; another type's
# lies beside them.
whole_system()
{
	report="systemd.wants=guest-report@$maker.service"
	try "the whole system" "$full" "$on_adapter"
	report=$first_process
	found "the whole system" "root /dev/cshba0"
	found "the whole system" "device cshba0 running 1.1.0" \
		"the adapter runs what the initramfs fed"
	found "the whole system" "swaps cshba0 1" "it was fed once"
	found "the whole system" "service codeswapd active" "the daemon runs"
	same "$maker, the whole system: the modules are there once" \
		"$(grep -c '^module codeswap' "$log/report")" 2
	found "the whole system" \
		"link /dev/codeswap-by-name/cshba0 /dev/codeswap0 600"
	found "the whole system" \
		"link /dev/codeswap-by-type/hba-sim/cshba0 /dev/codeswap0 600"
	check "$maker, the whole system: no unit has failed" \
		sh -c "! grep '^failed' '$log/report'"
	check "$maker, the whole system: the daemon is hardened" exposed
	found "the whole system" "image hba-1.1.0.mrb" \
		"for this host: images of its devices"
	check "$maker, the whole system: for this host: no others" \
		sh -c "! grep 'image .*bad-type' '$log/report'"
	found "the whole system" "carries codeswap_sim" \
		"for this host: the driver"
}

# That of a node, of a master and of a cell, with its limits. Nothing of it depends on the
# maker of the initramfs.
site_unit()
{
	[ "$maker" = "${makers%% *}" ] || return 0
	report="systemd.wants=codeswap-site.service systemd.wants=site-guest.service"
	try "a site" "$bare" "root=/dev/vda rd.codeswap=0 codeswap_sim.adapters=size=16M"
	report=$first_process
	while read -r line; do
		found "a site" "$line"
	done <<-'EOF'
	the units are well written
	interfaces
	the master's unit is active
	the cell's unit is active
	the node's unit tries again and again
	an address
	the node's unit is active
	codeswapd is inactive
	the device runs 1.1.0
	all are in service
	the program has started the service
	the cell runs
	both units reload
	an orchestrator updates the set
	the device runs 2.0.0
	it was fetched by HTTP
	the program has stopped and started the service
	the watchdog is content
	restarts 0
	the unit stops
	the service is active
	nothing was denied
	EOF
}

# ---- times ------------------------------------------------------------------

# seconds WHAT: the middle one of what $TIMES boots reported
seconds()
{
	sort -n "$work/times.$1" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

# time_boots NAME INITRAMFS APPEND: notes what they report
time_boots()
{
	rm -f "$work"/times.*
	# The kernel's own line tells when the initramfs begins.
	begins='s/.*\[ *\([0-9.]*\)\] Run \/init as init process.*/begins \1/p'
	for i in $(seq "${TIMES:-1}"); do
		try "$1, $i" "$2" "$3"
		{
			sed -n "$begins" "$log/console"
			tr -d '\r' <"$log/report"
		} | awk -v file="$work/times." '
			$1 == "begins" { begins = $2 }
			$1 == "uptime" { up = $2 }
			$1 == "time" { at[$2] = $3 }
			END {
				print up >>(file "up")
				print up - begins >>(file "initramfs")
				if (!("fed" in at))
					exit
				drivers = at["loaded"] - at["listening"]
				print at["core"] - at["begun"] + drivers >>(file "loading")
				print at["feeding"] >>(file "feeding")
				print at["fed"] - at["core"] - drivers - at["feeding"] \
					>>(file "beside")
				print at["fed"] >>(file "fed")
			}'
	done
}

# Printed, and not judged: this machine is not alone.
timing()
{
	image=bench/4M-a
	make --no-print-directory -C "$TOP/firmware-samples" B="$B" \
		"$B/firmware/$image.mrb" >"$work/times.log" 2>&1 ||
		fail "$maker, times: no image of 4 MiB, see $work/times.log"
	with_images "$bare" "$work/initramfs" $image
	time_boots "times without codeswap" "$work/initramfs" \
		"root=/dev/vda rd.codeswap=0"
	without=$(seconds up)
	initramfs=$(seconds initramfs)
	time_boots "times with 4 MiB to feed" "$work/initramfs" \
		"${elsewhere}size=16M,memory_size=8M"
	found "times" "device cshba0 running 2.0.0"
	echo "# $maker, seconds, from the kernel's start to the first process of" \
	     "the root file system: $without without codeswap, $(seconds up) with it;" \
	     "the adapter runs at $(seconds fed), after $(seconds loading) of" \
	     "loading modules, $(seconds beside) of starting codeswap feed and of the" \
	     "adapter's self-test, and $(seconds feeding) of feeding 4 MiB:" \
	     "$(awk -v a="$(seconds feeding)" -v b="$initramfs" \
		'BEGIN { printf "%.1f %% of the %.2f of the initramfs", 100 * a / b, b }')"
}

# ---- all of them ------------------------------------------------------------

cases='from_the_adapter chosen_image switched_off limit_that_is_none
no_image no_image_no_root truncated corrupt other_type never_healthy bad_and_good
self_test_hangs self_test_fails no_medium rival whole_system site_unit timing'

[ $# -eq 0 ] || cases=$*
makers=${MAKERS:-dracut initramfs-tools}
choose_accel
make_root
images_in_root
for maker in $makers; do
	make_initramfs "$maker" "$work/$maker-bare"
done
images_in_root hba-1.0.0 hba-1.1.0 hba-2.0.0-bad-type
site_in_root
for maker in $makers; do
	make_initramfs "$maker" "$work/$maker-full"
done
make_disk "$disk" 600

# From here on a command that fails is a result.
set +e
echo "TAP version 13"
for maker in $makers; do
	bare=$work/$maker-bare
	full=$work/$maker-full
	for case in $cases; do
		"$case"
	done
done
planned=$count
echo "1..$count"
