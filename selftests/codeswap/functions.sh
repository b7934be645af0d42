# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# What the shell tests share. A test begins with
#
#	. ./functions.sh
#	plan 3
#
# and then gives its results with check, pass, fail and skip. It needs no
# clean-up of its own: whatever functions.sh made is undone when the test
# ends, however it ends, in reverse order.
#
# CODESWAP_MODULES	directory of codeswap.ko and codeswap_sim.ko; without
#			it modprobe finds them
# CODESWAP_IMAGES	directory of the firmware images

CODESWAP_IMAGES=${CODESWAP_IMAGES:-/lib/firmware/codeswap}
# The programs that were built lie beside the test; so do those of a caller
# that has them elsewhere.
PATH=$PWD:$PATH
SIM=/sys/kernel/config/codeswap_sim

ksft_pass=0
ksft_fail=1
ksft_skip=4

planned=
count=0
failures=0
skips=0
cleanups=

# ---- results --------------------------------------------------------------

plan()
{
	planned=$1
	echo "TAP version 13"
	echo "1..$planned"
}

pass()
{
	count=$((count + 1))
	echo "ok $count $*"
}

fail()
{
	count=$((count + 1))
	failures=$((failures + 1))
	echo "not ok $count $*"
}

# skip DESCRIPTION WHY: this result only
skip()
{
	count=$((count + 1))
	skips=$((skips + 1))
	echo "ok $count $1 # SKIP $2"
}

# skip_all WHY: the whole test cannot run here
skip_all()
{
	[ -n "$planned" ] || { echo "TAP version 13"; echo "1..0 # SKIP $*"; }
	while [ "$count" -lt "${planned:-0}" ]; do
		skip "not run" "$*"
	done
	exit $ksft_skip
}

# bail WHY: nothing further can be tested
bail()
{
	echo "# $*"
	[ -n "$planned" ] || plan 1
	fail "cannot go on: $*"
	exit $ksft_fail
}

# diagnose: what a command said, as comments
diagnose()
{
	sed 's/^/# /'
}

# check DESCRIPTION COMMAND...: passes if the command succeeds
check()
{
	description=$1
	shift
	if output=$("$@" 2>&1); then
		pass "$description"
	else
		fail "$description"
		echo "$*: $output" | diagnose
		return 1
	fi
}

# refuses DESCRIPTION PATTERN COMMAND...: passes if the command fails and
# says, in a line that matches the extended regular expression, why
refuses()
{
	description=$1
	pattern=$2
	shift 2
	if output=$("$@" 2>&1); then
		fail "$description"
		echo "$* succeeded: $output" | diagnose
	elif ! echo "$output" | grep -qE -e "$pattern"; then
		fail "$description"
		echo "$* said '$output', not '$pattern'" | diagnose
	else
		pass "$description"
	fi
}

# same DESCRIPTION GOT WANTED
same()
{
	if [ "$2" = "$3" ]; then
		pass "$1"
	else
		fail "$1"
		echo "got '$2', wanted '$3'" | diagnose
	fi
}

# ---- undoing --------------------------------------------------------------

# on_exit COMMAND: run when the test ends, the latest first
on_exit()
{
	cleanups="$1
$cleanups"
}

# A failure to undo is a failure of the test: something was held.
undo()
{
	while [ -n "$cleanups" ]; do
		command=${cleanups%%
*}
		cleanups=${cleanups#*
}
		if ! output=$(eval "$command" 2>&1); then
			echo "# when cleaning up: $command: $output"
			failures=$((failures + 1))
		fi
	done
}

end_test()
{
	status=$?
	trap - EXIT
	undo
	if [ -n "$planned" ] && [ $count -ne "$planned" ]; then
		echo "# planned $planned results, gave $count"
		failures=$((failures + 1))
	fi
	[ $failures -eq 0 ] || exit $ksft_fail
	[ $status -eq $ksft_pass ] || exit $status
	[ $count -eq 0 ] || [ $skips -lt $count ] || exit $ksft_skip
	exit $ksft_pass
}

trap end_test EXIT
trap 'exit 1' HUP INT TERM

# ---- waiting --------------------------------------------------------------

# await SECONDS FILE [PATTERN]: until FILE is there, its first line matches
# PATTERN, or it is gone (PATTERN "-"); see await-attr.c
await()
{
	await-attr "$@"
}

# ---- kernel log -----------------------------------------------------------

# log_mark: log_since shows what the kernel logs from here on
log_mark()
{
	mark="codeswap-selftest: mark $$.$count"
	echo "$mark" >/dev/kmsg
}

log_since()
{
	dmesg | sed "1,/$mark/d"
}

# ---- modules and adapters -------------------------------------------------

require_root()
{
	[ "$(id -u)" = 0 ] || skip_all "needs root"
}

# require_program NAME...
require_program()
{
	for program in "$@"; do
		command -v "$program" >/dev/null ||
			skip_all "needs the program $program"
	done
}

require_configfs()
{
	grep -q configfs /proc/filesystems || modprobe configfs ||
		skip_all "the kernel has no configfs"
	grep -q ' /sys/kernel/config ' /proc/mounts ||
		mount -t configfs configfs /sys/kernel/config
}

# module_load NAME [PARAMETER...]
module_load()
{
	name=$1
	shift
	if [ -n "${CODESWAP_MODULES:-}" ]; then
		file=$(find "$CODESWAP_MODULES" -name "$name.ko")
		insmod "$file" "$@"
	else
		modprobe "$name" "$@"
	fi
}

module_loaded()
{
	[ -d "/sys/module/$1" ]
}

module_remove()
{
	! module_loaded "$1" || rmmod "$1"
}

# load_modules: core and simulated adapter, removed again at the end
load_modules()
{
	require_root
	require_configfs
	for module in codeswap codeswap_sim; do
		! module_loaded $module || bail "$module is loaded already"
		module_load $module || bail "cannot load $module"
		on_exit "module_remove $module"
	done
}

# adapter_create NAME [ATTRIBUTE=VALUE...]: make it, set it up, power it on
adapter_create()
{
	adapter=$SIM/$1
	mkdir "$adapter" || return 1
	on_exit "adapter_destroy $1"
	shift
	for setting in "$@"; do
		echo "${setting#*=}" >"$adapter/${setting%%=*}" || return 1
	done
	echo 1 >"$adapter/power"
}

# adapter_destroy NAME: nothing to do where there is none
adapter_destroy()
{
	[ -d "$SIM/$1" ] || return 0
	echo 0 >"$SIM/$1/power"
	rmdir "$SIM/$1"
}

# adapter_disk NAME: the path of its disk
adapter_disk()
{
	disk=$(cat "$SIM/$1/disk") || return 1
	echo "/dev/${disk#/dev/}"
}
