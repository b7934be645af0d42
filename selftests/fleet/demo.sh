#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: demo.sh
#
# Forty nodes are powered on together, and two masters have their image of 4 MiB:
# one broadcast. The master that serves is killed when half of it is sent, and the
# other goes on. Then four more nodes come, when the manifest names an image that is
# wrong, and later another one; those that run are not disturbed. Afterwards a page
# of figures is printed, and a picture is in B/fleet/demo. Exit status 1 if
# anything of this did not happen.
#
# N	nodes; 40
# RATE	Mbit/s at which masters send; 8
. "$(dirname "$0")/site.sh"
. "$fleet/nodes.sh"
. "$fleet/stamps.sh"

require_program gnuplot pgrep python3
N=${N:-40}
RATE=${RATE:-8}
late=4
chunks=17
half=$((chunks / 2))
image=bench/4M-a
next=bench/4M-b
wrong=hba-2.0.0-bad-version

all=
others=

# ---- a site -----------------------------------------------------------------

# stores SEQUENCE IMAGE: both masters have it, each in a store of its own
stores()
{
	for of in master1 master2; do
		rm -rf "$site/store-$of"
		store_make --sequence "$1" --chunk-bytes 262144 "$site/store-$of" "$2" ||
			return 1
	done
}

# Over 4 s after the latest request, and at once when all have asked.
demo_master()
{
	master_start "$1" --store "$site/store-$1" --window fixed --from latest \
		--window-ms 4000 --expect "$N" --rate "$RATE" -v -v
}

prepare()
{
	site_up $((N + late)) master1 master2
	all=$(nodes 1 "$N")
	others=$(nodes $((N + 1)))
	stores 1 $image || bail "no store"
	# Certificates take longer than all the rest of powering on.
	for prepared in $all $others; do
		tls_of "$prepared" node >/dev/null || bail "no certificates"
	done
	# shellcheck disable=SC2086 # lists of words
	stamps_begin "$RESULTS/stamps" master1 master2 $all $others
	demo_master master1
	demo_master master2
	await_log master1 'connected with master master2' 30 || bail "no masters"
	await_log master2 'connected with master master1' 30 || bail "no masters"
}

# power_on NODE...
power_on()
{
	for powered in "$@"; do
		node_start "$powered" -v -v || bail "no node"
	done
}

# ---- a broadcast, and the death of who sends it ---------------------------------

# sent_by MASTER: chunks that it had sent at last, printed
sent_by()
{
	log_of "$1" | sed -n 's/.*: \([0-9]*\) of [0-9]* chunks are sent$/\1/p' |
		tail -n 1
}

# lacked: the most that a node lacked when its master died, printed
lacked()
{
	for lacking in $all; do
		log_of "$lacking" | sed -n 's/.* has died; \([0-9]*\) of .*/\1/p'
	done | sort -n | tail -n 1
}

# resumed: chunks of the first round of the other master, printed
resumed()
{
	log_of master2 | sed -n 's/.*: round 1, \([0-9]*\) of .*/\1/p' | head -n 1
}

one_broadcast()
{
	on_at=$(now)
	bytes_1=$(tx_bytes master1 bulk0)
	bytes_2=$(tx_bytes master2 bulk0)
	# shellcheck disable=SC2086 # a list of words
	power_on $all
	await_log master1 ": $half of $chunks chunks are sent" 120 ||
		bail "half of it was not sent"
	same "$N nodes have asked, and there is one broadcast" "$(broadcasts master1)" 1
	check "to all of them" said master1 "broadcast of 4M-a.mrb to $N nodes"
	kill_at=$(now)
	kill_daemon master1 KILL
	# What it had sent, the kernel of its machine still knows.
	bytes_1=$(($(tx_bytes master1 bulk0) - bytes_1))
	# shellcheck disable=SC2086 # a list of words
	check "the master is killed half-way, and all nodes run" \
		run_version 2.0.0 120 $all
	run_at=$(now)
	check "the other master knows" await_end_of 4M-a.mrb master2 60
	bytes_2=$(($(tx_bytes master2 bulk0) - bytes_2))
	check "it was killed half-way" between 5 $((chunks - 4)) "$(sent_by master1)"
	most=$(lacked)
	rest=$(resumed)
	# They come in order; one more, because a datagram may have been lost.
	check "the other one has sent what was missing, and no more" \
		between 1 $((${most:-0} + 1)) "$rest"
	same "by one broadcast" "$(broadcasts master2)" 1
	same "nothing was got from elsewhere" "$(grep -c ' are fetched from ' "$stamps")" 0
}

between()
{
	echo "${3:-nothing}, and wanted $1 to $2"
	[ "${3:-0}" -ge "$1" ] && [ "${3:-0}" -le "$2" ]
}

# ---- a wrong image, and nodes that run -------------------------------------------

# processes: lines "NODE PID" of all devices that run
processes()
{
	for owner in $all; do
		echo "$owner $(model_of "$owner")"
	done
}

# said_of_devices: lines that all nodes have logged of their devices, printed
said_of_devices()
{
	for said_by in $all; do
		cat "$RESULTS/$said_by.log"
	done | grep -c model0
}

# of_bulk NODES BYTES1 BYTES2: the least and the most of what came to their bulk
# interfaces between the two, printed
of_bulk()
{
	echo "$1" | tr ' ' '\n' | awk '
		NR == FNR { asked[$1] = 1; next }
		FILENAME == ARGV[2] { before[$1] = $2; next }
		asked[$1] {
			got = $2 - before[$1]
			if (!n++ || got < least) least = got
			if (got > most) most = got
		}
		END { print least + 0, most + 0 }' - "$2" "$3"
}

# manifest SEQUENCE IMAGE: is given to the master that is left
manifest()
{
	forget master2
	stores "$1" "$2" || bail "no store"
	reload master2 || bail "the store is not read"
}

wrong_image()
{
	image_file $wrong >/dev/null || bail "no image"
	processes >"$site/processes"
	said_before=$(said_of_devices)
	all_bytes rx bulk >"$site/bytes-1"
	manifest 2 $wrong
	late_at=$(now)
	# shellcheck disable=SC2086 # a list of words
	power_on $others
	# shellcheck disable=SC2086 # a list of words
	check "$late nodes get a wrong image, and do not run it" \
		await_logs 'model0 is minimal: ' 40 $others
	refusal=$(log_of "node$((N + 1))" | sed -n 's/.*model0 is minimal: //p' | head -n 1)
	# shellcheck disable=SC2086 # a list of words
	forget $others
	manifest 3 $next
	# shellcheck disable=SC2086 # a list of words
	check "they take the next one" run_version 2.0.0 120 $others
	check "which is one broadcast to them" \
		await_log master2 "broadcast of 4M-b.mrb to $late nodes" 60
	check "the master knows" await_end_of 4M-b.mrb master2 60
	all_bytes rx bulk >"$site/bytes-2"
}

undisturbed()
{
	processes >"$site/processes-2"
	check "meanwhile $N nodes run on: the same processes" \
		cmp "$site/processes" "$site/processes-2"
	same "their devices saw nothing of it" "$(said_of_devices)" "$said_before"
	quiet=$(of_bulk "$all" "$site/bytes-1" "$site/bytes-2")
	quiet=${quiet#* }
	loud=$(of_bulk "$others" "$site/bytes-1" "$site/bytes-2")
	loud=${loud% *}
	check "at most a thousandth of the bytes came to them" \
		between 0 $((loud / 1000)) "$quiet"
}

# ---- a page and a picture ----------------------------------------------------------

# share A B: A/B, printed
share()
{
	awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f\n", b ? a / b : 0 }'
}

# gap: of all nodes, the longest in which no chunk came because of the death, printed
gap()
{
	awk -v kill="$kill_at" '
		$2 ~ /^node/ && / chunks are missing$/ && !/has died/ {
			if ($1 <= kill) before[$2] = $1
			else if (!($2 in after)) after[$2] = $1
		}
		END {
			for (node in before)
				if (node in after && after[node] - before[node] > gap)
					gap = after[node] - before[node]
			printf "%.2f\n", gap
		}' "$stamps"
}

page()
{
	size=$(size_of $image)
	cat <<-end

	$N nodes, two masters, an image of $size bytes in $chunks chunks, $RATE Mbit/s

	all nodes have asked after           $(since "$on_at" "$(stamp_of_last "^[^ ]* master1 .*asks for 4M-a")") s
	the broadcast begins after           $(since "$on_at" "$(stamp_of_first "broadcast of 4M-a")") s
	its master is killed after           $(since "$on_at" "$kill_at") s, $(sent_by master1) of $chunks chunks are sent
	nothing comes for                    $(gap) s
	the other one sends                  $rest of $chunks chunks; one node lacked $most
	all run after                        $(since "$on_at" "$run_at") s

	sent by the first master             $bytes_1 bytes, $(share "$bytes_1" "$size") times the image
	sent by the second master            $bytes_2 bytes, $(share "$bytes_2" "$size") times the image
	together                             $(share $((bytes_1 + bytes_2)) "$size") times the image
	one by one it would have been        $N times the image

	a wrong image, and $late more nodes     "$refusal"
	they run the next one after          $(since "$late_at" "$(stamp_of_last "is running with")") s
	came to each of them                 $loud bytes
	came to a node that ran meanwhile    $quiet bytes at most
	end
}

# progress: lines "SECONDS NODE PERCENT EVENT", nodes by number, with an empty line
# between two of them
progress()
{
	awk -v from="$on_at" '
	function event(percent, what) {
		sub("node", "", $2)
		printf "%.2f %s %s %s\n", $1 - from, $2, percent, what
	}
	$2 !~ /^node/ { next }
	/ is offered by master / && !/not needed/ { event(have[$2] + 0, "offered"); next }
	/ chunks are missing$/ && !/has died/ {
		have[$2] = int(($6 - $4) * 100 / $6)
		event(have[$2], "chunk")
	}
	/ is running with / { event(100, "running") }
	/ is minimal$/ { event(0, "on") }
	/ is minimal: / { have[$2] = 0; event(0, "refused") }' "$stamps" |
	sort -s -n -k 2,2 | awk 'NR > 1 && $2 != last { print "" } { last = $2; print }'
}

# draw SVG|PNG
draw()
{
	terminal="svg noenhanced size 1000,800 dynamic background 'white'"
	[ "$1" = svg ] || terminal="pngcairo noenhanced size 1000,800"
	gnuplot -e "set terminal $terminal; set output '$RESULTS/progress.$1'" \
		-e "data = '$RESULTS/progress'; first = $N; nodes = $((N + late))" \
		-e "killed = $(since "$on_at" "$kill_at"); late = $(since "$on_at" "$late_at")" \
		"$fleet/demo.gp" && [ -s "$RESULTS/progress.$1" ]
}

plan 17
prepare
one_broadcast
wrong_image
undisturbed
await_stamp 'master2 .*4M-b.mrb: [0-9]+ have it after' 30
stamps_end
progress >"$RESULTS/progress"
check "a picture as SVG" draw svg
check "and PNG" draw png
page | tee "$RESULTS/page"
echo
echo "This page: $RESULTS/page"
echo "The picture: $RESULTS/progress.svg and .png"
