# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# shellcheck disable=SC2154 # site, stamps and so on: see site.sh and bench.sh
#
# Rolling updates of two sets of four nodes each: what clients of the service see, and how
# long it takes by live swaps, beside reboots. Read by bench.sh.

# shellcheck source=web.sh
. "$fleet/web.sh"

before=bench/4M-a
after=bench/4M-next-b

# two_sets: with a web server each, behind haproxy on the machine client; all are in service
two_sets()
{
	site_up 8 master1 client
	store_make --chunk-bytes 262144 "$site/store" $before || bail "no store"
	sequence=1
	all=$(nodes 1 8 | tr '\n' ' ')
	master_start master1 --window-ms 200 -v -v
	# shellcheck disable=SC2086 # a list of words
	balancer_start 0 $all || bail "no haproxy"
	for of in $all; do
		in_set=A
		[ "${of#node}" -le 4 ] || in_set=B
		node_start "$of" --set $in_set --service "$(web_of "$of")" \
			--service-seconds 10 -v || bail "no node"
	done
	# shellcheck disable=SC2086 # a list of words
	await_logs 'this machine is in service' 60 $all || bail "not all are in service"
}

# install IMAGE: at the master, by an operator
install()
{
	sequence=$((sequence + 1))
	rm -rf "$site/images"
	mkdir -p "$site/images"
	store_make --chunk-bytes 262144 --sequence "$sequence" "$site/images" "$1" ||
		bail "no images"
	fleet install master1 "$site/images" >&2 || bail "not installed"
}

# update METHOD VERSION: of both sets; its time in seconds is $update_time
update()
{
	update_from=$(now)
	in_node operator codeswap fleet update --master "$(address master1 mgmt)" \
		--tls "$(tls_of operator operator)" --state "$site/update" \
		--set A,B --method "$1" >"$RESULTS/update.log" 2>&1 || {
		cat "$RESULTS/update.log"
		bail "the update by $1 fails"
	}
	update_time=$(since "$update_from")
	[ "$(fleet_table master1 | awk -v version="$2" '
		$2 == "node" && $5 == version' | wc -l)" -eq 8 ] ||
		bail "not all run $2"
}

# ---- clients --------------------------------------------------------------------

# under_load: by reboot, which is what takes each server away for a while
under_load()
{
	install $after
	load_begin || bail "no clients"
	update reboot 3.0.0
	load_end || bail "not all clients were answered, or none"
	balancer figures | sed 's/^/# haproxy: /'
	result rolling_requests "$(counted clients requests)"
	result rolling_failed_requests "$(failed_requests)"
	install $before
	update reboot 2.0.0
}

rolling()
{
	require_web
	two_sets
	measure under_load
	figure rolling_requests 1
	figure rolling_failed_requests 1 1 0 largest
}

# ---- methods --------------------------------------------------------------------

# by_method METHOD: to the next version, and back, which is not measured
by_method()
{
	install $after
	# shellcheck disable=SC2086 # a list of words
	forget $all
	# shellcheck disable=SC2086 # a list of words
	stamps_begin "$RESULTS/stamps-$1" master1 $all
	update "$1" 3.0.0
	stamps_end
	cp "$RESULTS/update.log" "$RESULTS/update-$1.log"
	result "rolling_time_$1" "$(calc "$update_time * 1000")"
	swapped=$(for of in $all; do log_of "$of"; done | grep -c 'is minimal')
	[ "$swapped" -eq "$([ "$1" = live ] && echo 0 || echo 8)" ] ||
		bail "by $1, $swapped of 8 were reset"
	install $before
	update reboot 2.0.0
}

live()
{
	require_web
	two_sets
	measure by_method reboot
	measure by_method live
	figure rolling_time_reboot ms
	figure rolling_time_live ms "$(median "$RESULTS/rolling_time_reboot")" 0.333
}
