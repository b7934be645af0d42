# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# shellcheck disable=SC2154 # site, fleet: see site.sh
#
# What tests of cells share. Read by them after site.sh.

# shellcheck source=orders.sh
. "$fleet/orders.sh"

# flash CELL [DIR]: what it has is a copy of that store ($site/store); without a DIR that is
# there, nothing
flash()
{
	rm -rf "$site/flash/$1"
	mkdir -p "$site/flash"
	if [ -d "${2:-$site/store}" ]; then
		cp -r "${2:-$site/store}" "$site/flash/$1"
	else
		mkdir "$site/flash/$1"
	fi
}

# flags CELL [FLAG...]: those are on in its settings, which are new
flags()
{
	flags_of=$1
	shift
	mkdir -p "$site/state/$flags_of"
	{
		printf '{ "sequence": 0'
		[ $# -eq 0 ] || printf ', "%s": true' "$@"
		printf ' }\n'
	} >"$site/state/$flags_of/settings.json"
}

# cell_start CELL [OPTION...]: with one model device, and what is in its flash
cell_start()
{
	cell=$1
	shift
	[ -d "$site/flash/$cell" ] || flash "$cell"
	[ -e "$site/state/$cell/settings.json" ] || flags "$cell" auto-update
	daemon_start "$cell" cell --model 1 --store "$site/flash/$cell" \
		--broadcast 239.255.73.2:7374 --window-ms 200 -v -v "$@"
}

# cell_in SET CELL [OPTION...]: with a service
cell_in()
{
	cell_set=$1
	cell_name=$2
	shift 2
	cell_start "$cell_name" --set "$cell_set" --service "$(service_of "$cell_name")" \
		--service-seconds 5 "$@"
}

# damage FILE [OFFSET]: one byte
damage()
{
	printf '\377' | dd of="$1" bs=1 seek="${2:-2000}" conv=notrunc 2>/dev/null
}

# link_of CELL: UP or DOWN, of its high-speed interconnect; printed
link_of()
{
	ip -n "$1" -o link show bulk0 | grep -q '[<,]UP[,>]' && echo UP || echo DOWN
}

# cells_run VERSION SECONDS CELL...: all of them come to run that
cells_run()
{
	cells_version=$1
	cells_seconds=$2
	shift 2
	run_version "$cells_version" "$cells_seconds" "$@" &&
		await_logs 'this cell is running' "$cells_seconds" "$@"
}

# await_problem CELL NAME PATTERN: an operator who asks CELL is told that of the cell NAME
await_problem()
{
	uptime_s
	problem_until=$((uptime + 20))
	while problem=$(fleet status "$1" --json | python3 -c '
import json, sys
print(*[a["error"] for a in json.load(sys.stdin) if a["node"] == sys.argv[1]], sep="\n")' "$2")
	      ! echo "$problem" | grep -qE -e "$3"; do
		uptime_s
		if [ "$uptime" -gt $problem_until ]; then
			echo "of $2 is said: $problem"
			return 1
		fi
		sleep 0.1
	done
}
