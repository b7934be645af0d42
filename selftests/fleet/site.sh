# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# A site of many nodes on one machine: each node a network namespace with two
# interfaces, mgmt0 and bulk0, on the two bridges of the site. A test begins with
#
#	. "$(dirname "$0")/site.sh"
#	plan 3
#	site_up 10 master1
#
# and gives its results as in ../codeswap/functions.sh, which is read here. The
# functions for daemons and logs are in daemons.sh, those for certificates and
# stores in keys.sh.
#
# The script is started once more in network, process and mount namespaces of its
# own, in which the bridges are. Two sites do not see each other, and whatever is
# left when the script ends, however that is, the kernel removes with them.
#
# B		directory of what was built
# RESULTS	directory of logs; default $B/fleet/NAME
# FLEET_KEYS	directory of certificates that tests share; default: none are shared

fleet=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
TOP=$(CDPATH='' cd -- "$fleet/../.." && pwd)
# shellcheck source=../../scripts/common.sh
. "$TOP/scripts/common.sh"
export B
RESULTS=${RESULTS:-$B/fleet/$(basename "$0" .sh)}
PATH=$B/helper:/usr/sbin:/sbin:$PATH
script=$fleet/$(basename "$0")
mkdir -p "$RESULTS"
cd "$TOP/selftests/codeswap" || exit 1
# shellcheck source=../codeswap/functions.sh
. ./functions.sh
# shellcheck source=keys.sh
. "$fleet/keys.sh"
# shellcheck source=daemons.sh
. "$fleet/daemons.sh"

# ---- a world of its own ---------------------------------------------------

# world_ends: with its first process the kernel kills all others, and only then
# does unshare return
world_ends()
{
	pkill -KILL -P "$world"
}

# world_begins [ARGUMENT...]: run the script in it; does not return
world_begins()
{
	trap - EXIT
	FLEET_SITE=$(mktemp -d "${TMPDIR:-/tmp}/codeswap-site.XXXXXX") || exit 1
	export FLEET_SITE
	trap world_ends HUP INT TERM
	# Where even this shell is killed, unshare must not go on alone.
	setpriv --pdeathsig KILL unshare --net --mount --pid --fork --kill-child \
		--mount-proc "$script" "$@" &
	world=$!
	wait $world
	status=$?
	# That may have been interrupted by a signal; then it is not over yet.
	wait $world
	rmdir "$FLEET_SITE"
	exit $status
}

# What is made here is in memory, and seen from nowhere else.
world_prepare()
{
	site=$FLEET_SITE
	{
		mount -t tmpfs codeswap-site "$site" &&
		mkdir -p /run/netns "$keys" &&
		mount -t tmpfs codeswap-site /run/netns &&
		mkdir "$site/pid" "$site/mark" "$site/state" "$site/trust" &&
		ip link set lo up
	} || bail "no namespace of its own"
	no_ipv6=/proc/sys/net/ipv6/conf/all/disable_ipv6
	[ ! -e $no_ipv6 ] || echo 1 >$no_ipv6
	cd "$site" || exit 1
}

if [ -z "${FLEET_SITE:-}" ]; then
	require_root
	require_program ip bridge nsenter unshare setpriv pkill openssl
	[ -x "$B/helper/codeswap" ] || bail "$B/helper/codeswap is not built"
	world_begins "$@"
fi
world_prepare
trap site_ends EXIT

# site_ends: like the end of any test, but that no daemon may have failed
site_ends()
{
	status=$?
	stop_daemons || failures=$((failures + 1))
	(exit $status)
	end_test
}

# ---- the networks ---------------------------------------------------------

# bridge_up NAME: it asks for members of groups, and floods no others. After it was
# made to ask, a bridge floods for as long as an answer may take: a tenth of
# a second here, and over before the nodes are there.
bridge_up()
{
	ip -batch - <<-end
		link add $1 type bridge mcast_query_response_interval 10 mcast_last_member_interval 10
		link set $1 type bridge mcast_snooping 1 mcast_querier 1
		link set $1 up
	end
}

# site_names N [NAME...]: lines "NAME A B", the last two bytes of its addresses
site_names()
{
	seq "$1" | awk '{ print "node" $1, int($1 / 250), $1 % 250 + 1 }'
	shift
	printf '%s\n' "$@" operator | awk '{ print $1, 255, NR }'
}

# Both ends of a link are made at once, the near one in the bridge.
plug_batch()
{
	awk '{
		print "netns add " $1
		for (i = 1; i <= 2; i++) {
			net = i == 1 ? "mgmt" : "bulk"
			printf "link add %s-%s up master %s type veth peer name %s0 " \
				"address 02:00:0a:%02x:%02x:%02x netns %s\n",
				net, $1, net, net, 70 + i, $2, $3, $1
		}
	}' "$site/names"
}

# node_batches: the commands for inside of each namespace, in $site/batch/NAME. The
# nodes know the hardware addresses of the masters and so on, and these those of
# the nodes: the kernel's table of neighbours is one for all namespaces and ends at
# 1024, and what is counted are the protocols of the site, not ARP.
node_batches()
{
	mkdir -p "$site/batch"
	awk -v dir="$site/batch/" '
	function neighbours(of, who)
	{
		for (i = 71; i <= 72; i++)
			printf "neigh replace 10.%d.%d.%d lladdr 02:00:0a:%02x:%02x:%02x" \
				" dev %s nud permanent\n", i, a[who], b[who], i,
				a[who], b[who], i == 71 ? "mgmt0" : "bulk0" >(dir of)
	}
	{ name[NR] = $1; a[NR] = $2; b[NR] = $3 }
	END {
		for (n = 1; n <= NR; n++) {
			file = dir name[n]
			print "link set lo up" >file
			for (i = 71; i <= 72; i++) {
				dev = i == 71 ? "mgmt0" : "bulk0"
				print "link set " dev " addrgenmode none up" >file
				printf "addr add 10.%d.%d.%d/16 brd + dev %s\n",
					i, a[n], b[n], dev >file
			}
			# What forgets to name its interface is seen on this one.
			print "route add 239.0.0.0/8 dev mgmt0" >file
			for (m = 1; m <= NR; m++)
				if (m != n && (a[n] == 255) + (a[m] == 255) > 0)
					neighbours(name[n], m)
			close(file)
		}
	}' "$site/names"
}

# site_up N [NAME...]: nodes node1 to nodeN, further ones (masters) by name, and
# always one called operator
site_up()
{
	site_names "$@" >"$site/names"
	cut -d' ' -f1 "$site/names" >"$site/all"
	# An interface's name ends after 15 characters, 5 of which are ours.
	if grep -E '.{11}|[^a-z0-9]' "$site/all"; then
		bail "no name for a node"
	fi
	node_batches
	bridge_up mgmt || bail "no bridge"
	bridge_up bulk || bail "no bridge"
	plug_batch | ip -batch - || bail "no nodes"
	each_node ip -n '{}' -batch "$site/batch/{}" || bail "no addresses"
	await_up $((2 * $(wc -l <"$site/all"))) link show type veth ||
		bail "not all links are up"
}

# await_up N ARGUMENT...: until ip with these arguments shows so many interfaces that
# can send: a link that has come up takes a moment
await_up()
{
	# shellcheck disable=SC2016 # for the inner shell
	timeout 10 sh -c 'n=$1; shift; until [ "$(ip -o "$@" |
		grep -c " state UP ")" -ge "$n" ]; do sleep 0.02; done' - "$@"
}

# each_node COMMAND...: for every node, {} its name, several at a time
each_node()
{
	xargs -P "$(nproc)" -I '{}' "$@" <"$site/all"
}

# in_node NODE COMMAND...: with the node's network
in_node()
{
	in_node=$1
	shift
	nsenter "--net=/run/netns/$in_node" -- "$@"
}

# address NODE mgmt|bulk: printed
address()
{
	awk -v name="$1" -v net="$2" '
		$1 == name { print "10." (net == "mgmt" ? 71 : 72) "." $2 "." $3 }' \
		"$site/names"
}

# await_members mgmt|bulk GROUP N SECONDS: until the bridge knows so many ports with
# members of the group, or more
await_members()
{
	# shellcheck disable=SC2016 # for the inner shell
	timeout "$4" sh -c 'until [ "$(bridge mdb show dev "$1" |
		grep -cF " grp $2 ")" -ge "$3" ]; do sleep 0.02; done' - "$1" "$2" "$3"
}

# ---- faults ---------------------------------------------------------------

# require_loss, require_uplink: skip the whole test where the kernel cannot do it
require_loss()
{
	command -v iptables >/dev/null || skip_all "needs the program iptables"
	{ loss_rule -A 50 lo && loss_rule -D 50 lo; } 2>"$site/why" ||
		skip_all "iptables has no match 'statistic': $(head -n 1 "$site/why")"
}

require_uplink()
{
	{ tc qdisc add dev lo root tbf rate 1mbit burst 64kb latency 100ms &&
		tc qdisc del dev lo root; } 2>"$site/why" ||
		skip_all "tc cannot limit a rate: $(head -n 1 "$site/why")"
}

# loss_rule -A|-D PERCENT INTERFACE [COMMAND...]: COMMAND leads to the node
loss_rule()
{
	loss_verb=$1
	loss_share=$(awk -v percent="$2" 'BEGIN { printf "%.6f", percent / 100 }')
	loss_on=$3
	shift 3
	"$@" iptables -w "$loss_verb" INPUT -i "$loss_on" -p udp \
		-m statistic --mode random --probability "$loss_share" -j DROP
}

# loss NODE PERCENT: of the datagrams that come to its bulk interface
loss()
{
	no_loss "$1" && loss_rule -A "$2" bulk0 nsenter "--net=/run/netns/$1"
}

no_loss()
{
	in_node "$1" iptables -w -F INPUT
}

# loss_everywhere PERCENT: at every node for itself, masters as well
loss_everywhere()
{
	each_node nsenter '--net=/run/netns/{}' iptables -w -F INPUT &&
		loss_rule -A "$1" bulk0 each_node nsenter '--net=/run/netns/{}'
}

# uplink NODE MBIT: the most that leaves its bulk interface in a second
uplink()
{
	tc -n "$1" qdisc replace dev bulk0 root tbf rate "${2}mbit" burst 64kb \
		latency 100ms
}

no_uplink()
{
	tc -n "$1" qdisc del dev bulk0 root
}

# unplug NODE mgmt|bulk: the cable is pulled out
unplug()
{
	ip link set "$2-$1" down
}

# plug NODE mgmt|bulk: and is back in its place, which the node knows
plug()
{
	ip link set "$2-$1" up && await_up 1 -n "$1" link show dev "${2}0"
}

# split NODE...: these see each other, and the others each other
split()
{
	for split_net in mgmt bulk; do
		[ -e /proc/sys/net/ipv4/conf/$split_net-2 ] ||
			bridge_up $split_net-2 || return 1
		for split_node in "$@"; do
			ip link set "$split_net-$split_node" master $split_net-2 ||
				return 1
		done
	done
}

# heal: all are on one network again
heal()
{
	awk '{ print "link set mgmt-" $1 " master mgmt"
	       print "link set bulk-" $1 " master bulk" }' "$site/all" | ip -batch -
}

# ---- bytes ----------------------------------------------------------------

# interface_bytes FIELD INTERFACE [COMMAND...]: of /proc/net/dev
interface_bytes()
{
	bytes_field=$1
	bytes_of=$2
	shift 2
	# shellcheck disable=SC2016 # for awk
	"$@" awk -v field="$bytes_field" -v name="$bytes_of" '
		{ sub(":", " ") }
		$1 == name { print $field }' /proc/net/dev
}

# rx_bytes NODE INTERFACE, tx_bytes NODE INTERFACE: since it was made
rx_bytes()
{
	interface_bytes 2 "$2" nsenter "--net=/run/netns/$1"
}

tx_bytes()
{
	interface_bytes 10 "$2" nsenter "--net=/run/netns/$1"
}

# all_bytes rx|tx mgmt|bulk: lines "NODE BYTES", all at once, from the bridge's
# side
all_bytes()
{
	awk -v net="$2-" -v field="$([ "$1" = rx ] && echo 10 || echo 2)" '
		{ sub(":", " ") }
		index($1, net) == 1 && $1 != net 2 {
			print substr($1, length(net) + 1), $field
		}' /proc/net/dev
}

# lost_here: packets that this machine, not a network, has lost so far because
# too many were under way at once; printed
lost_here()
{
	while read -r _ lost _; do
		echo $((0x$lost))
	done </proc/net/softnet_stat | awk '{ n += $1 } END { print n }'
}
