# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# shellcheck disable=SC2154 # site, fleet: see site.sh
#
# A service that is spread over many machines: an HTTP server on each, which a program for
# --service sees to; haproxy, on a machine of its own, in front of them; and wrk, on that
# machine too, as its clients. Read by tests after site.sh.
#
#	balancer_up client node1 node2
#	node_start node1 --service "$(served_by node1)"
#	load_begin client
#	load_end client

balance_port=8080

# ---- haproxy --------------------------------------------------------------------

# balancer_up MACHINE NAME...: in front of these, which are all out of service yet; it sees
# for itself which of them answer
balancer_up()
{
	balancer=$1
	shift
	mkdir -p "$site/balancer"
	balancer_say_program
	balancer_config "$@" >"$site/balancer/config"
	spawn "$balancer.haproxy" haproxy -db -f "$site/balancer/config"
	# shellcheck disable=SC2016 # for the inner shell
	timeout 10 sh -c 'until [ -S "$1" ]; do sleep 0.02; done' - "$site/balancer/admin"
}

# Nobody is tried twice, so that a request that fails is seen to. What is no request does not
# count: before it begins, wrk connects once, and says nothing.
balancer_config()
{
	cat <<-end
	global
		maxconn 256
		stats socket $site/balancer/admin mode 600 level admin
	defaults
		mode http
		log stdout format raw daemon
		option httplog
		option dontlog-normal
		option http-ignore-probes
		timeout connect 2s
		timeout client 20s
		timeout server 10s
		timeout queue 2s
		retries 0
	frontend clients
		bind 127.0.0.1:$balance_port
		default_backend service
	backend service
		balance roundrobin
		option httpchk GET /
	end
	for balanced in "$@"; do
		printf '\tserver %s %s:%s check inter 200ms rise 1 fall 2\n' \
			"$balanced" "$(address "$balanced" bulk)" $balance_port
	done
}

# balancer_say_program: $site/balancer/say, for words of haproxy's runtime API
balancer_say_program()
{
	cat >"$site/balancer/say" <<-end
		#!/usr/bin/python3 -SE
		import socket, sys
		s = socket.socket(socket.AF_UNIX)
		s.connect("$site/balancer/admin")
		s.sendall(" ".join(sys.argv[1:]).encode() + b"\n")
		for line in s.makefile():
		    print(line, end="")
	end
	chmod +x "$site/balancer/say"
}

# balancer_count PROXY SERVER FIELD: of show stat, by the name of its column; printed
balancer_count()
{
	"$site/balancer/say" show stat | awk -F, -v proxy="$1" -v server="$2" -v field="$3" '
		NR == 1 { sub("^# ", ""); for (i = 1; i <= NF; i++) column[$i] = i; next }
		$1 == proxy && $2 == server { print $column[field] + 0 }'
}

# ---- the servers ------------------------------------------------------------------

# served_by NAME: a program that sees to the HTTP server of that machine, printed. To stop
# it, haproxy is told first to send it nobody else, and who is being served is waited for.
# It is started when haproxy has seen it answer.
served_by()
{
	served_url=http://$(address "$1" bulk):$balance_port/
	mkdir -p "$site/served/www"
	echo "all is well" >"$site/served/www/index.html"
	cat >"$site/served/$1" <<-end
		#!/bin/sh
		say=$site/balancer/say
		pid=$site/served/$1.pid
		server=service/$1

		# column N: of what haproxy says of the server
		column()
		{
			\$say show stat | awk -F, -v n="\$1" \\
				'\$1 == "service" && \$2 == "$1" { print \$n }'
		}
		runs()
		{
			[ -e \$pid ] && kill -0 "\$(cat \$pid)" 2>/dev/null
		}
		answers()
		{
			curl -sf -m 2 -o /dev/null $served_url
		}
		case \$1 in
		start)
			runs || {
				setsid busybox httpd -f -h $site/served/www \\
					-p ${served_url#http://} &
				echo \$! >\$pid
			}
			until answers; do sleep 0.02; done
			\$say set server \$server state ready
			until [ "\$(column 18)" = UP ]; do sleep 0.02; done
			;;
		stop)
			\$say set server \$server state drain
			until [ "\$(column 5)" = 0 ]; do sleep 0.02; done
			! runs || kill "\$(cat \$pid)"
			rm -f \$pid
			;;
		status)	runs && answers ;;
		esac
	end
	sed -i "s,-p \\([0-9.:]*\\)/,-p \\1," "$site/served/$1"
	chmod +x "$site/served/$1"
	echo "$site/served/$1"
}

# ---- the clients --------------------------------------------------------------------

# load_begin MACHINE: four of them, each of whom thinks for 5 ms between two requests
load_begin()
{
	cat >"$site/balancer/load.lua" <<-'lua'
		function delay() return 5 end
		function done(summary)
			local e = summary.errors
			io.write(string.format(
				"requests %d\nconnect %d\nread %d\nwrite %d\ntimeout %d\nstatus %d\n",
				summary.requests, e.connect, e.read, e.write, e.timeout,
				e.status))
		end
	lua
	load_haproxy=$(balancer_count clients FRONTEND req_tot)
	rm -f "$RESULTS/$1.wrk.log" "$site/mark/$1.wrk"
	spawn "$1.wrk" wrk -t 1 -c 4 -d 3600s --timeout 5s -s "$site/balancer/load.lua" \
		"http://127.0.0.1:$balance_port/"
	# It has begun.
	# shellcheck disable=SC2016 # for the inner shell
	timeout 10 sh -c 'until [ "$("$1" show stat | awk -F, "/^clients,FRONTEND/ {
		print \$8 }")" -gt 0 ]; do sleep 0.02; done' - "$site/balancer/say"
}

# load_end MACHINE: it ends; its figures are printed as "NAME NUMBER", and those of
# haproxy. Fails where it has not said any.
load_end()
{
	load_pid=$(pid_of "$1.wrk")
	kill -s INT "$load_pid" && await_end "$load_pid" 20
	reap "$1.wrk" KILL
	log_of "$1.wrk" | grep -E '^(requests|connect|read|write|timeout|status) [0-9]+$' \
		>"$site/balancer/counted"
	{
		echo "seen $(($(balancer_count clients FRONTEND req_tot) - load_haproxy))"
		for load_field in ereq hrsp_3xx hrsp_4xx hrsp_5xx hrsp_other; do
			echo "$load_field $(balancer_count clients FRONTEND $load_field)"
		done
		for load_field in econ eresp wretr wredis; do
			echo "$load_field $(balancer_count service BACKEND $load_field)"
		done
	} >>"$site/balancer/counted"
	cat "$site/balancer/counted"
	grep -q '^requests [1-9]' "$site/balancer/counted"
}

# failed_requests FILE: of load_end's lines, as the clients or haproxy have counted them,
# whichever are more; printed
failed_requests()
{
	awk '$1 ~ /^(connect|read|write|timeout|status)$/ { clients += $2 }
		$1 ~ /^(ereq|hrsp_3xx|hrsp_4xx|hrsp_5xx|hrsp_other)$/ { answers += $2 }
		$1 ~ /^(econ|eresp)$/ { servers += $2 }
		END {
			most = clients > answers ? clients : answers
			print (most > servers ? most : servers)
		}' "$1"
}
