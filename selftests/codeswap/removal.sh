# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # for the tests, and from devices.sh
#
# Taking a device away in the middle of an update, with I/O on it, while another
# device serves. Read after phases.sh.

new=$(image hba-2.0.0)

# The one that stays has an I/O of its own; fio.pid and $dev are its.
other_up()
{
	device_up hba9 1.1.0 size=16777216 logins=4
	other_dev=$dev other_label=$label other_disk=$disk
	io_start --rate_iops=200
}

other()
{
	dev=$other_dev label=$other_label disk=$other_disk
}

# victim_up: with reads and writes on it until they fail
victim_up()
{
	device_up hba0 1.1.0 size=16777216 logins=4 memory_size=1M
	limits cancel=500
	rm -f "$RESULTS/victim.done"
	{
		fio --name=victim --filename="$disk" --direct=1 \
			--ioengine=libaio --rw=randrw --bs=4k --iodepth=8 \
			--time_based --runtime=3600 --eta=never
		: >"$RESULTS/victim.done"
	} >"$RESULTS/victim.out" 2>&1 &
	io_moves || bail "no I/O: $(cat "$RESULTS/victim.out")"
}

# gone: the adapter can be taken away, with all that was shown of it, and
# whoever had I/O on it is told that it failed
gone()
{
	adapter_destroy hba0 || return 1
	for left in "$dev" "$node" "$disk" "/sys/block/$label"; do
		[ ! -e "$left" ] || { echo "$left is left"; return 1; }
	done
	await 20 "$RESULTS/victim.done" || return 1
	# A disk that is dead has no sectors any more: ENOSPC.
	grep -qE "error=(Input/output error|No such device|No space left)" \
		"$RESULTS/victim.out" ||
		{ cat "$RESULTS/victim.out"; return 1; }
	[ "$(holders codeswap_sim)" = "$idle" ] ||
		{ echo "held by $(holders codeswap_sim), not $idle"; return 1; }
}

other_serves()
{
	(other; serves 1.1.0)
}

# removed WHERE: Results: 2
removed()
{
	check "$1: the device goes, nothing of it stays" gone
	check "$1: the other one serves" other_serves
}

# told WHERE PHASE: whoever swaps is not left waiting, and told the truth; past
# the point of no return the update may have come to its end first. Results: 1
told()
{
	wait "$swapper"
	result="$? $(cat "$RESULTS/swapper.out" "$RESULTS/swapper.err")"
	case $result in
	0*"success: 2.0.0 runs"*) past_return "$2" ;;
	1*"device has gone"*|1*cancelled*) true ;;
	1*rolled-back*) past_return "$2" ;;
	*) false ;;
	esac
	same "$1: codeswap ends, and tells how" $? 0 || echo "$result" | diagnose
}

# bad FAULT: a swap to the bad image of that name begins
bad()
{
	codeswap swap "$label" "$(image "hba-2.0.0-bad-$1")" \
		>"$RESULTS/swapper.out" 2>"$RESULTS/swapper.err" &
	swapper=$!
}

# removed_at POINT: Results: 3
removed_at()
{
	victim_up
	reach "$1" codeswap swap "$label" "$new" ||
		bail "not at $1: $(cat "$RESULTS/swapper.err")"
	removed "$(phase_at "$1"), at $1"
	told "$(phase_at "$1"), at $1" "$1"
}

# Results: 3
other_is_well()
{
	other
	check "afterwards a swap of the other goes well" swap_to 2.0.0
	check "not one I/O of it failed" io_clean
	check "each was answered once" io_adds_up
}
