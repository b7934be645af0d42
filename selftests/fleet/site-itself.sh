#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The site that the other tests here rely on: who hears whom, what is lost, and
# that nothing of it is left.
. "$(dirname "$0")/site.sh"

require_program python3
plan 30
N=${N:-10}
group=239.255.73.9

# ---- datagrams ------------------------------------------------------------

# hear NODE INTERFACE: counts datagrams to the group until it is sent an "end"
hear()
{
	spawn "$1.hear" python3 -c '
import socket, struct, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
s.bind((sys.argv[1], 7000))
s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(sys.argv[1]) +
             struct.pack("=4si", bytes(4), socket.if_nametoindex(sys.argv[2])))
n = 0
while s.recv(2000)[:3] != b"end":
    n += 1
print("heard", n, flush=True)' $group "$2"
}

# say NODE INTERFACE COUNT: so many datagrams of 1000 bytes to the group, then "end"
# a few times, as some of them may be lost
say()
{
	in_node "$1" python3 -c '
import socket, struct, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, struct.pack("=4s4si",
             bytes(4), bytes(4), socket.if_nametoindex(sys.argv[2])))
for i in range(int(sys.argv[3])):
    s.sendto(bytes(1000), (sys.argv[1], 7000))
    if i % 4 == 3:
        time.sleep(0.001)
for i in range(20):
    s.sendto(b"end", (sys.argv[1], 7000))' $group "$2" "$3"
}

# heard NODE: how many
heard()
{
	await_log "$1.hear" '^heard' 10 >/dev/null
	log_of "$1.hear" | awk '$1 == "heard" { print $2 }'
	kill_daemon "$1.hear" >&2
}

# broadcast INTERFACE COUNT: node1 and node2 hear it, node3 does not want to;
# $heard_1, $heard_2 of them, $beside bytes at node3, $across at the other interface
# of node1
broadcast()
{
	other=mgmt0
	[ "$1" = bulk0 ] || other=bulk0
	for listener in node1 node2; do
		hear $listener "$1"
		forget $listener.hear
	done
	await_members "${1%0}" $group 2 5
	beside=$(rx_bytes node3 "$1")
	across=$(rx_bytes node1 $other)
	say master1 "$1" "$2"
	heard_1=$(heard node1)
	heard_2=$(heard node2)
	beside=$(($(rx_bytes node3 "$1") - beside))
	across=$(($(rx_bytes node1 $other) - across))
}

# between LEAST MOST VALUE
between()
{
	echo "$3, and wanted $1 to $2"
	[ "$3" -ge "$1" ] && [ "$3" -le "$2" ]
}

# reaches NODE OTHER mgmt|bulk: nobody listens there, which OTHER itself has to say
reaches()
{
	in_node "$1" python3 -c '
import socket, sys
s = socket.socket()
s.settimeout(2)
try:
    s.connect((sys.argv[1], 9))
except ConnectionRefusedError:
    sys.exit(0)
except OSError as e:
    sys.exit(str(e))' "$(address "$2" "$3")"
}

reaches_not()
{
	! reaches "$@"
}

# ---- who hears whom -------------------------------------------------------

# A change of clocks would spoil it; the uptime does not.
begun=$(cut -d' ' -f1 /proc/uptime)
site_up "$N" master1
echo "# site_up $N: $(cut -d' ' -f1 /proc/uptime) after $begun s"

check "unicast, management" reaches node1 node2 mgmt
check "unicast, bulk" reaches node1 master1 bulk
for interface in bulk0 mgmt0; do
	broadcast $interface 200
	same "multicast on $interface: all of it at one member" "$heard_1" 200
	same "and at the other" "$heard_2" 200
	check "nothing of it at a node that is none" between 0 1000 $beside
	check "nor on the other network" between 0 1000 $across
done
before=$(tx_bytes master1 bulk0)
say master1 bulk0 100
check "bytes sent are counted" between 104000 106000 \
	$(($(tx_bytes master1 bulk0) - before))
same "as on the bridge's side" \
	"$(all_bytes tx bulk | awk '$1 == "master1" { print $2 }')" \
	"$(tx_bytes master1 bulk0)"

# ---- faults ---------------------------------------------------------------

if (require_loss) >/dev/null; then
	loss node1 10
	broadcast bulk0 4000
	check "a tenth is lost at node1" between 3450 3750 "$heard_1"
	same "nothing at node2" "$heard_2" 4000
	no_loss node1
	check "loss everywhere" loss_everywhere 1
	same "is at all of them" \
		"$(in_node "node$N" iptables -S INPUT | grep -c DROP)" 1
	each_node nsenter '--net=/run/netns/{}' iptables -w -F INPUT
else
	for what in "a tenth is lost at node1" "nothing at node2" "loss everywhere" \
		    "is at all of them"; do
		skip "$what" "iptables has no match 'statistic'"
	done
fi

# slow: 1 MB at 8 Mbit/s take a second
slow()
{
	uplink node1 8 || return 1
	spawn node2.sink python3 -c '
import socket
s = socket.create_server(("", 7001))
print("listens", flush=True)
c = s.accept()[0]
while c.recv(1 << 16):
    pass
print("end", flush=True)'
	await_log node2.sink listens 5 || return 1
	from=$(date +%s%3N)
	in_node node1 python3 -c '
import socket, sys
socket.create_connection((sys.argv[1], 7001)).sendall(bytes(1000000))' \
		"$(address node2 bulk)"
	await_log node2.sink '^end' 20 || return 1
	between 850 2500 $(($(date +%s%3N) - from))
}

if (require_uplink) >/dev/null; then
	check "an uplink of 8 Mbit/s" slow
	no_uplink node1
else
	skip "an uplink of 8 Mbit/s" "tc has no tbf"
fi

unplug node1 bulk
check "without its cable" reaches_not node1 master1 bulk
check "the other network goes on" reaches node1 node2 mgmt
plug node1 bulk
check "and with it" reaches node1 master1 bulk
check "split: the parts" split node1 node2
check "one part" reaches node1 node2 mgmt
check "not the other" reaches_not node1 master1 mgmt
check "healed" heal
check "all again" reaches node1 master1 mgmt

# ---- keys and stores ------------------------------------------------------

key=$(tls_of node1 node)
check "a node's certificate" openssl verify -CAfile "$key/ca.pem" "$key/cert.pem"
same "with its role" "$(openssl x509 -in "$key/cert.pem" -noout -subject)" \
	"subject=OU = node, CN = node1"
trust author operator
store_make --sequence 5 "$site/store" hba-1.1.0
check "a store" codeswap manifest verify --trust "$site/trust" \
	"$site/store/site.manifest"
store_make --sequence 6 --expires 2026-01-01T00:00:00Z \
	--issued 2025-01-01T00:00:00Z "$site/store" hba-1.1.0
refuses "one that has expired" "expire" codeswap manifest verify \
	--trust "$site/trust" "$site/store/site.manifest"

# ---- its end --------------------------------------------------------------

spawn node1.idle sleep 1000
check "what was started is ended" kill_daemon node1.idle
