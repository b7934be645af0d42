# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# shellcheck disable=SC2154 # site, fleet, members: see site.sh, demo-cells.sh
#
# A client of what cells serve: a load balancer and a load generator, on a machine called
# client; and the service of each cell, a web server. Read after site.sh and stamps.sh.

balancer=$fleet/balancer.py
CONNECTIONS=4
PAUSE=20

# ---- the service of a cell --------------------------------------------------------

# web_of CELL: a program that sees to its web server, printed. Before that ends, nobody is sent
# to it any more, and all who were have been answered. Where $site/breaks/CELL is, it starts
# without what it is asked for to see whether it is well. What was done is in
# $site/calls/all, as "SECONDS NAME VERB".
web_of()
{
	mkdir -p "$site/service" "$site/www/$1" "$site/breaks" "$site/calls"
	cat >"$site/service/$1" <<-end
		#!/bin/sh
		www=$site/www/$1
		case \$1 in
		start)
			echo "$1" >\$www/index.html
			rm -f \$www/health
			[ -e $site/breaks/$1 ] || touch \$www/health
			[ ! -e \$www.pid ] || kill "\$(cat \$www.pid)" 2>/dev/null
			setsid busybox httpd -f -p $(address "$1" bulk):80 -h \$www \
				>/dev/null 2>&1 </dev/null &
			echo \$! >\$www.pid
			$balancer $site/balancer ready $1 || exit
			[ -e \$www/health ] || exit 0
			;;
		stop)
			$balancer $site/balancer drain $1 || exit
			[ ! -e \$www.pid ] || kill "\$(cat \$www.pid)" 2>/dev/null
			rm -f \$www.pid
			;;
		status)
			exec busybox wget -q -O /dev/null http://$(address "$1" bulk)/health
			;;
		esac
		read -r time rest </proc/uptime
		echo "\$time $1 \$1" >>$site/calls/all
	end
	chmod +x "$site/service/$1"
	echo "$site/service/$1"
}

# web_mend CELL: it is well from now on
web_mend()
{
	rm -f "$site/breaks/$1"
	touch "$site/www/$1/health"
	echo "$(now) $1 start" >>"$site/calls/all"
}

# ---- the load balancer --------------------------------------------------------------

# It asks each cell how it is, and takes another one where a connection fails.
balancer_settings()
{
	cat <<-end
		global
			stats socket $site/balancer mode 600 level admin
		defaults
			mode http
			# wrk looks first whether anybody listens.
			option http-ignore-probes
			option redispatch 1
			retries 3
			retry-on conn-failure empty-response response-timeout 503
			timeout connect 500ms
			timeout queue 10s
			timeout client 60s
			timeout server 3s
		frontend clients
			bind 127.0.0.1:80
			default_backend cells
		backend cells
			balance roundrobin
			option httpchk GET /health
			default-server check inter 200ms fastinter 100ms rise 1 fall 2
	end
	for balanced in "$@"; do
		echo "	server $balanced $(address "$balanced" bulk):80"
	done
}

# balancer_start CELL...
balancer_start()
{
	balancer_settings "$@" >"$RESULTS/haproxy.cfg"
	spawn client.haproxy haproxy -db -f "$RESULTS/haproxy.cfg"
	await_log client.haproxy "backend 'cells' has no server" 20
}

# ---- the load ------------------------------------------------------------------------

# load_start: a request on each of the connections every $PAUSE ms
load_start()
{
	rm -f "$site/quiet" "$site/quiet.all"
	spawn client.wrk env "QUIET=$site/quiet" "RATE=$RESULTS/rate" PAUSE=$PAUSE \
		CONNECTIONS=$CONNECTIONS wrk -t 1 -c $CONNECTIONS -d 3600 --timeout 10s \
		-s "$fleet/demo-cells.lua" http://127.0.0.1/
	# The first second has passed.
	await_file "$RESULTS/rate" 20
}

# await_file FILE SECONDS: until it is there
await_file()
{
	# shellcheck disable=SC2016 # for the inner shell
	timeout "$2" sh -c 'until [ -e "$1" ]; do sleep 0.02; done' - "$1"
}

# load_end: when all that were sent have been answered; what came of them is in $site/wrk
load_end()
{
	touch "$site/quiet"
	await_file "$site/quiet.all" 20 || return 1
	wrk=$(pid_of client.wrk)
	kill -s INT "$wrk"
	await_end "$wrk" 20 || return 1
	rm -f "$site/pid/client.wrk"
	log_of client.wrk | sed -n '/^[a-z-]* [0-9]*$/p' >"$site/wrk"
	"$balancer" "$site/balancer" figures >"$site/haproxy"
}

# figure wrk|haproxy WHAT: printed
figure()
{
	awk -v what="$2" '$1 == what { print $2 }' "$site/$1"
}
