# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# shellcheck disable=SC2154 # site, fleet: see site.sh
#
# What tests of sets, services and orders share. Read by them after site.sh and nodes.sh.

# shellcheck source=liars.sh
. "$fleet/liars.sh"

# ---- services ---------------------------------------------------------------

# service_of NAME: a program that sees to the service of that machine, printed. It is up
# while $site/up/NAME is there, and well unless $site/sick/NAME is, and does not stop while
# $site/busy/NAME is; its calls are in $site/calls/NAME, and those that were well in
# $site/calls/all as "SECONDS NAME VERB".
service_of()
{
	mkdir -p "$site/service" "$site/up" "$site/sick" "$site/busy" "$site/calls"
	cat >"$site/service/$1" <<-end
		#!/bin/sh
		case \$1 in
		start)	touch $site/up/$1 ;;
		stop)	[ ! -e $site/busy/$1 ] && rm -f $site/up/$1 ;;
		status)	[ -e $site/up/$1 ] && [ ! -e $site/sick/$1 ]; exit ;;
		esac
		status=\$?
		echo "\$1" >>$site/calls/$1
		read -r time rest </proc/uptime
		[ \$status -ne 0 ] || echo "\$time $1 \$1" >>$site/calls/all
		exit \$status
	end
	chmod +x "$site/service/$1"
	echo "$site/service/$1"
}

# calls NAME: of its service, in one line, but not those for its state; printed
calls()
{
	tr '\n' ' ' <"$site/calls/$1"
}

# never_without NAME/SET...: whenever the service of one was stopped, all others of the
# other sets were up, or others of its own; and at no time were all of them down
never_without()
{
	printf '%s\n' "$@" | awk -F/ '
	NR == FNR { set[$1] = $2; next }
	{ split($0, word, " "); name = word[2] }
	word[3] == "start" { up[name] = 1; next }
	{
		delete up[name]
		mine = others = out = 0
		for (n in set) {
			if (set[n] == set[name])
				mine += n in up
			else if (n in up)
				others++
			else
				out++
		}
		printf "%s: %s stops; of its set %d, of others %d are up, and %d not\n",
			word[1], name, mine, others, out
		if (!(mine + others) || (!mine && out))
			bad = 1
	}
	END { exit bad }' - "$site/calls/all"
}

# node_in SET NODE [OPTION...]: with a service
node_in()
{
	node_set=$1
	node_name=$2
	shift 2
	node_start "$node_name" --set "$node_set" --service "$(service_of "$node_name")" \
		--service-seconds 5 -v -v "$@"
}

# ---- orders -------------------------------------------------------------------

# an_order WORD NUMBER EPOCH HOLDER SEQUENCE METHOD [TARGET...]: as JSON, printed
an_order()
{
	printf '{"codeswap":1,"type":"order","name":"liar","word":"%s","order":%s' "$1" "$2"
	printf ',"epoch":%s,"holder":"%s","sequence":%s,"method":"%s"' "$3" "$4" "$5" "$6"
	shift 6
	printf ',"targets":['
	comma=
	for target; do
		printf '%s"%s"' "$comma" "$target"
		comma=,
	done
	printf ']}'
}

# order MASTER WORD NUMBER EPOCH HOLDER SEQUENCE METHOD [TARGET...]: by an operator, on the
# machine called liar
order()
{
	order_to=$1
	shift
	lie "$(certificate operator)" "$order_to" "say:$(an_order "$@")" await:hello \
		>"$site/ordered" 2>&1 || {
		cat "$site/ordered"
		return 1
	}
}

# await_outcome NODE NUMBER OUTCOME SECONDS
await_outcome()
{
	await_log "$1" "order $2 is $3" "$4"
}

# install SEQUENCE IMAGE: at master1, by an operator
install()
{
	rm -rf "$site/images"
	store_make --sequence "$1" "$site/images" "$2" || return 1
	fleet install master1 "$site/images"
}

# versions: that the nodes run, in one line; printed
versions()
{
	fleet_table master1 | awk '$2 == "node" { print $5 }' | sort | uniq -c | tr -s ' \n' ' '
}

# fails COMMAND...
fails()
{
	! "$@"
}
