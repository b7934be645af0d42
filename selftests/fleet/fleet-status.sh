#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# What an operator is told of a site: by what the nodes have signed themselves.
. "$(dirname "$0")/site.sh"
. "$fleet/nodes.sh"

plan 26

site_up 3 master1 master2
store_make --sequence 7 "$site/store" hba-1.1.0 || bail "no store"
master_start master1 --window-ms 300 -v
master_start master2 --window-ms 300 -v
await_log master1 'connected with master master2' 30 || bail "no masters"
await_log master2 'connected with master master1' 30 || bail "no masters"
start_nodes node1 node2 || bail "no nodes"
node_start node3 --model 2 -v
run_version 1.1.0 40 node1 node2 node3 || bail "the nodes do not run"
await_log node3 'model1 is running' 30 || bail "not both devices run"
for master in master1 master2; do
	await_logs "connected with master $master" 30 node1 node2 node3 ||
		bail "no connection"
done

# column N PATTERN: of the lines of the table that match, sorted, in one line
column()
{
	awk -v n="$1" -v pattern="$2" '$0 ~ pattern { print $n }' "$site/table" | sort |
		tr '\n' ' '
}

# ---- text and JSON ----------------------------------------------------------

fleet_table master1 >"$site/table"
same "each device of each node" "$(column 1 ' node ')" "node1 node2 node3 node3 "
same "its type" "$(column 3 '^node1 ')" "hba-sim "
same "what it does" "$(column 4 ' node ')" "running running running running "
same "its version" "$(column 5 ' node ')" "1.1.0 1.1.0 1.1.0 1.1.0 "
same "and progress" "$(column 6 '^node1')" "100 "
same "by which manifest" "$(column 7 ' node ')" "7 7 7 7 "
same "signed by each" "$(column 8 '.')" "True True True True True "
same "and the master itself" "$(column 4 ' master ')" "serving "

check "as text" fleet status master1
echo "$output" >"$site/text"
same "with a heading" "$(awk 'NR == 1 { print $1, $2, $3, $4, $5 }' "$site/text")" \
	"NODE ROLE TYPE STATE VERSION"
same "and a line for each" \
	"$(awk '$2 == "node" { print $1, $3, $4, $5, $6, $7 }' "$site/text" | head -n 1)" \
	"node1 hba-sim running 1.1.0 100 7"

same "which set it is in, and whether it serves, where there is any" \
	"$(awk '/^(NODE|node1) / { printf "%s %s ", $8, $9 }' "$site/text")" "SET SERVICE - - "

# any_master: the other one has the same to say, and that it waits
any_master()
{
	fleet_table master2 >"$site/table"
	same "another master knows the same nodes" "$(column 1 ' node ')" \
		"node1 node2 node3 node3 "
	same "and says that it waits" "$(column 4 ' master ')" "standby "
}
any_master

# ---- who does not answer ----------------------------------------------------

freeze node2
fleet_table master1 >"$site/table"
same "a node that has stopped is silent" "$(column 4 '^node2 ')" "silent "
same "which it has not signed" "$(column 8 '^node2 ')" "False "
same "the others are not kept from answering" "$(column 4 '^node[13] ')" \
	"running running running "
fleet status master1 --json >"$site/json"
check "JSON says why" grep -q "has not answered within" "$site/json"
thaw node2
check "later it is there again" await_state master1 node2 running 30

# ---- who may ask -------------------------------------------------------------

refuses "a node may not ask" "an operator's is needed" \
	in_node node1 codeswap fleet status --master "$(address master1 mgmt)" \
		--tls "$(tls_of node1 node)"
refuses "without a master's address" "--master ADDRESS is missing" \
	in_node operator codeswap fleet status
mine=$(tls_of operator operator)
mkdir "$site/tls"
cp "$mine/ca.pem" "$(tls_of operator operator other)/key.pem" "$site/tls"
# by FILE: with it as cert.pem
by()
{
	cp "$1" "$site/tls/cert.pem"
	in_node operator codeswap fleet status --master "$(address master1 mgmt)" \
		--tls "$site/tls"
}
refuses "nor with a key of another certificate" "does not belong to the key" \
	by "$mine/cert.pem"
refuses "nor with a certificate of another authority, which is known at once" \
	"tls/cert.pem: others will not take the certificate of operator: unable to get" \
	by "$(tls_of operator operator other)/cert.pem"
refuses "nor with no key at all" "tls/key.pem: no private key: No such file" \
	in_node operator codeswap fleet status --master "$(address master1 mgmt)" \
		--tls "$site/nonesuch/tls"
refuses "a daemon that cannot start leaves a sentence on the terminal" \
	"codeswapd: it has ended; why, is in" in_node node1 codeswapd --role node \
	--management mgmt0 --bulk bulk0 --tls "$site/nonesuch/tls"
kill_daemon master1
refuses "no master there" "master at .*: nobody listens there" fleet status master1
