# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Devices, images, the daemon and I/O, for tests that swap. Read after
# functions.sh. After device_up, $dev is the device's directory in sysfs,
# $node its own character device, $disk its disk, $label its short name.

CLASS=/sys/class/codeswap
# A place of this test's own: what another leaves behind must not be found.
RESULTS=$(mktemp -d "${TMPDIR:-/tmp}/codeswap.XXXXXX") || exit 1
on_exit "rm -rf $RESULTS"

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
	# Not only its node: partitions have been looked for, behind what may be
	# many logins.
	await 120 "/sys/kernel/debug/codeswap_sim/$label/shown" Y >/dev/null ||
		bail "$disk does not appear"
}

# daemon_start [DIRECTORY]: codeswapd, ended with the test
daemon_start()
{
	codeswapd --foreground --image-dir "${1:-$CODESWAP_IMAGES}" \
		2>"$RESULTS/codeswapd.log" &
	daemon=$!
	on_exit "daemon_stop"
}

# daemon_listens: it has joined the group of those who are asked for images
daemon_listens()
{
	listens_until=$(($(date +%s) + 20))
	while sh -c "echo no-such-image >$node" 2>/dev/null ||
	      ! attr error | grep -q "there is no image 'no-such-image'"; do
		[ "$(date +%s)" -lt $listens_until ] || return 1
	done
}

daemon_stop()
{
	[ -n "$daemon" ] || return 0
	kill "$daemon" 2>/dev/null
	kill -CONT "$daemon" 2>/dev/null
	wait "$daemon" 2>/dev/null
	daemon=
}

# Requests a second that fio begins with: enough to be in the way of whatever
# a test does, and not so many that a slow kernel does nothing else. 0: as
# many as there can be.
IO_RATE=${IO_RATE:-100}

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
			--runtime=3600 --rate_iops="$IO_RATE" --eta=never \
			--output-format=json \
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

# io_moves: more requests complete, within a minute
io_moves()
{
	io_before=$(io_count)
	io_until=$(($(date +%s) + 60))
	while [ "$(io_count)" -lt $((io_before + 50)) ]; do
		[ "$(date +%s)" -lt $io_until ] || { io_stands; return 1; }
		read -r _ <"$dev/state"
	done
}

# io_stands: what there is to tell of I/O that does not move
io_stands()
{
	echo "$(($(io_count) - io_before)) requests in a minute"
	awk '{ print $9, "in flight" }' "/sys/block/$label/stat"
	[ ! -e "$RESULTS/fio.done" ] || echo "fio has ended"
	cat "$RESULTS/fio.err"
	debug stats
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

# serves VERSION: it runs, no update is on, and its I/O moves
serves()
{
	# An update whose image runs already may have its last words to say.
	await 60 "$dev/phase" idle >/dev/null ||
		{ echo "phase $(attr phase)"; return 1; }
	[ "$(attr state) $(attr version)" = "running $1" ] ||
		{ echo "$(attr state) $(attr version)"; return 1; }
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

# stream_begin DOOR FILE BYTES: a writer that has been given so much and waits
# for more; $writer is its process
stream_begin()
{
	rm -f "$RESULTS/stream"
	mkfifo "$RESULTS/stream"
	cat "$RESULTS/stream" >"$1" 2>"$RESULTS/writer.err" &
	writer=$!
	on_exit "kill $writer 2>/dev/null; true"
	exec 5>"$RESULTS/stream"
	head -c "$3" "$2" >&5
}

# stream_part DOOR FILE BYTES: the same, and the device is being fed
stream_part()
{
	stream_begin "$@"
	await 20 "$dev/phase" staging >/dev/null &&
		await 20 "$dev/progress" "[1-9]*" >/dev/null
}

# stream_rest [FILE BYTES]: what is left of FILE, and the end; $writer_status is
# the writer's. Not within check, whose process is not the writer's parent.
stream_rest()
{
	[ $# -eq 0 ] || tail -c +$(($2 + 1)) "$1" >&5
	exec 5>&-
	wait "$writer"
	writer_status=$?
}

# writer_told PATTERN: the writer has failed, and said so
writer_told()
{
	[ "$writer_status" -ne 0 ] && cat "$RESULTS/writer.err" &&
		grep -q "$1" "$RESULTS/writer.err"
}

# feeding_begins: waits until a part of an image has come. The kernel reads a
# file by itself, and a stopped process does not stop it: what is to happen
# half-way has to happen at once. So no process is started here.
feeding_begins()
{
	feed_tries=0
	feed_percent=0
	while [ "$feed_percent" = 0 ]; do
		feed_tries=$((feed_tries + 1))
		[ $feed_tries -le 1000000 ] || return 1
		read -r feed_percent <"$dev/progress" || return 1
	done
}

# large_image NAME FILE: image NAME, with so many zeros behind its segments
# that it takes a while to feed
large_image()
{
	cp "$(image "$1")" "$2.small" &&
		truncate -s 48M "$2.small" &&
		edit-image "$2.small" "$2" image_size=$((48 << 20)) &&
		rm "$2.small"
}

# debug FILE: what the adapter's debugfs directory tells
debug()
{
	cat "/sys/kernel/debug/codeswap_sim/$label/$1"
}

# counter NAME: one of its counters
counter()
{
	debug stats | awk -v name="$1" '$1 == name { print $2 }'
}

# staging: the pieces of staging memory that the device can reach now
staging()
{
	debug mappings | awk '$1 >= "0x48000000"'
}

# item TEXT: the last update reported it: "kind verdict name from -> to (n)"
item()
{
	codeswap log "$label" | tr -s ' ' | grep -qF -- " $1"
}

# io_answered: fio has ended; every request was answered once, and well, though
# perhaps only after a reset
io_answered()
{
	io_wrong=$(debug stats | awk '
		$1 == "requests" { n = $2 }
		$1 == "completions" && $2 != n { print "completions", $2, "of", n }
		/^(errors|not_logged_in|duplicates|unknown|ring_errors|bus_errors|bad_events|login_failures|login_mismatches) / &&
		$2 { print }')
	[ -z "$io_wrong" ] || { echo "$io_wrong"; return 1; }
}

# io_adds_up: and none had to be sent again
io_adds_up()
{
	io_answered || return 1
	[ "$(counter resubmitted)" = 0 ] ||
		{ echo "resubmitted $(counter resubmitted)"; return 1; }
}

# swap_refused TEXT PATTERN VERSION [ARGUMENT...]: and nothing has changed
swap_refused()
{
	refused_text=$1
	refused_pattern=$2
	shift 2
	refused_version=$(attr version)
	refused_logins=$(logins)
	refuses "$refused_text" "$refused_pattern" swap_to "$@"
	check "$refused_version serves on, as it was" unchanged "$refused_version" \
		"$refused_logins"
}

# unchanged VERSION LOGINS
unchanged()
{
	serves "$1" || return 1
	[ "$(logins)" = "$2" ] || { echo "other logins"; return 1; }
	[ -z "$(staging)" ] || { echo "mapped: $(staging)"; return 1; }
}

# trace_start: tracepoints of codeswap, from here on, for trace_has. In the order
# in which things happened, on whatever processor: the clock that is the default
# is each processor's own.
TRACING=/sys/kernel/tracing
trace_start()
{
	[ -d $TRACING/events ] || mount -t tracefs tracefs $TRACING ||
		return 1
	on_exit "echo 0 >$TRACING/events/codeswap/enable"
	on_exit "echo local >$TRACING/trace_clock"
	echo mono >$TRACING/trace_clock
	echo >$TRACING/trace
	echo 1 >$TRACING/events/codeswap/enable
}

# trace_has PATTERN
trace_has()
{
	grep -qE -e "$1" $TRACING/trace
}
