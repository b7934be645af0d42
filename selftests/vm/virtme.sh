#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: virtme.sh [--test NAME...]
#
# Run the selftests in virtme-ng, on the stock kernel with the file systems of
# this machine, as users run kselftests. Same output and exit status as
# run.sh. Where virtme-ng cannot run, that is one visible skip.
set -eu
TOP=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
. "$TOP/scripts/common.sh"
here=$TOP/selftests/vm
tests_dir=$TOP/selftests/codeswap

skip()
{
	echo "# begin virtme"
	echo "TAP version 13"
	echo "1..0 # SKIP $*"
	echo "# end virtme status 4"
	exit 0
}

tests=
while [ $# -gt 0 ]; do
	case "$1 $#" in
	'--test 1') die "--test needs a name" ;;
	--test\ *) tests="$tests $2" ;;
	*) note "usage: virtme.sh [--test NAME...]"; exit 2 ;;
	esac
	shift 2
done

# find_vng: the system's own is taken as it is; one from the cache runs with
# the system's Python, by its path
find_vng()
{
	virtme=$("$TOP/scripts/fetch.sh" virtme) ||
		skip "virtme-ng is not available"
	vng=$virtme/bin/vng
	case $virtme in
	"$CACHE"/*)
		export PYTHONPATH="$virtme/lib/python3/dist-packages"
		export PATH="$virtme/bin:$PATH"
		vng="/usr/bin/python3 $vng"
		;;
	esac
	$vng --version >/dev/null 2>&1 || skip "virtme-ng does not start"
}

# The tests find what was built by path, and the kernel finds the images
# below the directory that its firmware loader is told of.
prepare()
{
	mkdir -p "$log" "$B/firmware-path" "$B/virtme-tests"
	ln -sfn ../firmware "$B/firmware-path/codeswap"
	rm -rf "$B/virtme-tests"
	mkdir -p "$B/virtme-tests"
	find "$tests_dir" -maxdepth 1 -type f -exec cp -t "$B/virtme-tests" {} +
	find "$B/selftests" -maxdepth 1 -type f -perm -u+x \
		-exec cp -t "$B/virtme-tests" {} +
	[ -n "$tests" ] || tests=$(make -s -C "$tests_dir" B="$B" print-tests)
}

guest_script()
{
	limit=$(sed -n 's/^timeout=//p' "$tests_dir/settings")
	cat <<-EOF
	mountpoint -q /sys/kernel/debug ||
		mount -t debugfs debugfs /sys/kernel/debug
	printf %s '$B/firmware-path' >/sys/module/firmware_class/parameters/path
	export PATH='$B/helper':\$PATH
	export CODESWAP_MODULES='$B/modules-$release'
	export CODESWAP_IMAGES='$B/firmware'
	export CODESWAP_KERNEL=stock
	export TEST_DIR='$B/virtme-tests'
	export TEST_TIME_LIMIT=$((limit * 2))
	sh '$here/run-tests.sh' $tests
	echo "status \$?" >'$log/result'
	dmesg >'$log/kernel.log'
	EOF
}

log=$B/log/vm-virtme
release=$(release_of "${KDIR:-$("$TOP/scripts/kdir.sh")}")
stock=${STOCK:-$("$TOP/scripts/fetch.sh" stock "$release")}
find_vng
prepare
rm -f "$log/result" "$log/kernel.log"
guest_script >"$log/guest.sh"

# shellcheck disable=SC2086 # a list of words
timeout --foreground -k 10 3600 $vng --run "$stock/boot/vmlinuz-$release" \
	--disable-kvm --cpus 2 --memory 1G --rwdir "$log=$log" \
	--append "log_buf_len=16M nokaslr oops=panic" \
	-- sh "$log/guest.sh" </dev/null 2>"$log/vng.log" | tee "$log/output.log"

status=$(sed -n 's/^status //p' "$log/result" 2>/dev/null || true)
if [ -z "$status" ]; then
	note "virtme-ng ended without a result, see $log/vng.log"
	status=1
fi
touch "$log/kernel.log"
log_status=0
echo "# begin kernel-log"
"$here/log-check.sh" "$log/kernel.log" || log_status=1
echo "# end kernel-log status $log_status"
[ $log_status -eq 0 ] || status=1
exit "$status"
