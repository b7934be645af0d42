# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Devices, images, the daemon and I/O, for tests that swap. Read after
# functions.sh. After device_up, $dev is the device's directory in sysfs,
# $node its own character device, $disk its disk, $label its short name.

CLASS=/sys/class/codeswap
RESULTS=${TMPDIR:-/tmp}

image()
{
	echo "$CODESWAP_IMAGES/$1.mrb"
}

attr()
{
	cat "$dev/$1"
}

# device_of LABEL: its directory in sysfs
device_of()
{
	for d in "$CLASS"/*; do
		[ "$(cat "$d/label" 2>/dev/null)" = "$1" ] || continue
		echo "$d"
		return 0
	done
	return 1
}

# device_create NAME [ATTRIBUTE=VALUE...]: an adapter that asks for an image
device_create()
{
	adapter_create "$@" || return 1
	disk=$(adapter_disk "$1")
	label=${disk##*/}
	dev=$(device_of "$label") || return 1
	node=/dev/${dev##*/}
	await 20 "$dev/state" minimal >/dev/null
}

# device_up NAME VERSION [ATTRIBUTE=VALUE...]: an adapter that runs VERSION
device_up()
{
	up_version=$2
	up_name=$1
	shift 2
	device_create "$up_name" "$@" || bail "no adapter, or it does not ask for an image"
	cat "$(image "hba-$up_version")" >"$node" ||
		bail "cannot load $up_version: $(attr error)"
	await 20 "$disk" >/dev/null || bail "$disk does not appear"
}

# daemon_start [DIRECTORY]: codeswapd, ended with the test
daemon_start()
{
	codeswapd --foreground --image-dir "${1:-$CODESWAP_IMAGES}" \
		2>"$RESULTS/codeswapd.log" &
	daemon=$!
	on_exit "daemon_stop"
}

daemon_stop()
{
	[ -n "$daemon" ] || return 0
	kill "$daemon" 2>/dev/null
	wait "$daemon" 2>/dev/null
	daemon=
}

# io_start [ARGUMENT...]: fio writes at random and reads back what it wrote,
# all the time, on the first half of the disk
io_start()
{
	rm -f "$RESULTS/fio.done"
	(
		sh -c 'echo $$ >"$0"; exec fio "$@"' "$RESULTS/fio.pid" \
			--name=verify --filename="$disk" --direct=1 \
			--ioengine=libaio --rw=randwrite --bsrange=4k-64k \
			--iodepth=16 --size=50% --verify=crc32c \
			--verify_fatal=1 --verify_backlog=64 --time_based \
			--runtime=3600 --eta=never --output-format=json \
			--output="$RESULTS/fio.json" "$@" 2>"$RESULTS/fio.err"
		: >"$RESULTS/fio.done"
	) &
	on_exit "io_stop"
	io_moves || bail "fio does no I/O: $(cat "$RESULTS/fio.err")"
}

io_stop()
{
	[ -e "$RESULTS/fio.pid" ] || return 0
	kill -INT "$(cat "$RESULTS/fio.pid")" 2>/dev/null
	# Not by wait: a subshell, as check has one, is not fio's parent.
	await 60 "$RESULTS/fio.done" >/dev/null
	rm -f "$RESULTS/fio.pid"
}

# Requests that the disk has completed since it came.
io_count()
{
	awk '{ print $1 + $5 }' "/sys/block/$label/stat"
}

# io_moves: more requests complete, within 20 s
io_moves()
{
	io_before=$(io_count)
	io_until=$(($(date +%s) + 20))
	while [ "$(io_count)" -lt $((io_before + 50)) ]; do
		[ "$(date +%s)" -lt $io_until ] || return 1
		read -r _ <"$dev/state"
	done
}

# io_clean: ends fio; fails if a single request of it did
io_clean()
{
	io_stop || return 1
	grep -q '"error" : 0' "$RESULTS/fio.json" || return 1
	! grep '"error" : [1-9]' "$RESULTS/fio.json" || return 1
	! grep -i -e 'verify' -e 'error' "$RESULTS/fio.err" || return 1
	awk '/"total_ios"/ { gsub(/,/, ""); n += $3 } END { exit !(n > 100) }' \
		"$RESULTS/fio.json"
}

# logins: the login table as the firmware tells it, without what I/O changes
logins()
{
	cat "/sys/kernel/debug/codeswap_sim/$label/logins"
}

# serves VERSION: it runs, and its I/O moves
serves()
{
	[ "$(attr state) $(attr phase) $(attr version)" = "running idle $1" ] &&
		io_moves
}

# swap_to VERSION [ARGUMENT...]
swap_to()
{
	swap_version=$1
	shift
	codeswap swap "$label" "$(image "hba-$swap_version")" "$@"
}

# swap_back: from 3.0.0 to 1.1.0, which lacks two of its capabilities
swap_back()
{
	swap_to 1.1.0 --allow-downgrade --accept-lost login-priority \
		--accept-lost guard "$@"
}
