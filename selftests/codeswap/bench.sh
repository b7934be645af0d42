#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# What live swaps cost, each figure beside its baseline of the same run. The
# figures are lines "figure NAME UNIT ..." for scripts/bench.sh; a row that must
# reach something is a result. N swaps (30) for each median.
. ./functions.sh
. ./devices.sh
. ./phases.sh

N=${N:-30}
SECONDS_OF_IO=${SECONDS_OF_IO:-20}
bench=$CODESWAP_IMAGES/bench

# ---- figures --------------------------------------------------------------

# summary FILE: how many numbers, the smallest, the one in the middle, the largest
summary()
{
	sort -n "$1" | awk '{ v[NR] = $1 } END {
		print NR, v[1], v[int((NR + 1) / 2)], v[NR] }'
}

median()
{
	summary "$1" | cut -d' ' -f3
}

# ratio A B
ratio()
{
	awk -v a="$1" -v b="$2" 'BEGIN { printf "%.4f\n", b ? a / b : 0 }'
}

# print_figure NAME UNIT FILE [BASELINE [SENSE LIMIT]]: with the ratio of the
# medians, and what that must be
print_figure()
{
	value=$(median "$3")
	against="- -"
	[ $# -lt 4 ] || against="$4 $(ratio "$value" "$4")"
	echo "figure $1 $2 $value $against $(summary "$3") ${5:--} ${6:--}"
}

# must NAME UNIT FILE BASELINE SENSE LIMIT: a row of the table that is asked for
must()
{
	print_figure "$@"
	got=$(ratio "$(median "$3")" "$4")
	if awk -v got="$got" -v sense="$5" -v limit="$6" 'BEGIN {
		exit !(sense == "most" ? got <= limit : got >= limit) }'; then
		pass "$1: $got, at $5 $6"
	else
		fail "$1: $got, and should be at $5 $6"
	fi
}

# ---- swaps ----------------------------------------------------------------

# flip: $next is the image, a or b, that does not run
flip()
{
	next=b
	[ "$(cat "$RESULTS/runs")" = a ] || next=a
	echo $next >"$RESULTS/runs"
}

# blackouts FILE SIZE [ARGUMENT...]: N of them, between two images of that size
blackouts()
{
	blackouts_file=$1
	blackouts_size=$2
	shift 2
	: >"$blackouts_file"
	for i in $(seq "$N"); do
		flip
		said=$(codeswap swap "$label" "$bench/$blackouts_size-$next.mrb" \
			"$@" 2>&1) || bail "swap $i of $blackouts_size: $said"
		await 30 "$dev/phase" idle >/dev/null
		attr blackout_us >>"$blackouts_file"
	done
}

# device SIZE LOGINS MEMORY: it runs the first image of that size
device()
{
	device_create bench size=16777216 "logins=$2" max_logins=65536 \
		"memory_size=$3" || bail "no adapter"
	cat "$bench/$1-a.mrb" >"$node" || bail "cannot load $1-a: $(attr error)"
	await 20 "$disk" >/dev/null || bail "$disk does not appear"
	# Initiators go on logging in after the image has started.
	until [ "$(debug login_count | cut -d' ' -f1)" = "$2" ]; do
		read -r _ <"$dev/state"
	done
	echo a >"$RESULTS/runs"
}

device_gone()
{
	adapter_destroy bench || bail "the adapter cannot be removed"
}

# ---- rows -----------------------------------------------------------------

against_a_reset()
{
	device 4M 1024 16M
	io_start
	blackouts "$RESULTS/reset" 4M --method reset
	blackouts "$RESULTS/live" 4M
	io_clean || bail "an I/O failed"
	print_figure blackout_reset us "$RESULTS/reset"
	must blackout_vs_reset us "$RESULTS/live" \
		"$(median "$RESULTS/reset")" most 0.01
	device_gone
}

# What must be: the bytes copied, and one round trip.
against_the_limit()
{
	device 4M 1024 16M
	blackouts "$RESULTS/live" 4M
	./bench-limit "$(attr overlay_bytes)" \
		"/sys/kernel/debug/codeswap_sim/$label/login_count" \
		>"$RESULTS/limits" || bail "no limit"
	for part in copy round-trip; do
		awk -v part=$part '$1 == part {
			for (i = 2; i <= NF; i++) print $i / 1000 }' \
			"$RESULTS/limits" >"$RESULTS/$part"
		print_figure "limit_$part" us "$RESULTS/$part"
	done
	limit=$(awk -v a="$(median "$RESULTS/copy")" \
		-v b="$(median "$RESULTS/round-trip")" 'BEGIN { print a + b }')
	blackouts "$RESULTS/full" 4M --method full
	print_figure blackout_full us "$RESULTS/full" \
		"$(median "$RESULTS/live")"
	must blackout_vs_limit us "$RESULTS/live" "$limit" most 3
	device_gone
}

against_size()
{
	for size in 64K 1M 4M 16M 64M; do
		device $size 64 64M
		blackouts "$RESULTS/size-$size" $size
		print_figure "blackout_size_$size" us "$RESULTS/size-$size"
		device_gone
	done
	must blackout_vs_size us "$RESULTS/size-64M" \
		"$(median "$RESULTS/size-1M")" most 1.2
}

# changes COUNT: so many logins come, and go again
changes()
{
	for change in $(seq "$1"); do
		for what in login logout; do
			printf '0x50000000000%05x\n' $((change + 0x10000)) \
				>"/sys/kernel/debug/codeswap_sim/$label/$what" ||
				bail "no $what"
		done
	done
}

with_logins()
{
	device 1M "$1" 16M
	: >"$RESULTS/logins-$1"
	for i in $(seq "$N"); do
		flip
		said=$(codeswap swap --hold "$label" "$bench/1M-$next.mrb" 2>&1) ||
			bail "swap $i with $1 logins: $said"
		[ "$1" = 1 ] || changes 32
		codeswap release "$label"
		await 30 "$dev/phase" idle >/dev/null
		[ "$(attr result)" = success ] || bail "$(attr error)"
		attr blackout_us >>"$RESULTS/logins-$1"
	done
	print_figure "blackout_logins_$1" us "$RESULTS/logins-$1"
	device_gone
}

against_logins()
{
	with_logins 1
	with_logins 1024
	with_logins 65535
	must blackout_vs_logins us "$RESULTS/logins-65535" \
		"$(median "$RESULTS/logins-1024")" most 1.5
}

# fio_run NAME [ARGUMENT...]: for a while; its JSON in $RESULTS/NAME.json
fio_run()
{
	fio_name=$1
	shift
	fio --name="$fio_name" --filename="$disk" --direct=1 --ioengine=libaio \
		--time_based --runtime="$SECONDS_OF_IO" --size=8M \
		--eta=never --output-format=json \
		--output="$RESULTS/$fio_name.json" "$@" >/dev/null 2>&1 ||
		bail "fio: $(tail -3 "$RESULTS/$fio_name.json")"
}

# p99_us NAME, iops NAME: of its reads
p99_us()
{
	awk '/"99.000000"/ { gsub(/[^0-9]/, "", $3); print $3 / 1000; exit }' \
		"$RESULTS/$1.json"
}

iops()
{
	awk '/"iops" :/ { gsub(/,/, "", $3); print $3; exit }' "$RESULTS/$1.json"
}

# in_a_loop COMMAND...: until $RESULTS/stop is there
in_a_loop()
{
	rm -f "$RESULTS/stop" "$RESULTS/stopped" "$RESULTS/rounds"
	(
		rounds=0
		while [ ! -e "$RESULTS/stop" ]; do
			"$@" >"$RESULTS/loop.log" 2>&1 || break
			rounds=$((rounds + 1))
		done
		[ ! -e "$RESULTS/stop" ] || echo $rounds >"$RESULTS/rounds"
		: >"$RESULTS/stopped"
	) &
}

loop_ends()
{
	: >"$RESULTS/stop"
	await 60 "$RESULTS/stopped" >/dev/null || bail "$(cat "$RESULTS/loop.log")"
	[ -e "$RESULTS/rounds" ] ||
		bail "it did not go on beside I/O: $(cat "$RESULTS/loop.log")"
	rounds=$(cat "$RESULTS/rounds")
	echo "# $rounds rounds in $SECONDS_OF_IO s"
	[ "$rounds" -ge $((SECONDS_OF_IO / 4)) ] ||
		bail "too few for a figure that means anything"
}

stage_and_reconcile()
{
	codeswap swap --hold "$label" "$bench/1M-b.mrb" &&
		codeswap cancel "$label" &&
		await 30 "$dev/phase" idle
}

# The pause is what is measured here, and no wait for anything.
swap_each_second()
{
	flip
	sleep 1 &
	cat "$bench/1M-$next.mrb" >"$node" || return 1
	wait $!
}

beside_io()
{
	device 1M 64 16M
	fio_run latency-0 --rw=randread --bs=4k --iodepth=4
	in_a_loop stage_and_reconcile
	fio_run latency-1 --rw=randread --bs=4k --iodepth=4
	loop_ends
	p99_us latency-1 >"$RESULTS/p99"
	must io_p99_during_staging us "$RESULTS/p99" "$(p99_us latency-0)" most 2

	fio_run iops-0 --rw=randread --bs=4k --iodepth=16
	in_a_loop swap_each_second
	fio_run iops-1 --rw=randread --bs=4k --iodepth=16
	loop_ends
	iops iops-1 >"$RESULTS/iops"
	must io_throughput_during_update IOPS "$RESULTS/iops" \
		"$(iops iops-0)" least 0.9
	device_gone
}

# staging_ns: how long the last image took from its first byte to staged
staging_ns()
{
	codeswap show --json "$label" |
		sed -n 's/.*"staging": *\([0-9]*\).*/\1/p'
}

# fed NAME COMMAND...: bytes per second, several times
fed()
{
	fed_name=$1
	shift
	: >"$RESULTS/$fed_name"
	for i in 1 2 3 4 5; do
		"$@" >/dev/null 2>&1 || bail "$fed_name: $(attr error)"
		awk -v ns="$(staging_ns)" -v bytes="$(wc -c <"$feed")" \
			'BEGIN { printf "%d\n", bytes / ns * 1000000000 }' \
			>>"$RESULTS/$fed_name"
		codeswap cancel "$label" >/dev/null 2>&1
		await 30 "$dev/phase" idle >/dev/null
	done
}

by_cat()
{
	flip
	cat "$bench/16M-$next.mrb" >"$node"
}

feeding()
{
	device 16M 1 64M
	feed=$bench/16M-b.mrb
	: >"$RESULTS/sha"
	for i in 1 2 3 4 5; do
		began=$(cut -d' ' -f1 /proc/uptime)
		sha256sum "$feed" >/dev/null
		awk -v a="$began" -v b="$(cut -d' ' -f1 /proc/uptime)" \
			-v bytes="$(wc -c <"$feed")" \
			'BEGIN { printf "%d\n", bytes / (b - a) }' >>"$RESULTS/sha"
	done
	print_figure sha256sum B/s "$RESULTS/sha"
	fed netlink codeswap stage "$label" "$bench/16M-b.mrb"
	fed fd codeswap stage --fd "$label" "$bench/16M-b.mrb"
	fed write by_cat
	must feed_netlink B/s "$RESULTS/netlink" "$(median "$RESULTS/write")" least 0.7
	must feed_fd B/s "$RESULTS/fd" "$(median "$RESULTS/write")" least 1.0
	must feed_write B/s "$RESULTS/write" "$(median "$RESULTS/sha")" least 0.8
	device_gone
}

# adapters COUNT: they run the first image
adapters()
{
	for a in $(seq "$1"); do
		adapter_create "many$a" size=1048576 logins=16 memory_size=20M ||
			bail "no adapter $a"
	done
	for d in "$CLASS"/*; do
		await 20 "$d/state" minimal >/dev/null || bail "${d##*/} does not ask"
	done
	cat "$bench/16M-a.mrb" >/dev/codeswap || bail "cannot load"
	echo a >"$RESULTS/runs"
}

all_idle()
{
	for d in "$CLASS"/*; do
		await 60 "$d/phase" idle >/dev/null || return 1
		[ "$(cat "$d/result")" = success ] || return 1
	done
}

# together FILE: seconds for all devices there are, N times; blackouts beside
together()
{
	: >"$RESULTS/$1"
	: >"$RESULTS/$1-blackouts"
	for i in $(seq "$N"); do
		flip
		began=$(cut -d' ' -f1 /proc/uptime)
		cat "$bench/16M-$next.mrb" >/dev/codeswap || bail "swap $i failed"
		all_idle || bail "not all were swapped"
		awk -v a="$began" -v b="$(cut -d' ' -f1 /proc/uptime)" \
			'BEGIN { print b - a }' >>"$RESULTS/$1"
		cat "$CLASS"/*/blackout_us >>"$RESULTS/$1-blackouts"
	done
}

available_kib()
{
	sync
	awk '/^MemAvailable:/ { n += $2 } /^ +count:/ { n += 4 * $2 }
		END { print n }' /proc/meminfo /proc/zoneinfo
}

# held FILE: KiB that an update of all devices takes while it is held in ready,
# without the copies of what is to be overlaid
held()
{
	held_file=$1
	before=$(available_kib)
	codeswap swap --hold "$bench/16M-b.mrb" >/dev/null 2>&1 ||
		bail "not held"
	taken=$((before - $(available_kib)))
	for d in "$CLASS"/*; do
		taken=$((taken - $(cat "$d/overlay_bytes") / 1024))
	done
	echo $taken >"$RESULTS/$held_file"
	# Who is cancelled takes the others along.
	set -- "$CLASS"/*
	codeswap cancel "${1##*/}" >/dev/null || bail "not cancelled"
	for d; do
		await 30 "$d/phase" idle >/dev/null
	done
}

many()
{
	adapters 1
	held memory-1
	together time-1
	adapter_destroy many1
	adapters 16
	held memory-16
	together time-16
	must batch16_time s "$RESULTS/time-16" "$(median "$RESULTS/time-1")" most 4
	must batch16_blackout us "$RESULTS/time-16-blackouts" \
		"$(median "$RESULTS/time-1-blackouts")" most 1.5
	must staging_memory KiB "$RESULTS/memory-16" \
		"$(median "$RESULTS/memory-1")" most 1.2
	for a in $(seq 16); do
		adapter_destroy "many$a"
	done
}

ROWS=${ROWS:-against_a_reset against_the_limit against_size against_logins beside_io feeding many}

results()
{
	case $1 in
	against_*) echo 1 ;;
	beside_io) echo 2 ;;
	*) echo 3 ;;
	esac
}

total=0
for row in $ROWS; do
	total=$((total + $(results "$row")))
done
plan $total
load_modules
for row in $ROWS; do
	echo "# $row"
	$row
done
