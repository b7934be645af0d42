# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2154,SC2034,SC2016 # variables of run.sh and boot.sh; a shell's own text
#
# What a machine boots from: a Debian root file system with this tree installed,
# initramfs of both makers, a disk. Read by the programs here, which set $work,
# a directory of their own.

release=$(release_of "${KDIR:-$("$TOP/scripts/kdir.sh")}")
stock=${STOCK:-$("$TOP/scripts/fetch.sh" stock "$release")}
kernel=$stock/boot/vmlinuz-$release

# Modules of the kernel's own that a virtual machine's disk needs.
kernel_modules='virtio_blk virtio_pci ext4 crc32c_generic crc32c_intel configfs veth'

# in_root COMMAND...: as on the machine that the root file system is of
in_root()
{
	unshare --mount --fork sh -c '
		root=$1
		shift
		mount -t proc proc "$root/proc" &&
		mount -t tmpfs tmpfs "$root/tmp" &&
		exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
			LC_ALL=C chroot "$root" "$@"' sh "$root" "$@"
}

# copy_modules RELEASE FROM: those of $kernel_modules with what they need
copy_modules()
{
	to=$root/usr/lib/modules/$1
	mkdir -p "$to"
	cp "$2"/modules.builtin* "$2/modules.order" "$to/"
	cp "$stock/boot/config-$1" "$root/boot/"
	for name in $kernel_modules; do
		pattern=$(echo "$name" | sed 's/[-_]/[-_]/g')
		grep -E "/$pattern\.ko[.a-z]*:" "$2/modules.dep" |
			tr -d : | tr ' ' '\n'
	done | sort -u | while read -r file; do
		mkdir -p "$to/${file%/*}"
		cp "$2/$file" "$to/$file"
	done
}

# make_root: $root, with everything but images
make_root()
{
	root=$work/root
	base=$("$TOP/scripts/root.sh") || exit 1
	rm -rf "$root"
	cp -a "$base" "$root"
	copy_modules "$release" "$stock/lib/modules/$release"
	{
		make --no-print-directory -C "$TOP" install DESTDIR="$root" &&
		make --no-print-directory -C "$TOP" modules_install \
			INSTALL_MOD_PATH="$root"
	} >"$work/install.log" 2>&1 || die "it cannot be installed:" \
		"$work/install.log says why"
	depmod -b "$root" "$release"
	cp "$TOP/selftests/boot/guest-report" "$root/usr/local/sbin/"
	mkdir -p "$root/etc/codeswap"
	echo codeswap_sim >"$root/etc/codeswap/modules"
	echo "UUID=$uuid / ext4 rw 0 1" >"$root/etc/fstab"
	echo adapter >"$root/etc/hostname"
	cat >"$root/etc/systemd/system/guest-report@.service" <<-'EOF'
	[Unit]
	Description=Tells how it got here
	After=multi-user.target
	[Service]
	Type=oneshot
	TimeoutStartSec=infinity
	ExecStart=/usr/local/sbin/guest-report whole %i
	EOF
	in_root systemctl --quiet enable codeswapd
	in_root passwd -d root >/dev/null
}

# images_in_root NAME...: the image directory has these and no others
images_in_root()
{
	rm -rf "$root/lib/firmware/codeswap"
	mkdir -p "$root/lib/firmware/codeswap"
	for name; do
		cp "$B/firmware/$name.mrb" "$root/lib/firmware/codeswap/"
	done
}

# make_initramfs MAKER FILE
make_initramfs()
{
	case $1 in
	dracut)
		in_root dracut --no-hostonly --force --kver "$release" \
			/boot/initramfs
		;;
	initramfs-tools)
		in_root mkinitramfs -o /boot/initramfs "$release"
		;;
	esac >"$2.log" 2>&1 || {
		tail -n 5 "$2.log" >&2
		die "$1 made no initramfs: $2.log says why"
	}
	mv "$root/boot/initramfs" "$2"
}

# append_archive FROM TO: an initramfs that has what is in $work/more, too. The
# kernel unpacks archives that lie behind one another, each from a multiple of 4.
append_archive()
{
	cp "$1" "$2"
	truncate -s %4 "$2"
	(cd "$work/more" && find . | cpio -o -H newc --quiet -R 0:0) >>"$2"
}

# with_images FROM TO NAME...: an initramfs that has these images, too
with_images()
{
	from=$1
	to=$2
	shift 2
	rm -rf "$work/more"
	mkdir -p "$work/more/usr/lib/firmware/codeswap"
	for name; do
		cp "$B/firmware/$name.mrb" "$work/more/usr/lib/firmware/codeswap/"
	done
	append_archive "$from" "$to"
}

# with_rival FROM TO: an initramfs in which another module writes the beginning
# of an image, and keeps the device open
with_rival()
{
	rm -rf "$work/more"
	mkdir -p "$work/more/usr/lib/dracut/hooks/initqueue/settled" \
		"$work/more/scripts/local-top"
	head -c 10000 "$B/firmware/hba-1.1.0.mrb" >"$work/more/rival.part"
	cat >"$work/more/rival" <<-'EOF'
	#!/bin/sh
	[ ! -e /run/rival ] || exit 0
	: >/run/rival
	modprobe codeswap_sim
	{ cat /rival.part; sleep 1000; } >/dev/codeswap0 &
	EOF
	chmod +x "$work/more/rival"
	echo /rival >"$work/more/usr/lib/dracut/hooks/initqueue/settled/40-rival.sh"
	printf '/rival\n/scripts/local-top/codeswap\n' \
		>"$work/more/scripts/local-top/ORDER"
	append_archive "$1" "$2"
}

# make_disk FILE MEGABYTES: with the root file system on it
make_disk()
{
	rm -f "$1"
	truncate -s "${2}M" "$1"
	mke2fs -q -t ext4 -U "$uuid" -d "$root" "$1"
}
