# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# shellcheck disable=SC2154 # site, fleet: see site.sh
#
# What tests of bad input share. Read by them after site.sh.
#
# LIAR		the program; default: that of $B

# shellcheck source=nodes.sh
. "$fleet/nodes.sh"
LIAR=${LIAR:-$B/fleet/liar}
[ -x "$LIAR" ] || bail "$LIAR is not built"

# ---- lies -----------------------------------------------------------------

# certificate ROLE [NAME [AUTHORITY]]: the directory of it; NAME is liar where
# nothing else is said
certificate()
{
	tls_of "${2:-liar}" "$1" "${3:-site}"
}

# lie TLS_DIR MASTER WORD...: to a master, by somebody at node liar
lie()
{
	lie_tls=$1
	lie_to=$(address "$2" mgmt):7373
	shift 2
	in_node liar "$LIAR" --tls "$lie_tls" --to "$lie_to" "$@"
}

# lie_in_background WHAT TLS_DIR MASTER WORD...: the same; kill_daemon liar.WHAT
# ends it
lie_in_background()
{
	lie_what=$1
	lie_tls=$2
	lie_to=$(address "$3" mgmt):7373
	shift 3
	spawn "liar.$lie_what" "$LIAR" --tls "$lie_tls" --to "$lie_to" "$@"
}

# false_master WHAT TLS_DIR NAME [OPTION...] [WORD...]: at node liar, until
# kill_daemon liar.WHAT
false_master()
{
	false_what=$1
	false_tls=$2
	false_name=$3
	shift 3
	spawn "liar.$false_what" "$LIAR" --tls "$false_tls" --hello "$false_name" "$@"
}

# Fields of a status that no liar makes anything of.
# shellcheck disable=SC2034 # for tests
status_rest='"set":"","desired":"","service":"none","order":0,"outcome":"","epoch":0,"holder":""'

# message TYPE NAME [FIELD...]: JSON, printed
message()
{
	message_type=$1
	message_name=$2
	shift 2
	printf '{"codeswap":1,"type":"%s","name":"%s","sequence":0' \
		"$message_type" "$message_name"
	[ $# -eq 0 ] || printf ',%s' "$@"
	printf '}'
}

# hello NAME ROLE, request NAME [TYPE]: as JSON, printed
hello()
{
	message hello "$1" "\"role\":\"$2\"" '"port":0'
}

request()
{
	message request "$1" "\"types\":[\"${2:-hba-sim}\"]"
}

# offer NAME FILE [SEQUENCE]: with %manifest%, printed
offer()
{
	message offer "$1" '"offer":7' "\"file\":\"$2\"" '"group":"239.255.73.2"' \
		'"port":7374' '"sender":4711' '"url":""' '"manifest":%manifest%' |
		sed "s/\"sequence\":0/\"sequence\":${3:-0}/"
}

# ---- the rest of the site -------------------------------------------------

# as_it_is NODE: its processes, and the state and version that the operator is told,
# printed
as_it_is()
{
	echo "$(pid_of "$1") $(model_of "$1") $(fleet_table master1 |
		awk -v name="$1" '$1 == name && $2 == "node" { print $4, $5 }')"
}

# remember NODE: how it is; stays DESCRIPTION NODE: it is as it was
remember()
{
	as_it_is "$1" >"$site/as-$1"
}

stays()
{
	same "$1" "$(as_it_is "$2")" "$(cat "$site/as-$2")"
}

# newcomer DESCRIPTION NODE [SECONDS [VERSION]]: it is started, and gets an image
newcomer()
{
	node_start "$2" && check "$1" run_version "${4:-1.1.0}" "${3:-40}" "$2"
}
