#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: check.sh stock | debug | virtme | install | boot | fleet | program NAME
#
# Run tests that are built, and count. The last line printed is
# "N passed, N failed, N skipped"; the exit status is 1 on any failure.
#
#   stock    unit tests, then the selftests in a VM on the stock kernel
#   debug    the selftests in a VM on the debug kernel
#   virtme   the selftests in virtme-ng on the stock kernel
#   boot     booting from a device that is fed; TESTS names cases
#   fleet    sites of many nodes; TESTS names some of them
#   install  installing into a directory of its own, and DKMS
#   program  one program of the selftests on the stock kernel, with the
#            exit status that it has, and no count
#
# TESTS names selftests to run instead of all.
set -eu
TOP=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
. "$TOP/scripts/common.sh"
export B
cd "$TOP"

run=selftests/vm/run.sh
logs=$B/log

# build_tests: the programs in C, by the rules of kselftest
build_tests()
{
	KSRC=$(scripts/fetch.sh source)
	export KSRC
	make --no-print-directory -C selftests/codeswap B="$B"
}

# recorded FILE COMMAND...: run it, keep what it prints. A command that fails
# must not be lost where all that it printed was passes.
recorded()
{
	file=$1
	shift
	rm -f "$file.failed"
	{ "$@" || touch "$file.failed"; } | tee "$file"
	if [ -e "$file.failed" ] &&
	   awk -f scripts/tap-totals.awk "$file" >/dev/null; then
		printf '# begin %s\n1..1\nnot ok 1 it ended well\n# end %s status 1\n' \
			"$1" "$1" | tee -a "$file"
	fi
}

# totals FILE...: the last line, and the truth
totals()
{
	awk -v names=1 -f scripts/tap-totals.awk "$@"
}

check_unit()
{
	note "unit tests"
	recorded "$logs/unit.tap" \
		make --no-print-directory -k -C selftests/unit B="$B" run
}

# check_vm NAME RUNNER...: its output is the selftests' TAP
check_vm()
{
	name=$1
	shift
	for test in ${TESTS:-}; do
		set -- "$@" --test "$test"
	done
	note "selftests: $*"
	recorded "$logs/$name.tap" "$@"
}

# every_other FIRST: of the selftests, as options; printed
every_other()
{
	make -s -C selftests/codeswap B="$B" print-tests | tr ' ' '\n' |
		awk -v first="$1" 'NF && ++n % 2 == first { printf " --test %s", $0 }'
}

# check_vms NAME RUNNER...: in two VMs where there is more than one processor
check_vms()
{
	if [ -z "${TESTS:-}" ] && [ "$(nproc)" -gt 1 ]; then
		check_two_vms "$@"
	else
		check_vm "$@"
	fi
}

# check_two_vms NAME RUNNER...: half of the selftests in each of two VMs side by side,
# since one of them leaves a processor idle; the second one's output comes at the end
check_two_vms()
{
	name=$1
	shift
	# What is in the background would not hear of a Ctrl-C.
	trap 'trap "" TERM; kill 0; exit 1' HUP INT TERM
	note "selftests, in two machines: $*"
	# shellcheck disable=SC2046 # lists of words
	recorded "$logs/$name-2.tap" "$@" --log "$logs/vm-$name-2" $(every_other 0) \
		>/dev/null 2>"$logs/$name-2.said" &
	# shellcheck disable=SC2046 # lists of words
	recorded "$logs/$name-1.tap" "$@" --log "$logs/vm-$name-1" $(every_other 1)
	wait $!
	cat "$logs/$name-2.said" >&2
	cat "$logs/$name-2.tap"
	cat "$logs/$name-1.tap" "$logs/$name-2.tap" >"$logs/$name.tap"
}

mkdir -p "$logs"
case "${1:-} $#" in
'stock 1')
	build_tests
	check_unit
	check_vms stock $run --kernel stock
	totals "$logs/unit.tap" "$logs/stock.tap"
	;;
'debug 1')
	build=$(scripts/debug-kernel.sh)
	scripts/modules.sh "$build"
	build_tests
	check_vms debug $run --kernel debug
	totals "$logs/debug.tap"
	;;
'virtme 1')
	build_tests
	check_vm virtme selftests/vm/virtme.sh
	totals "$logs/virtme.tap"
	;;
'boot 1')
	# shellcheck disable=SC2086 # a list of words
	recorded "$logs/boot.tap" selftests/boot/run.sh ${TESTS:-}
	totals "$logs/boot.tap"
	;;
'fleet 1')
	build_tests
	# shellcheck disable=SC2086 # a list of words
	recorded "$logs/fleet.tap" selftests/fleet/run.sh ${TESTS:-}
	totals "$logs/fleet.tap"
	;;
'install 1')
	recorded "$logs/install.tap" selftests/install/run.sh
	totals "$logs/install.tap"
	;;
'program 2')
	make --no-print-directory -C selftests/codeswap B="$B"
	exec $run --kernel stock --bare --test "$2" --pass SWAPS --pass SEED \
		--time-limit $((1800 + ${SWAPS:-1000} * 3)) \
		--test-limit $((1700 + ${SWAPS:-1000} * 3)) --log "$logs/$2"
	;;
*)
	note "usage: check.sh stock | debug | virtme | install | boot | fleet |" \
	     "program NAME"
	exit 2
	;;
esac
