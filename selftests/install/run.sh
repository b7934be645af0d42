#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: B=/abs/build selftests/install/run.sh
#
# make install and uninstall below a directory of this test's own, and DKMS with
# trees of its own there, for the kernel whose headers are installed and for that
# of the distribution's backports. The system is left as it is, which is
# tested as well. All must have been built; prints TAP.
TOP=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd) || exit 1
. "$TOP/scripts/common.sh"
PATH=$PATH:/usr/sbin:/sbin
export B PATH
cd "$TOP" || exit 1
unset DESTDIR PREFIX INSTALL_MOD_PATH

version=$(cat VERSION)
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
chmod 0755 "$work"
out=$work/out
root=$work/root
count=0
failed=0

result() # STATUS NAME
{
	count=$((count + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $count - $2"
	else
		echo "not ok $count - $2"
		tail -n 40 "$out" | sed 's/^/# /'
		failed=$((failed + 1))
	fi
}

# The command, which says what is wrong, succeeds.
check() # NAME COMMAND...
{
	name=$1
	shift
	"$@" >"$out" 2>&1 </dev/null
	result $? "$name"
}

# The command fails with one sentence that holds the text.
refuses() # NAME TEXT COMMAND...
{
	name=$1
	text=$2
	shift 2
	if "$@" >"$out" 2>&1 </dev/null; then
		echo "it succeeded" >>"$out"
		result 1 "$name"
	else
		grep -qF -- "$text" "$out"
		result $? "$name"
	fi
}

skip() # NAME WHY
{
	count=$((count + 1))
	echo "ok $count - $1 # SKIP $2"
}

# make of this tree, whatever variables the make has that runs this test
make_target() # TARGET VARIABLE=VALUE...
{
	env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL \
		make --no-print-directory -s "$@" B="$B"
}

# What is below a directory: kinds, modes, times, sizes, sums of what it holds
state() # DIRECTORY
{
	(cd "$1" && find . -printf '%p %y %m %T@ %s\n' | sort &&
		find . -type f -exec sha256sum '{}' + | sort)
}

same_state() # FILE DIRECTORY
{
	state "$2" | diff "$1" -
}

empty() # DIRECTORY
{
	find "$1" -mindepth 1 | grep . && return 1
	[ -d "$1" ]
}

# What install.sh lists is there with its mode, and nothing else but its record.
complete() # DIRECTORY PREFIX
{
	PREFIX=$2 scripts/install.sh list >"$work/list" &&
	sort -k 2 "$work/list" >"$work/wanted" &&
	{
		(cd "$1" && find . -type f -printf '0%m /%P\n') |
			grep -v -e '/directories-made$' -e '/files-installed$'
		(cd "$1" && find . -type d -name codeswap -path '*/firmware/*' \
			-o -type d -name codeswap -path './var/*') |
			while read -r directory; do
				stat -c "0%a ${directory#.}/" "$1/$directory"
			done
	} | sort -k 2 >"$work/found" &&
	[ "$(wc -l <"$work/wanted")" -ge 60 ] &&
	diff "$work/wanted" "$work/found"
}

# Anybody may read and enter, whatever the umask was.
all_can_read() # DIRECTORY
{
	! find "$1" '(' -type d ! -perm 0755 -o -type f ! -perm -0444 ')' | grep .
}

same_content()
{
	cmp "$B/helper/codeswap" "$root/usr/bin/codeswap" &&
	cmp "$B/helper/codeswapd" "$root/usr/sbin/codeswapd" &&
	cmp "$B/firmware/rom.bin" \
		"$root/usr/src/codeswap-$version/firmware/rom.bin" &&
	diff -r kmod "$root/usr/src/codeswap-$version/kmod" &&
	diff -r helper/initramfs-tools "$root/usr/share/initramfs-tools"
}

manual_is_readable()
{
	for page in Documentation/man/*.rst; do
		page=$(basename "$page" .rst)
		gzip -dc "$root/usr/share/man/man${page##*.}/$page.gz" |
			grep -q '^\.TH' || {
			echo "$page is no manual page"
			return 1
		}
	done
}

daemon_of() # DIRECTORY
{
	sed -n 's/^ExecStart=\([^ ]*\).*/\1/p' \
		"$1/usr/lib/systemd/system/codeswapd.service"
}

# systemd's own judgement; the daemon is where the unit says, below DIRECTORY.
unit_is_valid() # DIRECTORY
{
	sed "/^Exec/s,=$(daemon_of "$1"),=$1$(daemon_of "$1")," \
		"$1/usr/lib/systemd/system/codeswapd.service" \
		>"$work/codeswapd.service" &&
	systemd-analyze verify --man=no "$work/codeswapd.service" &&
	[ ! -s "$out" ]
}

check_unit_and_rules()
{
	name="systemd finds nothing wrong with the unit"
	if ! command -v systemd-analyze >/dev/null; then
		skip "$name" "there is no systemd-analyze here"
	else
		check "$name" unit_is_valid "$root"
	fi
	name="udev finds nothing wrong with the rules"
	if ! udevadm verify --help >/dev/null 2>&1; then
		skip "$name" "there is no udevadm here that verifies"
	else
		check "$name" udevadm verify "$root/usr/lib/udev/rules.d"
	fi
}

install_with_umask()
{
	(umask 077 && make_target install DESTDIR="$root")
}

check_install()
{
	mkdir "$root"
	check "make install" install_with_umask
	check "all that is listed is there with its mode, and nothing else" \
		complete "$root" /usr
	check "all can read it, although umask was 077" all_can_read "$root/usr"
	check "it is what was built, and the sources of this tree" same_content
	check "the manual pages are such" manual_is_readable
	check_unit_and_rules
	state "$root" >"$work/before"
	check "make install once more" make_target install DESTDIR="$root"
	check "which has changed nothing" same_state "$work/before" "$root"
}

check_uninstall()
{
	image=$root/lib/firmware/codeswap/mine.mrb
	echo "an image" >"$image"
	printf '%s\n' '' lib lib/firmware lib/firmware/codeswap \
		lib/firmware/codeswap/mine.mrb >"$work/image"
	# As if an earlier version had brought these.
	mkdir -p "$root/usr/src/codeswap-0.0.1"
	echo old >"$root/usr/src/codeswap-0.0.1/Kbuild"
	echo /usr/src/codeswap-0.0.1/Kbuild >>"$root/usr/lib/codeswap/files-installed"
	check "make uninstall" make_target uninstall DESTDIR="$root"
	check "a user's image survives" grep -qx "an image" "$image"
	find "$root" -printf '%P\n' | sort >"$work/after"
	check "and nothing else does" diff "$work/image" "$work/after"
	rm -rf "$root"
	mkdir "$root"
	check "make install again" make_target install DESTDIR="$root"
	check "make uninstall again" make_target uninstall DESTDIR="$root"
	check "leaves nothing at all" empty "$root"
	check "make uninstall where nothing is installed" \
		make_target uninstall DESTDIR="$root"
}

# Directories that were there, empty or not, stay as they were.
check_what_was_there()
{
	mkdir -p "$root/usr/local/sbin" "$root/usr/lib/udev/rules.d"
	echo "a rule" >"$root/usr/lib/udev/rules.d/70-mine.rules"
	(cd "$root" && find . | sort) >"$work/before"
	check "make install PREFIX=/usr/local, into what is there already" \
		make_target install DESTDIR="$root" PREFIX=/usr/local
	check "all that is listed is there" \
		test -x "$root/usr/local/bin/codeswap" -a \
		-e "$root/usr/local/share/man/man8/codeswap.8.gz" -a \
		-e "$root/usr/local/include/linux/mrb.h"
	check "nothing is in the other prefix" test ! -e "$root/usr/bin"
	check "the unit names the daemon" \
		test "$(daemon_of "$root")" = /usr/local/sbin/codeswapd -a \
		-x "$root$(daemon_of "$root")"
	check "make uninstall" \
		make_target uninstall DESTDIR="$root" PREFIX=/usr/local
	(cd "$root" && find . | sort) >"$work/after"
	check "leaves what was there, empty directories too" \
		diff "$work/before" "$work/after"
	rm -rf "$root"
}

check_without_root()
{
	name="no root is needed where DESTDIR can be written"
	nobody=
	mkdir "$work/nobody"
	if [ "$(id -u)" = 0 ]; then
		nobody="setpriv --reuid=65534 --regid=65534 --clear-groups"
		chown 65534:65534 "$work/nobody"
	fi
	# shellcheck disable=SC2086 # a list of words
	if $nobody test -x "$TOP/scripts" -a -r "$B/helper/codeswap"; then
		check "$name" $nobody env DESTDIR="$work/nobody" \
			scripts/install.sh install
	else
		skip "$name" "nobody else may read this tree"
	fi
}

check_refusals()
{
	mkdir -p "$root"
	refuses "refused: a relative PREFIX" "does not begin with '/'" \
		make_target install DESTDIR="$root" PREFIX=usr
	refuses "refused: to install what is not built" "run 'make" \
		env B="$work/nothing" DESTDIR="$root" scripts/install.sh install
	check "nothing was installed" empty "$root"
}

# Without DKMS.
check_modules()
{
	kdir=${KDIR:-$(scripts/kdir.sh)}
	release=$(release_of "$kdir")
	updates=$root/lib/modules/$release/updates
	check "make modules_install" make_target modules_install \
		KDIR="$kdir" INSTALL_MOD_PATH="$root"
	check "the modules are below updates/" \
		modules_are "$updates" "$release"
	check "make modules_uninstall" make_target modules_uninstall \
		KDIR="$kdir" INSTALL_MOD_PATH="$root"
	check "no module is left" test ! -e "$updates"
	rm -rf "$root"
}

# Both, for that kernel, one file each.
modules_are() # DIRECTORY RELEASE
{
	for module in codeswap codeswap_sim; do
		file=$(find "$1" -name "$module.ko*")
		magic=$(modinfo -F vermagic "$file") || return 1
		[ "${magic%% *}" = "$2" ] || {
			echo "$file: vermagic is '$magic', wanted $2"
			return 1
		}
	done
}

# dkms with its trees below $root and keys of its own; depmod it would run for the
# system's modules. What it says of a build is in the log that it names.
run_dkms() # ACTION ARGUMENT...
{
	$as_root env TMPDIR="$work" sign_file=/nonexistent \
		mok_signing_key="$work/mok.key" mok_certificate="$work/mok.pub" \
		dkms "$@" --no-depmod --dkmstree "$root/var/lib/dkms" \
		--sourcetree "$root/usr/src" --installtree "$root/lib/modules" ||
		{
			cat "$root"/var/lib/dkms/codeswap/*/build/make.log
			return 1
		}
}

status_is() # RELEASE WORD
{
	run_dkms status -m codeswap -v "$version" -k "$1" | tee "$work/status"
	grep -q ": $2\$" "$work/status"
}

build_is_quiet() # RELEASE
{
	set -- "$root/var/lib/dkms/codeswap/$version/$1/$(uname -m)/log/make.log"
	[ -s "$1" ] && ! grep -iE 'warning:|error:' "$1"
}

# autoinstall is what a new kernel's package calls.
check_dkms_kernel() # KDIR
{
	release=$(release_of "$1")
	modules=$root/lib/modules/$release
	mkdir -p "$modules"
	check "$release: dkms build" run_dkms build "codeswap/$version" \
		-k "$release" --kernelsourcedir "$1"
	check "$release: the compiler had nothing to say" build_is_quiet "$release"
	check "$release: dkms install" run_dkms install "codeswap/$version" \
		-k "$release" --kernelsourcedir "$1"
	check "$release: both modules are in updates/dkms, for that kernel" \
		modules_are "$modules/updates/dkms" "$release"
	check "$release: dkms says so" status_is "$release" installed
	check "$release: dkms uninstall" run_dkms uninstall "codeswap/$version" \
		-k "$release" --kernelsourcedir "$1"
	check "$release: no module is left" empty "$modules"
	check "$release: dkms autoinstall" run_dkms autoinstall \
		-k "$release" --kernelsourcedir "$1"
	check "$release: both modules are there again" \
		modules_are "$modules/updates/dkms" "$release"
}

# The system's, which nothing here may touch.
system_state()
{
	find /var/lib/dkms /usr/src /lib/modules/ -maxdepth 3 \
		-printf '%p %m %T@ %s\n' 2>/dev/null | sort
}

# other_kdir: sets $other, or says $why there is none
other_kernel()
{
	other=
	codename=$(os_field VERSION_CODENAME)
	if [ "$(os_field ID)" != debian ] || [ -z "$(os_field VERSION_ID)" ]; then
		why="no release of Debian, whose backports have another kernel"
		return
	fi
	check "fetch the headers of $codename-backports" \
		scripts/fetch.sh headers "$codename-backports"
	other=$(tail -n 1 "$out")
	if [ "$(release_of "$other")" = "$(release_of "$kdir")" ]; then
		other=
		why="the kernel of the backports is the one that is installed"
	fi
}

check_dkms()
{
	mkdir -p "$root/var/lib/dkms"
	system_state >"$work/system"
	check "make install, for DKMS" make_target install DESTDIR="$root"
	check "dkms add" run_dkms add -m codeswap -v "$version"
	check_dkms_kernel "$kdir"
	other_kernel
	if [ -n "$other" ]; then
		check_dkms_kernel "$other"
	else
		skip "a second kernel" "$why"
	fi
	refuses "refused: to uninstall what DKMS has" "dkms remove" \
		make_target uninstall DESTDIR="$root"
	check "dkms remove --all" run_dkms remove "codeswap/$version" --all
	check "leaves no module" empty_of_files "$root/lib/modules"
	check "leaves nothing in DKMS's tree" empty "$root/var/lib/dkms"
	rm -rf "$root/lib/modules" "$root/var/lib/dkms"
	check "make uninstall, after DKMS" make_target uninstall DESTDIR="$root"
	check "leaves no file" empty_of_files "$root"
	system_state >"$work/system.after"
	check "the system's DKMS, sources and modules are as they were" \
		diff "$work/system" "$work/system.after"
}

empty_of_files() # DIRECTORY
{
	! find "$1" ! -type d | grep .
}

# dkms install wants to be root; where a user may be that in a name space of his
# own, that will do.
choose_root()
{
	as_root=
	[ "$(id -u)" != 0 ] || return 0
	as_root="unshare --map-root-user"
	$as_root true 2>/dev/null
}

echo "TAP version 13"
check_install
check_uninstall
check_what_was_there
check_without_root
check_refusals
check_modules
if ! command -v dkms >/dev/null; then
	skip "DKMS" "there is no dkms here"
elif ! choose_root; then
	skip "DKMS" "not root, and no user name spaces"
else
	check_dkms
fi
echo "1..$count"
[ $failed -eq 0 ]
