#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: demo-cells.sh
#
# Eight cells of two sets, behind a load balancer, serve a client from the beginning to the
# end. Four of them come up with firmware that is corrupt, outdated, or missing, and are
# repaired by the others. Then a new manifest is installed at one, and both sets are taken to
# it, one after the other; one cell does not serve with it, which stops that; it is mended, and
# the update is resumed. At last a cell loses its cable. No request of the client fails.
# Afterwards a page of figures is printed, and a picture is in B/fleet/demo-cells. Exit status 1
# if anything of this did not happen.
. "$(dirname "$0")/site.sh"
. "$fleet/nodes.sh"
. "$fleet/cells.sh"
. "$fleet/stamps.sh"
. "$fleet/web.sh"

require_program gnuplot
require_web
good="a1 a2 b1 b3"
broken="a3 a4 b2 b4"
cells="a1 a2 a3 a4 b1 b2 b3 b4"
members="a1/A a2/A a3/A a4/A b1/B b2/B b3/B b4/B"
sick=b3
old=hba-1.0.0
image=hba-1.1.0
next=hba-2.0.0

# ---- a site -----------------------------------------------------------------

# store DIR SEQUENCE IMAGE: with the boot block, too
store()
{
	store_make --sequence "$2" --chunk-bytes 262144 "$1" "$3" boot-1.0.0 || bail "no store"
}

prepare()
{
	# shellcheck disable=SC2086 # lists of words
	site_up 0 $cells client liar
	store "$site/old" 1 $old
	store "$site/store" 2 $image
	store "$site/next" 3 $next
	for prepared in $cells; do
		flash "$prepared"
		web_of "$prepared" >/dev/null
		tls_of "$prepared" master >/dev/null || bail "no certificates"
	done
	damage "$site/flash/a3/$image.mrb"
	damage "$site/flash/b2/$image.mrb"
	flash b4 "$site/old"
	flash a4 nothing
	# shellcheck disable=SC2086
	stamps_begin "$RESULTS/stamps" $cells
	# Who is sent to a cell that loses its cable is sent to another one: see cable_pulled.
	# shellcheck disable=SC2086
	balancer_start 1 $cells || bail "no load balancer"
}

# power_on CELL...: in the set that it is called by
power_on()
{
	for powered in "$@"; do
		flags "$powered" auto-update
		cell_start "$powered" --set "$(echo "$powered" | tr ab AB | cut -c1)" \
			--service "$site/service/$powered" --service-seconds 8 ||
			bail "no cell"
	done
}

# in_service SECONDS CELL...: all of them come to be
in_service()
{
	in_seconds=$1
	shift
	await_logs 'this machine is in service' "$in_seconds" "$@"
}

# ---- power on, and repair ---------------------------------------------------------

repaired()
{
	on_at=$(now)
	# shellcheck disable=SC2086
	power_on $good
	# shellcheck disable=SC2086
	check "four cells serve" in_service 60 $good
	check "a client's requests are answered" load_begin
	repair_at=$(now)
	# shellcheck disable=SC2086
	power_on $broken
	check "four more: two corrupt, an empty one" await_logs 'this cell is errored' 60 a3 a4 b2
	check "an outdated one, which runs what it has" run_version 1.0.0 60 b4
	# shellcheck disable=SC2086
	check "all come to run the same, by themselves" cells_run 1.1.0 120 $cells
	# shellcheck disable=SC2086
	check "and serve" in_service 60 $cells
	# Who was reset to repair the others, too.
	check "with those who gave it" await_versions " 8 1.1.0 " 30
	repaired_at=$(now)
	for compared in $broken; do
		check "$compared: byte for byte" cmp "$site/store/$image.mrb" \
			"$site/flash/$compared/$image.mrb"
	done
}

# cells_in_service: lines "NAME VERSION" of those that serve, as an operator is told, printed
cells_in_service()
{
	fleet status a2 --json | python3 -c '
import json, sys
for a in json.load(sys.stdin):
    if a["set"] and a["service"] == "in":
        print(a["node"], a["version"])'
}

# versions: of those that serve, in one line, printed
versions()
{
	cells_in_service | cut -d' ' -f2 | sort | uniq -c | tr -s ' \n' ' '
}

# await_versions WHAT SECONDS
await_versions()
{
	uptime_s
	versions_until=$((uptime + $2))
	while versions=$(versions); [ "$versions" != "$1" ]; do
		uptime_s
		if [ "$uptime" -gt $versions_until ]; then
			echo "in service are '$versions', and wanted '$1'"
			return 1
		fi
	done
}

# ---- a new version, set by set ------------------------------------------------------

# update ARGUMENT...: by an operator; what it says is in update.log
update()
{
	in_node operator codeswap fleet update "$@" --tls "$(tls_of operator operator)" \
		--state "$site/update" >>"$RESULTS/update.log" 2>&1
}

install_next()
{
	# shellcheck disable=SC2086
	forget $cells
	check "nothing is to move by itself from now on" order a1 auto-off 1 0 demo 0 ""
	# shellcheck disable=SC2086
	check "as all cells know" await_logs 'auto-update is off' 20 $cells
	check "a new version is installed at one cell" fleet install a1 "$site/next"
	check "it waits for an operator" \
		await_problem a1 a1 'manifest 3 is here; an operator has to approve it'
	same "nothing has moved" "$(versions)" " 8 1.1.0 "
}

rolled_over()
{
	touch "$site/breaks/$sick"
	roll_at=$(now)
	: >"$RESULTS/update.log"
	check "$sick does not serve with it, which stops the update" \
		fails update --master "$(address a1 mgmt)" --set A,B --max-unavailable 1 \
		--node-seconds 60
	stopped_at=$(now)
	check "that is what the operator is told" grep -q "stopped: .*$sick.*status ended with" \
		"$RESULTS/update.log"
	said_why=$(sed -n "s/^[^ ]* stopped: \(.*\)/\1/p" "$RESULTS/update.log" | tail -n 1)
	cells_in_service >"$site/serving"
	check "all others serve" test "$(wc -l <"$site/serving")" = 7
	check "set A with the new version" test "$(grep -c '^a. 2.0.0$' "$site/serving")" = 4
	forget $sick
	web_mend $sick || bail "it cannot be mended"
	check "it is mended" in_service 30 $sick
	resume_at=$(now)
	check "the update is resumed, and comes to its end" update resume
	rolled_at=$(now)
	check "all run the new version, and serve" await_versions " 8 2.0.0 " 30
	check "set B after set A was done" set_by_set
}

# set_by_set: no cell of B ran the new version before all of A did
set_by_set()
{
	awk '/is running with version 2.0.0$/ && !($2 in seen) {
		seen[$2] = 1
		if ($2 ~ /^a/ ? b : a < 4)
			exit bad = 1
		if ($2 ~ /^a/) a++; else b++
	}
	END { exit bad || a + b != 8 }' "$stamps"
}

# ---- a cell that is lost all at once --------------------------------------------------

# Nobody can drain that one: haproxy takes another cell where it gets no connection. Until then
# that would have hidden a failure.
cable_pulled()
{
	same "no request was tried twice until now" "$(counted haproxy retried)" 0
	forget client.haproxy
	pulled_at=$(now)
	unplug a2 bulk
	check "a2 loses its cable: nobody is sent to it any more" \
		await_log client.haproxy 'web/a2 is DOWN' 20
	plug a2 bulk
	check "it has it again, and serves" await_log client.haproxy 'web/a2 is UP' 20
}

# ---- nothing was lost -------------------------------------------------------------------

nothing_lost()
{
	check "all requests that were sent have been answered" load_end
	requests=$(counted clients requests)
	check "there were some" at_least 1000 "${requests:-0}"
	same "none failed, says the client" "$(counted clients failed)" 0
	same "none failed, says the load balancer" "$(counted haproxy failed)" 0
	same "both have counted the same" "$(counted haproxy requests)" "$requests"
	same "each got an answer" "$(counted haproxy answered)" "$requests"
	# shellcheck disable=SC2086
	check "no set was out while another was not in service" never_without $members
}

# ---- a page and a picture ----------------------------------------------------------

# repair_of CELL: seconds from the time when it found out what it has until it ran what is
# desired, printed
repair_of()
{
	awk -v cell="$1" '
		$2 != cell { next }
		!from && (/this cell is errored/ || /has manifest 2$/) { from = $1 }
		from && /is running with version 1.1.0$/ { printf "%.1f\n", $1 - from; exit }' \
		"$stamps"
}

# outs FROM TO: lines of who was out of service between these, and why, printed
outs()
{
	{
		sed -n 's/ this cell goes to the rendezvous, / goes /p' "$stamps"
		cat "$site/calls/all"
	} | sort -n | awk -v zero="$on_at" -v from="$1" -v to="$2" '
		$3 == "goes" { why[$2] = $4 == "to" && $5 == "be" ? "updated" : "repairs" }
		$3 == "stop" { out[$2] = $1; for_what[$2] = why[$2] }
		$3 == "start" && ($2 in out) && out[$2] >= from && out[$2] <= to {
			printf "  %s  from %6.1f s for %4.1f s: %s\n", $2, out[$2] - zero,
				$1 - out[$2], for_what[$2]
		}'
}

page()
{
	cat <<-end

	Eight cells in sets A and B, $CONNECTIONS connections, one load balancer

	requests                       $requests, in $(since "$repair_at") s
	failed                         $(failed_requests)
	tried again at another cell    $(counted haproxy retried)

	a3, corrupt, repaired after    $(repair_of a3) s
	b2, corrupt                    $(repair_of b2) s
	a4, empty                      $(repair_of a4) s
	b4, outdated                   $(repair_of b4) s
	all eight serve after          $(since "$repair_at" "$repaired_at") s

	out of service meanwhile, to repair others or to be updated:
	$(outs "$repair_at" "$repaired_at")

	the roll-out, until $sick fails   $(since "$roll_at" "$stopped_at") s
	  "$said_why"
	resumed, until its end         $(since "$resume_at" "$rolled_at") s
	out of service meanwhile:
	$(outs "$roll_at" "$rolled_at")
	end
}

# progress: lines "FROM TO ROW STATE" of all cells, printed
progress()
{
	awk -v zero="$on_at" -v end="$(now)" -v cells="$cells" '
	function enter(state)
	{
		if (state == is[$2])
			return
		if (is[$2])
			print since[$2] - zero, $1 - zero, row[$2], is[$2]
		is[$2] = state
		since[$2] = $1
	}
	BEGIN {
		n = split(cells, name, " ")
		for (i = 1; i <= n; i++)
			row[name[i]] = i
	}
	/is running with version/ { version[$2] = $NF }
	/this cell is (blank|booting|starting|running)/ { enter("starting") }
	/this machine is (out of service|starting)/ { enter("starting") }
	/this cell is at the rendezvous/ { enter("rendezvous") }
	/this cell is errored/ { enter("errored") }
	/this machine is in service/ { enter("serves-" version[$2]) }
	/this machine is draining/ { enter("draining") }
	/this machine is not serving/ { enter("sick") }
	END {
		$1 = end
		for (i = 1; i <= n; i++) {
			$2 = name[i]
			enter("end")
		}
	}' "$stamps"
}

# draw SVG|PNG
draw()
{
	terminal="svg noenhanced size 1100,700 dynamic background 'white'"
	[ "$1" = svg ] || terminal="pngcairo noenhanced size 1100,700"
	marks="$(since "$on_at" "$repair_at") $(since "$on_at" "$roll_at")"
	marks="$marks $(since "$on_at" "$stopped_at") $(since "$on_at" "$resume_at")"
	marks="$marks $(since "$on_at" "$pulled_at")"
	gnuplot -e "set terminal $terminal; set output '$RESULTS/progress.$1'" \
		-e "data = '$RESULTS/progress'; rate = '$RESULTS/rate-since'" \
		-e "marks = '$marks'" \
		"$fleet/demo-cells.gp" && [ -s "$RESULTS/progress.$1" ]
}

plan 36
prepare
repaired
install_next
rolled_over
cable_pulled
nothing_lost
stamps_end
progress >"$RESULTS/progress"
log_of client.wrk | awk -v zero="$on_at" '$1 == "rate" { print $2 - zero, $3 }' \
	>"$RESULTS/rate-since"
check "a picture as SVG" draw svg
check "and PNG" draw png
page | tee "$RESULTS/page"
echo
echo "This page: $RESULTS/page"
echo "The picture: $RESULTS/progress.svg and .png"
