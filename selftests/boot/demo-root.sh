#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: demo-root.sh
#
# A Debian whose root file system is on the adapter that codeswap feeds: boots,
# gets new microcode 20 times while packages are unpacked, boots again with the
# new version. Prints the time line; exit status 1 on any I/O error, kernel
# warning, or check that fails.
set -eu
TOP=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
. "$TOP/scripts/common.sh"
export B
here=$TOP/selftests/vm
boots=$TOP/selftests/boot
PATH=/usr/sbin:/sbin:$PATH
accel=
work=$B/demo-root
mkdir -p "$work"
# shellcheck source=../vm/accel.sh
. "$here/accel.sh"
# shellcheck source=prepare.sh
. "$boots/prepare.sh"
# shellcheck source=boot.sh
. "$boots/boot.sh"

uuid=c0de0000-0000-4000-8000-000000000002
disk=$work/disk
disk_options=
boot_limit=1500
append="root=/dev/cshba0 codeswap_sim.adapters=backing=/dev/vda"
status=0

# Packages to be unpacked, of the archive that this system uses.
add_packages()
{
	(cd "$root/usr/local/share/codeswap-demo" &&
		apt-get download -q nano less file >&2) ||
		die "the packages to be unpacked cannot be fetched"
}

add_demonstration()
{
	share=$root/usr/local/share/codeswap-demo
	mkdir -p "$share"
	cp "$B/firmware/hba-1.1.0.mrb" "$B/firmware/hba-2.0.0.mrb" "$share/"
	cp "$B/firmware/hba-2.0.0-bad-type.mrb" "$share/other-type.mrb"
	add_packages
	cp "$boots/demo-guest" "$root/usr/local/sbin/"
	cat >"$root/etc/systemd/system/codeswap-demo.service" <<-'EOF'
	[Unit]
	Description=Microcode for the disk that this runs from
	After=multi-user.target
	[Service]
	Type=oneshot
	TimeoutStartSec=infinity
	ExecStart=/usr/local/sbin/demo-guest
	[Install]
	WantedBy=multi-user.target
	EOF
	in_root systemctl --quiet enable codeswap-demo codeswapd
}

# kernel_line PATTERN: the time of the first one of the kernel's log, in seconds
kernel_line()
{
	sed -n "s/^.*\[ *\([0-9.]*\)\] .*$1.*/\1/p" "$log/console" | head -n 1
}

time_line()
{
	echo "seconds from the kernel's start:"
	{
		echo "$(kernel_line 'codeswap: loading') the module codeswap is loaded"
		echo "$(kernel_line 'codeswap: cshba0 runs') the adapter runs its microcode"
		echo "$(kernel_line 'EXT4-fs (cshba0): mounted') root is mounted"
		tr -d '\r' <"$log/report" | sed -n 's/^\[\([0-9.]*\)\] /\1 /p'
	} | awk '{ at = $1; $1 = ""; printf "%10.2f %s\n", at, $0 }'
}

# one_boot NAME INITRAMFS
one_boot()
{
	log=$work/log/$1
	mkdir -p "$log"
	echo "== $1 boot"
	boot "$2" "$append" || {
		note "the machine did not end in $boot_limit s; see $log"
		status=1
	}
	time_line
	if ! grep -q '\] end' "$log/report" || grep -q 'not ok' "$log/report"; then
		note "the $1 boot: see what is not ok above, and $log/console"
		status=1
	fi
	"$here/log-check.sh" "$log/console" || status=1
}

choose_accel
make_root
images_in_root hba-1.1.0
add_demonstration
make_initramfs dracut "$work/initramfs"
make_disk "$disk" 1024
one_boot first "$work/initramfs"
rm -f "$work/initramfs-new"
debugfs -R "dump /boot/initramfs-new $work/initramfs-new" "$disk" 2>/dev/null
if [ -s "$work/initramfs-new" ]; then
	one_boot second "$work/initramfs-new"
else
	note "the machine made no initramfs of its own"
	status=1
fi
if e2fsck -f -n "$disk" >"$work/fsck.log" 2>&1; then
	echo "the file system is clean"
else
	note "the file system is damaged: $work/fsck.log"
	status=1
fi
exit $status
