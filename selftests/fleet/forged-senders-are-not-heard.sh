#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Who speaks in another's name, or in another's role, or with a certificate of
# another authority, is not heard; those who run go on, and newcomers are served.
. "$(dirname "$0")/site.sh"
. "$fleet/liars.sh"

plan 30
site_up 7 master1 liar
store_make "$site/store" hba-1.1.0 || bail "no store"
master_start master1 --window-ms 200
node_start node1 -v
run_version 1.1.0 40 node1 >&2 || bail "node1 does not run"
remember node1
node=$(certificate node)

# ---- to a master ----------------------------------------------------------

# heard_as DESCRIPTION PATTERN: what master1 says of the last lie
heard_as()
{
	check "$1" await_log master1 "$2" 20
	forget master1
}

check "another authority: not connected [D6]" \
	lie "$(certificate node liar elsewhere)" master1 closed
heard_as "and the master says so" \
	"connection of somebody is closed: TLS: .*(verify failed|unknown|issuer)"
in_node liar "$LIAR" --to "$(address master1 mgmt):7373" closed >/dev/null
heard_as "no certificate: said" "connection of somebody is closed: TLS: .*certificate"

hello=$(hello liar node)
lie "$node" master1 "say:$hello" "say:$(offer liar hba-1.1.0.mrb)" \
	"say:$(message reset liar '"types":[]')" "say:$(message query liar '"nonce":"00"')"
heard_as "a node offers: said [D3]" "liar says offer, which a node may not"
said_all=$(lie "$node" master1 "say:$hello" "say:$(message reset liar '"types":[]')" 2>&1)
heard_as "a node orders a reset: said [D8]" "liar says reset, which a node may not"
echo "$said_all" | diagnose
stays "who runs is not reset by it [D4]" node1

lie "$node" master1 "say:$(request liar)"
heard_as "a request before a hello: said" "liar says request, and no hello before"
check "a hello in another's name: closed [D1]" \
	lie "$node" master1 "say:$(hello node1 node)" closed
heard_as "said" "liar is closed: it says hello as node1|somebody is closed: it says hello as node1"
check "a request in another's name: closed [D2]" \
	lie "$node" master1 "say:$hello" "say:$(request node1)" closed
heard_as "said, with both names" "it says request as node1, and its certificate is of liar"
same "and nobody is offered anything for it [D4]" "$(broadcasts master1)" 0
stays "node1 is as it was [D4]" node1

# Only a master's certificate makes a master.
lie "$node" master1 "say:$(hello liar master)" "say:$(message request liar '"types":[]')" >&2
heard_as "a node that says hello as a master: said [D6]" \
	"liar says hello as master, and its certificate is a node's"
same "and it is offered nothing [D6]" "$(broadcasts master1)" 0

# ---- as a master ----------------------------------------------------------

# A daemon does not say more than one such sentence in 10 s: a new one each.
stranger()
{
	false_master stranger "$(certificate master stranger elsewhere)" stranger stay
}

imposter()
{
	false_master imposter "$node" imposter stay
}

other()
{
	false_master other "$(certificate master)" master3 stay
}

stranger
check "a master of another authority: the node says so [D6]" await_log node1 \
	"the master stranger is not heard: TLS: certificate verify failed" 20
kill_daemon liar.stranger
imposter
node_start node5
check "a node that says it is a master: the node says so [D6]" await_log node5 \
	"the master imposter is not heard: it is the node liar" 20
kill_daemon liar.imposter
other
node_start node6
check "a master under another name: the node says so [D6]" await_log node6 \
	"the master master3 is not heard: it is the master liar" 20
stranger
imposter
newcomer "beside all of them a node gets its image [D1]" node2
stays "who runs is not disturbed [D4]" node1
for what in stranger imposter other; do
	kill_daemon liar.$what
done

# Nobody can keep them from the master by its name.
kill_daemon master1
false_master double "$node" master1 --every 100 stay
node_start node3
check "a liar in the master's name: the node says so [D1]" await_log node3 \
	"the master master1 is not heard: it is the node liar" 40
forget node1
master_start master1 --window-ms 200
check "it finds the master beside it [D1]" run_version 1.1.0 55 node3
await_log node1 "connected with master master1" 40 >&2
stays "who runs is not disturbed by it [D4]" node1
kill_daemon liar.double

# ---- datagrams ------------------------------------------------------------

# datagram [OPTION...] TEXT: to all
datagram()
{
	in_node liar "$LIAR" --every 20 --datagram "$@" >/dev/null
}

forget node1
datagram "$(message reset master1 '"types":[]')" --count 3
check "a reset by datagram: said [D8]" await_log node1 \
	"a datagram of [0-9.]+ says reset, which counts on a connection only" 20
node_start node7
run_version 1.1.0 40 node7 >&2
datagram "$(offer master1 hba-1.1.0.mrb)" --count 3
check "an offer by datagram: said [D3]" await_log node7 \
	"says offer, which counts on a connection only" 20
stays "nothing happens by them [D4]" node1

# More masters than a site has; none of them is there.
spawn liar.many "$LIAR" --every 20 --datagram \
	'{"codeswap":1,"type":"hello","name":"m%count%","role":"master","port":9,"sequence":1}'
await_log node1 "the master m[0-9]+ is not heard" 20 >&2
newcomer "hellos of many masters that are not there: the node finds the one that is [D1]" \
	node4 55
kill_daemon liar.many
stays "who runs is not disturbed by them [D4]" node1

# hellos_of MASTER COMMAND...: datagrams that it sends meanwhile, on its interface
hellos_of()
{
	hellos=$(tx_bytes "$1" mgmt0)
	shift
	"$@"
	hellos=$(($(tx_bytes master1 mgmt0) - hellos))
}

hellos_of master1 datagram "$(hello nobody node)" --count 500 --every 2
check "a flood of hellos is not answered by a flood [D7]" \
	at_most 30000 "$hellos"
check "the master is there [D6]" fleet status master1
