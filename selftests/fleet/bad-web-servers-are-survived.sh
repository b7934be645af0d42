#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Nodes that multicast does not reach, and web servers that send damaged chunks, more
# than was asked for, the wrong thing, or next to nothing. Each node says what was
# wrong and takes none of it; the others get their images, and these do when
# multicast reaches them again.
. "$(dirname "$0")/site.sh"
. "$fleet/liars.sh"

plan 24
require_program python3
require_loss
image=bench/4M-a
site_up 8 master1
store_make "$site/store" $image || bail "no store"
file=$site/store/4M-a.mrb

way_of()
{
	case $1 in
	node2) echo damaged ;;
	node3) echo endless ;;
	node4) echo whole ;;
	node5) echo slow ;;
	node6) echo round ;;
	node7) echo elsewhere ;;
	*) echo good ;;
	esac
}

ways=
for node in $(nodes); do
	ways="$ways $(address "$node" mgmt)=$(way_of "$node")"
done
operator=$(address operator mgmt)
# shellcheck disable=SC2086 # a list of words
spawn operator.web python3 "$fleet/bad-web-servers.py" "$operator" 8000 "$file" $ways
await_log operator.web listens 20 || bail "no web server"
master_start master1 --window-ms 500 --ack-ms 500 --url "http://$operator:8000/" -v

for node in $(nodes 1 7); do
	loss "$node" 100
	node_start "$node" -v
done
newcomer "beside those whom multicast does not reach, one gets its image by it [D1]" \
	node8 50 2.0.0
remember node8
check "one of them gets it from a web server [D7]" run_version 2.0.0 50 node1
check "which it says" said node1 "4M-a.mrb: [0-9]+ of 9 chunks are fetched from http://"

url="http://$operator:8000/4M-a.mrb"
check "damaged chunks: said [D5]" await_log node2 \
	"4M-a.mrb: [0-9]+ bytes came that are no chunk of it; they are dropped" 40
check "and from where" await_log node2 "$url: this is not the chunk of the manifest" 20
check "more than was asked for: said [D5]" await_log node3 \
	"$url: the server sends more than the [0-9]+ bytes that were asked for" 40
check "the whole file for a part: said [D5]" await_log node4 \
	"$url: it answers with status 200 and [0-9]+ of [0-9]+ bytes" 40
check "round in circles: said [D5]" await_log node6 "$url: .*redirect" 40
check "to a file of its own: said [D5]" await_log node7 "$url: .*rotocol" 40
check "next to nothing: said [D5]" await_log node5 "$url: Timeout was reached" 50

for node in $(nodes 2 7); do
	same "$(way_of "$node"): nothing of that runs [D5]" \
		"$(times_said "$node" "is here|is loading|running")" 0
done
stays "who runs is not disturbed [D4]" node8

for node in $(nodes 2 7); do
	no_loss "$node"
done
for node in $(nodes 2 7); do
	check "$(way_of "$node"): when multicast reaches it, it gets its image [D1]" \
		run_version 2.0.0 60 "$node"
done
stays "who runs is not disturbed by that [D4]" node8
