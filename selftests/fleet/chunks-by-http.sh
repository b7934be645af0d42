#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A node that multicast does not reach gets its chunks by HTTP: from the master, by
# way of a proxy, or from another web server, which may be of no use.
. "$(dirname "$0")/site.sh"
. "$fleet/nodes.sh"

require_loss
require_program python3
plan 19
image=bench/4M-a
chunks=17

site_up 3 master1 web
store_make --chunk-bytes 262144 "$site/store" $image || bail "no store"
size=$(size_of $image)

# ---- from the master --------------------------------------------------------

loss node1 100
master_start master1 --window-ms 60000 --window-limit-ms 60000 --expect 2 \
	--http-port 8080 -v -v
from_1=$(rx_bytes node1 bulk0)
start_nodes node1 node2 || bail "no nodes"
check "a node that multicast does not reach runs" run_version 2.0.0 50 node1
check "so does the other one" run_version 2.0.0 1 node2
check "by HTTP from the master" said node1 \
	"4M-a.mrb: $chunks of $chunks chunks are fetched from http://$(address master1 bulk):8080/4M-a.mrb"
same "the other one needs none" "$(times_said node2 'fetched from')" 0
got=$(($(rx_bytes node1 bulk0) - from_1))
# What is broadcast meanwhile arrives at its interface, and is lost behind it.
check "it gets the image over the bulk network" at_least "$size" $got
await_end_of 4M-a.mrb master1 30
check "the master does not go on broadcasting for it" at_most 4 \
	"$(log_of master1 | sed -n 's/.*; \([0-9]*\) rounds, .*/\1/p')"

# by_hand PATH [HEADER]: what the master's server answers, printed
by_hand()
{
	in_node node2 python3 -c '
import http.client, sys
c = http.client.HTTPConnection(sys.argv[1], 8080, timeout=10)
c.request("GET", sys.argv[2], headers={"Range": sys.argv[3]} if sys.argv[3:] else {})
r = c.getresponse()
print(r.status, len(r.read()))' "$(address master1 bulk)" "$@"
}

same "a part of a file" "$(by_hand /4M-a.mrb bytes=100-299)" "206 200"
same "the end of it" "$(by_hand /4M-a.mrb "bytes=$((size - 10))-$((size + 10))")" \
	"206 10"
same "a part that is not there" \
	"$(by_hand /4M-a.mrb "bytes=$size-" | cut -d' ' -f1)" 416
same "no other file" "$(by_hand /site.manifest | cut -d' ' -f1)" 404
same "nor one outside of it" "$(by_hand /../../etc/passwd | cut -d' ' -f1)" 404
kill_daemon node1
kill_daemon node2
kill_daemon master1

# ---- from a web server that knows no parts -------------------------------------

cp "$site/store/4M-a.mrb" "$site/state"
spawn web.http python3 -u -m http.server -d "$site/state" 8000
forget node1 node2 web.http
master_start master1 --window-ms 300 --url "http://$(address web bulk):8000" -v -v
await_log web.http 'Serving HTTP' 30 || bail "no web server"
forget master1
start_nodes node1 || bail "no node"
check "a web server that has no parts is refused, with a sentence" await_log node1 \
	'it answers with status 200 and .*; 206 is what a part has' 50
no_loss node1
# It gave up once, so that another round is needed, and another window.
check "the node goes on, by multicast" run_version 2.0.0 50 node1
same "it asked there a few times, not for ever" \
	"$([ "$(times_said web.http 'GET /4M-a.mrb')" -le 4 ] && echo few)" few
kill_daemon node1
kill_daemon master1
kill_daemon web.http

# ---- by way of a proxy ----------------------------------------------------------

cat >"$site/proxy.py" <<-'end'
	import http.client, http.server, sys, urllib.parse
	class Proxy(http.server.BaseHTTPRequestHandler):
	    protocol_version = "HTTP/1.1"
	    def do_GET(self):
	        url = urllib.parse.urlsplit(self.path)
	        c = http.client.HTTPConnection(url.hostname, url.port, timeout=10)
	        c.request("GET", url.path, headers={"Range": self.headers["Range"]})
	        r = c.getresponse()
	        body = r.read()
	        self.send_response(r.status)
	        for name in ("Content-Range", "Content-Type"):
	            if r.headers[name]:
	                self.send_header(name, r.headers[name])
	        self.send_header("Content-Length", str(len(body)))
	        self.end_headers()
	        self.wfile.write(body)
	server = http.server.ThreadingHTTPServer((sys.argv[1], 3128), Proxy)
	print("listens", flush=True)
	server.serve_forever()
end
spawn web.proxy python3 -u "$site/proxy.py" "$(address web bulk)"
await_log web.proxy listens 30 || bail "no proxy"
loss node1 100
forget node1 master1 web.proxy
master_start master1 --window-ms 300 --http-port 8080 -v
node_start node1 -v --http-proxy "http://$(address web bulk):3128" -v
check "by way of a proxy" run_version 2.0.0 50 node1
same "all chunks" \
	"$(log_of web.proxy | grep -c "GET http://$(address master1 bulk):8080/4M-a.mrb.* 206")" \
	$chunks
kill_daemon web.proxy
forget node1
kill_daemon node1
# The environment's proxy is not what was named here.
http_proxy=http://127.0.0.1:9
export http_proxy
start_nodes node1 || bail "no node"
check "another proxy, of the environment, is not used" run_version 2.0.0 50 node1
unset http_proxy

# ---- it dies on the way ----------------------------------------------------------

forget node1 master1
kill_daemon node1
node_start node1 -v -v --http-proxy "http://$(address web bulk):3128"
check "a proxy that is not there: a sentence" await_log node1 \
	'8080/4M-a.mrb: .*(connect|Connect)' 50
no_loss node1
check "and the node goes on, by multicast" run_version 2.0.0 50 node1
