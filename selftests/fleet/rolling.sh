# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# shellcheck disable=SC2154 # site, fleet, keys: see site.sh
#
# What tests of orchestrators share: a site that does as ordered, and orchestrators. Read by
# them after site.sh.

# rolling_site SET=NODE,...: at master1; manifest 2 wants 2.0.0, the nodes run 1.1.0 of 1
rolling_site()
{
	require_program python3
	mkdir -p "$site/rolling/fault"
	desire 2 2.0.0
	takes 0.4
	for rolling_set in "$@"; do
		for rolling_node in $(echo "${rolling_set#*=}" | tr , ' '); do
			tls_of "$rolling_node" node >/dev/null || return 1
		done
	done
	rolling_tls=$(tls_of master1 master) || return 1
	spawn master1.site "$fleet/rolling-site.py" --tls "$rolling_tls" \
		--keys "$keys/tls/site/node" --state "$site/rolling" \
		--listen "$(address master1 mgmt):7373" "$@"
	await_log master1.site listening 20
}

# desire SEQUENCE VERSION, takes SECONDS, fault NODE WHAT, mend NODE
desire()
{
	echo "$1 $2" >"$site/rolling/desired"
}

takes()
{
	echo "$1" >"$site/rolling/seconds"
}

fault()
{
	echo "$2" >"$site/rolling/fault/$1"
}

mend()
{
	rm -f "$site/rolling/fault/$1"
}

# update NAME ARGUMENT...: codeswap fleet update with a directory of that name
update()
{
	update_dir=$site/$1
	shift
	update_tls=$(tls_of operator operator) || return 1
	in_node operator codeswap fleet update --tls "$update_tls" --state "$update_dir" "$@"
}

# begin NAME ARGUMENT...: of sets A and B, from the beginning
begin()
{
	begin_name=$1
	shift
	update "$begin_name" --master "$(address master1 mgmt)" --set A,B "$@"
}

# in_background NAME ARGUMENT...: codeswap fleet update; what it says is the log of
# operator.NAME
in_background()
{
	background_name=$1
	shift
	background_tls=$(tls_of operator operator) || return 1
	spawn "operator.$background_name" codeswap fleet update --tls "$background_tls" \
		--state "$site/$background_name" "$@"
}

# begin_in_background NAME ARGUMENT...: of sets A and B, from the beginning
begin_in_background()
{
	begin_name=$1
	shift
	in_background "$begin_name" --master "$(address master1 mgmt)" --set A,B "$@"
}

# ends DESCRIPTION NAME SECONDS STATUS: one in the background does, with that exit status. In
# no subshell: it is this one's child.
ends()
{
	ends_pid=$(pid_of "operator.$2")
	ends_status="none within $3 s"
	if await_end "$ends_pid" "$3"; then
		wait "$ends_pid"
		ends_status=$?
		rm -f "$site/pid/operator.$2"
	fi
	same "$1" "$ends_status" "$4"
}

# dies NAME: it is killed
dies()
{
	kill_daemon "operator.$1" KILL
}

# outs: who went out of service, in that order, printed
outs()
{
	log_of master1.site | awk '$1 == "out" { printf "%s%s", n++ ? " " : "", $2 }'
}

# both_sets_out: lines of the log where somebody went while somebody of the other set was out
both_sets_out()
{
	log_of master1.site | awk '$1 == "out" {
		n = split($6, others, ",")
		for (i = 1; i <= n; i++)
			if (others[i] != "nobody" && substr(others[i], 1, 1) != substr($2, 1, 1))
				print
	}'
}
