# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2154 # variables of run.sh
#
# Boot a machine and look at what its console and its root file system said.
# Read by the programs here, after prepare.sh.

# machine INITRAMFS APPEND: QEMU, until the machine is off. The first serial
# port is the console, on the second the root file system reports.
machine()
{
	# shellcheck disable=SC2086 # $accel_options: words
	exec timeout --foreground -k 10 "${boot_limit:-300}" qemu-system-x86_64 \
		-machine q35 $accel_options -smp 2 -m 1G \
		-nodefaults -no-user-config -display none -no-reboot \
		-kernel "$kernel" -initrd "$1" \
		-append "console=ttyS0 8250.nr_uarts=4 panic=-1 oops=panic mitigations=off rcupdate.rcu_cpu_stall_timeout=120 watchdog_thresh=60 $2" \
		-serial "file:$log/console" -serial "file:$log/report" \
		-drive "file=$disk,if=virtio,format=raw${disk_options-,snapshot=on}" \
		</dev/null
}

# boot INITRAMFS APPEND [UNTIL]: until the machine is off, or its console says
# what the regular expression UNTIL matches. False if the time is over.
boot()
{
	: >"$log/console"
	: >"$log/report"
	machine "$1" "$2" &
	qemu=$!
	if [ -n "${3:-}" ]; then
		tail -n +1 -s 0.2 -f --pid=$qemu "$log/console" |
			grep -q -m 1 -E -e "$3" && kill $qemu 2>/dev/null
		wait $qemu 2>/dev/null
		grep -q -E -e "$3" "$log/console"
	else
		wait $qemu
	fi
}

# reported LINE: the root file system did report it
reported()
{
	tr -d '\r' <"$log/report" | grep -qxE -e "$1" || {
		echo "not reported: $1; but:"
		cat "$log/report"
		return 1
	}
}

# console PATTERN: it was said there
console()
{
	grep -qE -e "$1" "$log/console" || {
		echo "the console did not say: $1; but of codeswap:"
		grep 'codeswap: ' "$log/console"
		return 1
	}
}
