#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# One swap under load, for scripts/bench-plot.sh: lines "phase US NAME" with the
# moment at which a phase began, "io US US" with the end of each request and how
# long it took, and "blackout NS". The clock is the same for all.
. ./functions.sh
. ./devices.sh

bench=$CODESWAP_IMAGES/bench

# report: the trace as lines; requests are told apart by their first sector
report()
{
	awk '
	{
		if (!match($0, / [0-9]+\.[0-9]+: /))
			next
		us = substr($0, RSTART, RLENGTH - 2) * 1000000
		$0 = substr($0, RSTART + RLENGTH)
		for (plus = NF; plus > 1 && $plus != "+"; plus--)
			;
		sector = $(plus - 1)
	}
	$1 == "block_rq_issue:" { issued[sector] = us }
	$1 == "block_rq_complete:" && sector in issued {
		printf "io %d %d\n", us, us - issued[sector]
		delete issued[sector]
	}
	$1 == "codeswap_phase:" { printf "phase %d %s\n", us, $NF }
	$1 == "codeswap_blackout:" { print "blackout", substr($NF, 4) }
	' "$TRACING/trace"
}

plan 2
load_modules
device_create timeline size=16777216 logins=1024 max_logins=65536 \
	memory_size=16M || bail "no adapter"
cat "$bench/4M-a.mrb" >"$node" || bail "cannot load: $(attr error)"
await 20 "$disk" >/dev/null || bail "$disk does not appear"
fio --name=timeline --filename="$disk" --direct=1 --ioengine=libaio \
	--rw=randread --bs=4k --iodepth=4 --time_based --runtime=600 \
	--eta=never --output-format=json --output="$RESULTS/fio.json" &
fio=$!
on_exit "kill $fio 2>/dev/null || :"
io_moves || bail "fio does no I/O"
# Once there and back: what is traced is not the first swap of its life.
for next in b a; do
	codeswap swap "$label" "$bench/4M-$next.mrb" >/dev/null ||
		bail "$(attr error)"
	serves "$(attr version)" || bail "$(attr phase)"
done
echo 16384 >"$TRACING/buffer_size_kb"
trace_start || bail "no tracefs"
for event in block_rq_issue block_rq_complete; do
	on_exit "echo 0 >$TRACING/events/block/$event/enable"
	echo 1 >"$TRACING/events/block/$event/enable"
done
io_moves
check "swapped" codeswap swap "$label" "$bench/4M-b.mrb"
serves "$(attr version)" || bail "$(attr phase)"
echo 0 >"$TRACING/tracing_on"
on_exit "echo 1 >$TRACING/tracing_on"
report
kill -INT $fio
wait $fio
check "no I/O failed" grep -q '"error" : 0' "$RESULTS/fio.json"
