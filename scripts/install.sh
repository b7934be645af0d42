#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: install.sh install | uninstall | list
#        install.sh modules_install KDIR | modules_uninstall KDIR
#
# Install what is built, and the source from which DKMS builds the modules;
# remove it again; or list it: mode and destination, with "/" behind directories.
# DESTDIR is put before every destination. PREFIX (/usr) is where programs, manual
# and headers go; what others look for in one place only goes to that place.
#
# The last two are for systems without DKMS: kbuild installs the modules for the
# kernel of KDIR below lib/modules/RELEASE/updates, behind INSTALL_MOD_PATH.
set -eu
TOP=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
. "$TOP/scripts/common.sh"
PATH=$PATH:/usr/sbin:/sbin

PREFIX=${PREFIX:-/usr}
DESTDIR=${DESTDIR:-}
INSTALL_MOD_PATH=${INSTALL_MOD_PATH:-}
version=$(cat "$TOP/VERSION")
dkms=/usr/src/codeswap-$version
# Directories that were not there before, below DESTDIR as all that follows.
record=usr/lib/codeswap/directories-made
# Files of this and of earlier installations, which had other ones perhaps.
files=usr/lib/codeswap/files-installed
made=
work=

cleanup()
{
	[ -z "$work" ] || rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 1' HUP INT TERM

# files MODE DIRECTORY DESTINATION [TEST...]: the rows of all files below
# a directory for which find's tests hold
files()
{
	row_mode=$1 row_source=$2 row_destination=$3
	shift 3
	(cd "$row_source" && find . -type f "$@") | sort | while read -r file; do
		echo "$row_mode $row_source/${file#./} $row_destination/${file#./}"
	done
}

# The table: mode, source, destination; "-" is the source of a directory.
table()
{
	cat <<-EOF
	0755 $B/helper/codeswap $PREFIX/bin/codeswap
	0755 $B/helper/codeswapd $PREFIX/sbin/codeswapd
	0755 $B/helper/codeswap-sited $PREFIX/libexec/codeswap/codeswap-sited
	0755 $B/helper/codeswap-httpget $PREFIX/libexec/codeswap/codeswap-httpget
	0755 $B/helper/codeswap-fleet $PREFIX/libexec/codeswap/codeswap-fleet
	0755 $B/helper/codeswap-mcastd $PREFIX/libexec/codeswap/codeswap-mcastd
	0755 $B/helper/codeswap-model $PREFIX/libexec/codeswap/codeswap-model
	0644 $TOP/include/uapi/linux/codeswap.h $PREFIX/include/linux/codeswap.h
	0644 $TOP/include/uapi/linux/mrb.h $PREFIX/include/linux/mrb.h
	0755 $TOP/helper/boot/boot-feed /usr/lib/codeswap/boot-feed
	0644 $work/codeswapd.service /usr/lib/systemd/system/codeswapd.service
	0644 $work/codeswap-site.service /usr/lib/systemd/system/codeswap-site.service
	0644 $TOP/helper/udev/60-codeswap.rules /usr/lib/udev/rules.d/60-codeswap.rules
	0755 - /lib/firmware/codeswap
	0755 - /var/lib/codeswap
	0644 $work/dkms.conf $dkms/dkms.conf
	0644 $TOP/COPYING $dkms/COPYING
	0644 $TOP/Kbuild $dkms/Kbuild
	0644 $B/firmware/rom.bin $dkms/firmware/rom.bin
	EOF
	files 0644 "$TOP/include" "$dkms/include" -name '*.h'
	files 0644 "$TOP/kmod" "$dkms/kmod" \
		'(' -name '*.[chS]' -o -name '*.mk' -o -name Kbuild ')'
	files 0755 "$TOP/helper/dracut/90codeswap" /usr/lib/dracut/modules.d/90codeswap
	files 0755 "$TOP/helper/initramfs-tools" /usr/share/initramfs-tools -name codeswap
	for page in "$TOP"/Documentation/man/*.rst; do
		page=$(basename "$page" .rst)
		echo "0644 $B/man/$page.gz" \
			"$PREFIX/share/man/man${page##*.}/$page.gz"
	done
}

# note_files: those of the table, beside those that were installed before
note_files()
{
	{
		[ ! -e $files ] || cat $files
		echo "$rows" | awk '$2 != "-" { print $3 }'
	} | sort -u >"$work/files"
	make_directory "$(dirname $files)"
	install -C -m 0644 "$work/files" $files
}

# What is written anew on the way: where the daemon lies, which version it is.
prepare()
{
	work=$(mktemp -d "${TMPDIR:-/tmp}/codeswap-install.XXXXXX")
	for unit in codeswapd.service codeswap-site.service; do
		sed "/^Exec/s,=/usr/sbin/,=$PREFIX/sbin/," \
			"$TOP/helper/systemd/$unit" >"$work/$unit"
	done
	sed "s/@VERSION@/$version/" "$TOP/dkms.conf" >"$work/dkms.conf"
}

require_sources()
{
	echo "$rows" | while read -r mode source destination; do
		[ "$source" = - ] || [ -r "$source" ] ||
			die "$source, for $destination, is not there:" \
			    "run 'make firmware helper man' first"
	done
}

# make_directory PATH: with those that it lies in
make_directory()
{
	[ ! -d "$1" ] || return 0
	make_directory "$(dirname "$1")"
	mkdir -m 0755 "$1"
	made="$made$1
"
}

# Also when it ends in the middle, so that uninstall finds all.
write_record()
{
	if [ -n "$made" ]; then
		make_directory "$(dirname $record)"
		printf '%s' "$made" >>$record
		chmod 0644 $record
	fi
	cleanup
}

install_all()
{
	prepare
	rows=$(table)
	require_sources
	[ -z "$DESTDIR" ] || mkdir -p "$DESTDIR"
	cd "$DESTDIR/"
	trap write_record EXIT
	note_files
	while read -r mode source destination; do
		if [ "$source" = - ]; then
			make_directory "${destination#/}"
			continue
		fi
		make_directory "$(dirname "${destination#/}")"
		# A file that is the same already is not touched.
		install -C -m "$mode" "$source" "${destination#/}"
	done <<-EOF
	$rows
	EOF
}

# remove_if_empty PATH
remove_if_empty()
{
	[ ! -d "$1" ] || rmdir --ignore-fail-on-non-empty "$1"
}

# remove_sources: of the modules, of every version that was installed. Nothing in
# there is anybody else's.
remove_sources()
{
	sed -n 's,^/\(usr/src/codeswap-[^/]*\)/.*,\1,p' "$1" | sort -u |
	while read -r source; do
		rm -rf "$source"
	done
}

# Images that somebody put into the directories stay, and so do those.
uninstall_all()
{
	for modules in "$DESTDIR"/var/lib/dkms/codeswap/*/; do
		[ ! -d "$modules" ] ||
			die "DKMS has modules of $(basename "$modules"): run" \
			    "'dkms remove codeswap/$(basename "$modules") --all'" \
			    "first"
	done
	[ -e "$DESTDIR/$files" ] || return 0
	cd "$DESTDIR/"
	while read -r file; do
		rm -f "${file#/}"
	done <$files
	remove_sources $files
	rm $files
	remove_if_empty lib/firmware/codeswap
	remove_if_empty var/lib/codeswap
	[ -e $record ] || return 0
	directories=$(sort -r $record)
	rm $record
	for directory in $directories; do
		remove_if_empty "$directory"
	done
}

list_all()
{
	table | while read -r mode source destination; do
		[ "$source" != - ] || destination=$destination/
		echo "$mode $destination"
	done
}

# kbuild calls depmod only where it finds System.map, which headers lack.
after_modules()
{
	[ -n "$INSTALL_MOD_PATH" ] || depmod "$1"
}

install_modules()
{
	"$TOP/scripts/modules.sh" "$1" '' modules_install INSTALL_MOD_DIR=updates
	after_modules "$(release_of "$1")"
}

uninstall_modules()
{
	release=$(release_of "$1")
	updates=lib/modules/$release/updates
	cd "$INSTALL_MOD_PATH/"
	rm -f "$updates/kmod/codeswap.ko"* "$updates/kmod/sim/codeswap_sim.ko"*
	[ ! -d "$updates/kmod/sim" ] ||
		rmdir -p --ignore-fail-on-non-empty "$updates/kmod/sim"
	after_modules "$release"
}

case $PREFIX in
/*) ;;
*) die "PREFIX=$PREFIX does not begin with '/'" ;;
esac
case "${1:-} $#" in
'install 1') install_all ;;
'uninstall 1') uninstall_all ;;
'list 1') list_all ;;
'modules_install 2') install_modules "$2" ;;
'modules_uninstall 2') uninstall_modules "$2" ;;
*)
	note "usage: install.sh install | uninstall | list |" \
	     "modules_install KDIR | modules_uninstall KDIR"
	exit 2
	;;
esac
