# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# shellcheck disable=SC2154 # site, fleet: see site.sh
#
# A web service on many machines: on each a web server, which a program for --service sees to;
# on a machine called client haproxy in front of them, and wrk as their clients. Each request is
# counted by both of these. Read after site.sh.
#
#	balancer_start 0 node1 node2
#	node_start node1 --service "$(web_of node1)"
#	load_begin
#	load_end && failed_requests

CONNECTIONS=4
# Milliseconds from an answer to the next request on the same connection.
PAUSE=5

require_web()
{
	require_program haproxy wrk busybox pgrep pkill pidwait python3
}

# ---- the servers ------------------------------------------------------------------

# web_of NAME: a program that sees to the web server of that machine, printed. It is started
# when haproxy sends it clients; before it is stopped, nobody is sent to it any more, and all
# who were have been answered. Where $site/breaks/NAME is, it starts without what it is asked
# for to see whether it is well. What was done is in $site/calls/all, as "SECONDS NAME VERB".
web_of()
{
	mkdir -p "$site/service" "$site/www/$1" "$site/breaks" "$site/calls"
	echo "$1" >"$site/www/$1/index.html"
	cat >"$site/service/$1" <<-end
		#!/bin/sh
		health=$site/www/$1/health
		at=$(address "$1" bulk):80
		httpd="^busybox httpd -p \$at "
		case \$1 in
		start)
			# It goes into the background when it listens.
			pgrep -f "\$httpd" >/dev/null || busybox httpd -p \$at \\
				-h $site/www/$1 >/dev/null 2>&1 </dev/null || exit
			[ ! -e $site/breaks/$1 ] || exit 0
			touch \$health
			$fleet/web-balancer.py $site/haproxy ready $1 || exit
			;;
		stop)
			$fleet/web-balancer.py $site/haproxy drain $1 || exit
			! pkill -f "\$httpd" || pidwait -f "\$httpd"
			rm -f \$health
			;;
		status)
			exec busybox wget -q -O /dev/null http://\$at/health
			;;
		esac
		read -r time rest </proc/uptime
		echo "\$time $1 \$1" >>$site/calls/all
	end
	chmod +x "$site/service/$1"
	echo "$site/service/$1"
}

# web_mend NAME: it is well from now on
web_mend()
{
	rm -f "$site/breaks/$1"
	in_node "$1" "$site/service/$1" start
}

# ---- the load balancer --------------------------------------------------------------

# balancer_settings RETRIES NAME...
balancer_settings()
{
	cat <<-end
		global
			stats socket $site/haproxy mode 600 level admin
		defaults
			mode http
			log stdout format raw daemon
			option httplog
			option dontlog-normal
			# wrk looks first whether anybody listens.
			option http-ignore-probes
			retries $1
			option redispatch 1
			timeout connect 1s
			timeout client 60s
			timeout server 5s
		frontend clients
			bind 127.0.0.1:80
			default_backend web
		backend web
			balance roundrobin
			option httpchk GET /health
			default-server check inter 200ms fastinter 100ms rise 1 fall 2
	end
	shift
	for balanced in "$@"; do
		echo "	server $balanced $(address "$balanced" bulk):80"
	done
}

# balancer_start RETRIES NAME...: in front of these, none of which is in service yet. A request
# to a server that cannot be reached is tried so often again at others: with 0, each failure
# is seen.
balancer_start()
{
	balancer_settings "$@" >"$RESULTS/haproxy.cfg"
	spawn client.haproxy haproxy -db -f "$RESULTS/haproxy.cfg"
	await_log client.haproxy "backend 'web' has no server" 20
}

balancer()
{
	"$fleet/web-balancer.py" "$site/haproxy" "$@"
}

# ---- the clients ------------------------------------------------------------------------

# load_begin: until the first have been answered
load_begin()
{
	rm -f "$site/quiet"
	balancer clear || return 1
	new_log client.wrk
	forget client.wrk
	spawn client.wrk wrk -t 1 -c $CONNECTIONS -d 3600 --timeout 5s \
		-s "$fleet/web-clients.lua" http://127.0.0.1/ -- \
		$CONNECTIONS $PAUSE "$site/quiet"
	await_log client.wrk '^rate ' 20
}

# load_end: when all that were sent have been answered
load_end()
{
	touch "$site/quiet"
	await_log client.wrk '^quiet$' 20 || return 1
	load_pid=$(pid_of client.wrk)
	kill -s INT "$load_pid"
	await_end "$load_pid" 20 || return 1
	rm -f "$site/pid/client.wrk"
	said client.wrk '^requests [1-9]' && [ "$(counted haproxy open)" = 0 ]
}

# counted clients|haproxy WHAT: printed
counted()
{
	case $1 in
	clients) log_of client.wrk ;;
	haproxy) balancer figures ;;
	esac | awk -v what="$2" '$1 == what { print $2 }'
}

# failed_requests: the most that somebody says; of what only one of the two has counted, nobody
# knows that it was answered. Printed.
failed_requests()
{
	{
		counted clients failed
		counted haproxy failed
		echo $(($(counted clients requests) - $(counted haproxy requests))) | tr -d -
	} | sort -n | tail -n 1
}
