#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Boot a kernel in QEMU with a minimal file system and run tests, a command
# or a shell in it. Needs no root and no disk image. See usage() below.
set -eu
TOP=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
. "$TOP/scripts/common.sh"
here=$TOP/selftests/vm
# shellcheck source-path=SCRIPTDIR source=initramfs.sh
. "$here/initramfs.sh"
# shellcheck source=accel.sh
. "$here/accel.sh"

usage()
{
	cat <<-'EOF'
	usage: run.sh [OPTION...]
	  --test NAME        run this test, once or more (default: all tests)
	  --command TEXT     run this shell command instead of tests
	  --shell            an interactive shell instead of tests
	  --bare             print only what the test prints, and a bad kernel log
	  --kernel WHICH     stock (default), debug, or the path of a bzImage
	  --modules DIR      where codeswap.ko and codeswap_sim.ko lie, if not in
	                     the build directory; with --kernel PATH
	  --guest-module M   a module of the stock kernel that a test needs
	  --program P        a program of this host that a test needs
	  --images DIR       a directory that the tests shall see below the images
	  --network TAP      a network interface of the guest is this one of the
	                     host; repeatable, eth0 is the first
	  --cpus N           processors (default 2)
	  --memory SIZE      for QEMU (default 1G, debug kernel 2G)
	  --time-limit S     seconds for all (default 1800, debug kernel 5400)
	  --test-limit S     seconds for one test (default: selftests' settings,
	                     four times that on the debug kernel)
	  --pass NAME        an environment variable that the tests shall see
	  --append TEXT      more for the kernel command line
	  --accel HOW        tcg or kvm (default: kvm if a trial boot works)
	  --log DIR          where kernel.log and output.log go
	Variables: B (build directory), KDIR, CACHE, STOCK, KDEBUG_BUILD.
	Exit status: that of the test or the command; 1 if one of several tests
	failed, the VM did not end in time, or the kernel log has a report.
	EOF
}

kernel=stock
modules=
guest_modules=configfs
programs='fio keyctl'
pass_environment=
tests=
command=
job=tests
bare=
cpus=2
memory=
images=
time_limit=
test_time_limit=
append=
accel=
log=
networks=

while [ $# -gt 0 ]; do
	case $1 in
	--shell) job=shell; shift; continue ;;
	--bare) bare=1; shift; continue ;;
	--help|-h) usage; exit 0 ;;
	--*) [ $# -ge 2 ] || { usage >&2; exit 2; } ;;
	esac
	case $1 in
	--test) tests="$tests $2" ;;
	--command) job="command"; command=$2 ;;
	--kernel) kernel=$2 ;;
	--modules) modules=$2 ;;
	--guest-module) guest_modules="$guest_modules $2" ;;
	--program) programs="$programs $2" ;;
	--images) images=$2 ;;
	--network) networks="$networks $2" ;;
	--cpus) cpus=$2 ;;
	--memory) memory=$2 ;;
	--time-limit) time_limit=$2 ;;
	--test-limit) test_time_limit=$2 ;;
	--pass) pass_environment="$pass_environment $2" ;;
	--append) append=$2 ;;
	--accel) accel=$2 ;;
	--log) log=$2 ;;
	*)
		note "unknown option $1"
		usage >&2
		exit 2
		;;
	esac
	shift 2
done

# The stock kernel is the one whose headers the modules are built against.
choose_kernel()
{
	slow=1
	kernel_modules=
	kernel_name=$kernel
	case $kernel in
	stock)
		release=$(release_of "${KDIR:-$("$TOP/scripts/kdir.sh")}")
		stock=${STOCK:-$("$TOP/scripts/fetch.sh" stock "$release")}
		kernel=$stock/boot/vmlinuz-$release
		kernel_modules=$stock/lib/modules/$release
		;;
	debug)
		slow=4
		build=$("$TOP/scripts/debug-kernel.sh")
		release=$(release_of "$build")
		kernel=$build/arch/x86/boot/bzImage
		: "${memory:=2G}" "${time_limit:=5400}"
		;;
	*)
		kernel_name=other
		release=$(file -bL "$kernel" |
			sed -n 's/.*version \([^ ]*\).*/\1/p')
		;;
	esac
	[ -r "$kernel" ] || die "no readable kernel image at $kernel"
	[ -n "$release" ] || die "$kernel is not a Linux bzImage"
	[ -n "$modules" ] || [ ! -d "$B/modules-$release" ] ||
		modules=$B/modules-$release
	if [ -n "$kernel_modules" ] && [ ! -e "$kernel_modules/modules.dep" ]; then
		die "$kernel_modules has no modules.dep: run depmod there"
	fi
	: "${memory:=1G}" "${time_limit:=1800}"
}

# kselftest keeps the limit of one test in "settings".
choose_tests()
{
	[ -n "$tests" ] || tests=$(make -s -C "$TOP/selftests/codeswap" \
		B="$B" print-tests)
	limit=$(sed -n 's/^timeout=//p' "$TOP/selftests/codeswap/settings")
	: "${test_time_limit:=$((limit * slow))}"
	found=
	for test in $tests; do
		file=$(test_file "$test") || exit 1
		found="$found $file"
	done
	tests=${found# }
}

# test_file NAME: the program, with its suffix if it has one
test_file()
{
	for name in "$1" "$1.sh"; do
		if [ -x "$TOP/selftests/codeswap/$name" ] ||
		   [ -x "$B/selftests/$name" ]; then
			echo "$name"
			return
		fi
	done
	die "there is no test '$1' in selftests/codeswap or $B/selftests"
}

# The kernel's own limits are meant for hardware, not for a processor that
# is emulated on a busy machine. An oops ends the run: what follows it tells
# nothing, and the log has it.
command_line()
{
	echo "console=ttyS0 ignore_loglevel printk.time=1 rdinit=/init" \
		"8250.nr_uarts=4 panic=-1 oops=panic mitigations=off nokaslr" \
		"rcupdate.rcu_cpu_stall_timeout=120 watchdog_thresh=60" \
		"kmemleak=on $append"
}

# network_options: the guest's interfaces, in order
network_options()
{
	for tap in $networks; do
		echo "-netdev tap,id=$tap,ifname=$tap,script=no,downscript=no" \
			"-device virtio-net-pci,netdev=$tap,romfile="
	done
}

# boot_vm: kernel log, tests' output and result have a serial port each.
boot_vm()
{
	output="-serial stdio"
	[ "$job" != shell ] || output="-serial mon:stdio"
	# shellcheck disable=SC2046,SC2086 # several words each
	timeout --foreground -k 10 "$time_limit" qemu-system-x86_64 \
		-machine q35 $accel_options -smp "$cpus" -m "$memory" \
		-nodefaults -no-user-config -display none -no-reboot \
		$(network_options) \
		-kernel "$kernel" -initrd "$work/initramfs" \
		-append "$(command_line)" \
		-serial "file:$log/kernel.log" $output \
		-serial "file:$work/result"
}

# result: the word on the third port; without one the VM died.
result()
{
	status=$(sed -n 's/^status \([0-9]*\).*/\1/p' "$work/result" 2>/dev/null)
	if [ -z "$status" ]; then
		note "the VM ended without a result: its time limit of" \
		     "$time_limit s, or a crash; see $log/kernel.log"
		status=1
	fi
}

choose_kernel
: "${log:=$B/log/vm-$kernel_name}"
test_time_limit=${test_time_limit:-}
[ "$job" != tests ] || choose_tests
: "${test_time_limit:=$time_limit}"
busybox=$(command -v busybox) ||
	die "busybox-static is not installed: run 'make deps'"

mkdir -p "$log"
work=$(mktemp -d "${TMPDIR:-/tmp}/codeswap-vm.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
root=$work/root
: >"$log/kernel.log"
make_initramfs "$work/initramfs"
choose_accel

if [ "$job" = shell ]; then
	boot_vm
	exit
fi

# The lines between the tests are for those who count.
shown()
{
	if [ -n "$bare" ]; then
		sed -u -E '/^# (tests|begin|end) /d'
	else
		cat
	fi
}

boot_vm </dev/null | tee "$log/output.log" | shown
result
log_status=0
"$here/log-check.sh" "$log/kernel.log" >"$work/verdict" || log_status=1
{
	echo "# begin kernel-log"
	cat "$work/verdict"
	echo "# end kernel-log status $log_status"
} >"$work/framed"
cat "$work/framed" >>"$log/output.log"
if [ -z "$bare" ] || [ $log_status -ne 0 ]; then
	shown <"$work/framed"
fi
[ $log_status -eq 0 ] || status=1
exit "$status"
