# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# shellcheck disable=SC2154 # site, size, stamps and so on: see site.sh and bench.sh
#
# How long cells take to repair one another, with a management interconnect of 1 Mbit/s
# and a high-speed interconnect of 100 Mbit/s. The seconds are those of the networks, and
# of this machine. Read by bench.sh.

# shellcheck source=cells.sh
. "$fleet/cells.sh"

# ---- networks -----------------------------------------------------------------

# slow_at INTERFACE MBIT [NODE]: the most that leaves it in a second
slow_at()
{
	slow_at=$1
	slow_rate=$2
	shift 2
	tc ${1:+-n "$1"} qdisc replace dev "$slow_at" root tbf rate "${slow_rate}mbit" \
		burst 16kb latency 400ms
}

# slow_networks CELL...: what comes to them, and what leaves them
slow_networks()
{
	for slow in "$@"; do
		{ slow_at mgmt0 1 "$slow" && slow_at "mgmt-$slow" 1 &&
			uplink "$slow" 100; } || bail "no slow networks"
	done
}

# cells N: their names, printed
cells()
{
	seq 1 "$1" | sed 's/^/c/'
}

# ---- a site -------------------------------------------------------------------

# cell_site N: so many cells that run. They send at a rate for which there is room, with
# what belongs to it, in 100 Mbit/s.
cell_site()
{
	require_program python3
	# shellcheck disable=SC2046 # a list of words
	site_up 0 $(cells "$1")
	require_uplink
	# shellcheck disable=SC2046 # a list of words
	slow_networks $(cells "$1")
	store_make --chunk-bytes 262144 "$site/store" "$image" boot-1.0.0 || bail "no store"
	size=$(wc -c <"$site/store/4M-a.mrb")
	for of in $(cells "$1"); do
		a_cell "$of"
	done
	# shellcheck disable=SC2046 # a list of words
	cells_run 2.0.0 60 $(cells "$1") || bail "not all cells run"
}

a_cell()
{
	cell_start "$1" --rate 90 || bail "no cell"
}

# corrupt CELL...: they are off, and nothing of their firmware can be used
corrupt()
{
	for corrupt in "$@"; do
		[ ! -e "$site/pid/$corrupt" ] || kill_daemon "$corrupt" ||
			bail "$corrupt does not end"
		head -c "$size" /dev/urandom >"$site/flash/$corrupt/4M-a.mrb"
	done
}

# repaired RESULT CELL...: these are corrupt, and switched on; from the first that says
# that it is errored until the last one runs, ms
repaired()
{
	repaired=$1
	shift
	corrupt "$@"
	# shellcheck disable=SC2046 # a list of words
	forget $(cells "$of_cells")
	# shellcheck disable=SC2046 # a list of words
	stamps_begin "$RESULTS/stamps-$repaired" $(cells "$of_cells")
	for of in "$@"; do
		a_cell "$of"
	done
	cells_run 2.0.0 120 "$@" || bail "not all are repaired"
	for of in "$@"; do
		await_stamp " $of this cell is running" 30 || bail "$of has no stamp"
		same_image "$site/flash/$of/4M-a.mrb"
	done
	result "$repaired" "$(repair_ms)"
	stamps_end
	# Who has helped is back before the next one needs help.
	# shellcheck disable=SC2046 # a list of words
	await_cells_run $(cells "$of_cells")
}

# repair_ms: printed
repair_ms()
{
	awk 'BEGIN { ready = 0 }
		/ this cell is errored/ && !from { from = $1; ready = 1 }
		/ this cell is running/ { if (ready && $2 in errored) to = $1 }
		/ this cell is errored/ { errored[$2] = 1 }
		END { printf "%d\n", (to - from) * 1000 }' "$stamps"
}

# await_cells_run CELL...: also one that was at the rendezvous
await_cells_run()
{
	for awaited_cell in "$@"; do
		await_last "$awaited_cell" 'this cell is' 'this cell is running' 30 ||
			bail "$awaited_cell does not run again"
	done
}

# await_last NAME PATTERN LAST SECONDS: until of the lines that match the PATTERN the last
# one is LAST; or there are none
await_last()
{
	uptime_s
	last_until=$((uptime + $4))
	while last=$(log_of "$1" | grep -e "$2" | tail -n 1)
	      [ -n "$last" ] && ! echo "$last" | grep -q -e "$3"; do
		uptime_s
		[ "$uptime" -le $last_until ] || return 1
		sleep 0.05
	done
}

# ---- rows -----------------------------------------------------------------------

# One cell of three. Without a cable on the high-speed interconnect the time begins, too,
# when that is known: the seconds until then are not counted.
repair()
{
	of_cells=3
	cell_site $of_cells
	measure repaired repair_time c3
	unplug c3 bulk || bail "no cable to unplug"
	measure repaired repair_time_management c3
	figure repair_time_management ms
	figure repair_time ms "$(median "$RESULTS/repair_time_management")" 0.05
}

parallel()
{
	of_cells=8
	cell_site $of_cells
	measure repaired repair_alone c8
	measure repaired repair_parallel c2 c3 c4 c5 c6 c7 c8
	figure repair_alone ms
	figure repair_parallel ms "$(median "$RESULTS/repair_alone")" 1.5
}
