#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A request names the module type, or none; then any image may come, or one that is
# combined of many.
. "$(dirname "$0")/site.sh"
. "$fleet/nodes.sh"

require_program python3
plan 10
firmware=$B/firmware
image_file hba-2.0.0 >/dev/null

# A device that does not say of which type it is. It runs the first image that it is
# given, whatever that is of.
kind anything >"$FLEET_SITE/anything" <<-'end' || bail "no other device"
	#!/usr/bin/env python3
	import os, socket
	s = socket.socket(fileno=3)
	s.send(b"minimal")
	while True:
	    text, fds, _, _ = socket.recv_fds(s, 512, 1)
	    word = text.decode().split()
	    if not word:
	        break
	    if word[0] == "load":
	        image = os.pread(fds[0], int(word[2]), int(word[1]))
	        print("a device is given", image[:3], len(image), flush=True)
	        os.close(fds[0])
	        s.send(b"running  0.0.1")
	    else:
	        s.send(b"minimal")
end
anything=$(cat "$site/anything")

site_up 2 master1
store_make "$site/store" hba-1.1.0 "$firmware/hba-2.0.0-bad-type.mrb" ||
	bail "no store"
master_start master1 --window-ms 300 -v
start_nodes node1 || bail "no node"
check "a request names the type [D2]" \
	await_log master1 'node1 asks for hba-1.1.0.mrb' 30
check "and its image comes [D2]" run_version 1.1.0 40 node1
node_start_kind "$anything" node2 -v
check "without a type any image may come [D2]" run_version 0.0.1 40 node2
size=$(size_of hba-1.1.0)
check "the device is given all of one image" \
	said node2 "a device is given .* ($size|$(size_of hba-2.0.0))\$"
same "the operator is told that it is of any type" \
	"$(fleet_table master1 | awk '$1 == "node2" { print $3, $4, $5 }')" \
	"any running 0.0.1"

# ---- combined -----------------------------------------------------------------

mkdir "$site/images"
codeswap image bundle "$site/images/all.mrb" "$firmware/hba-2.0.0-bad-type.mrb" \
	"$firmware/hba-2.0.0.mrb" >/dev/null || bail "no bundle"
rm "$site"/store/*
store_make --sequence 2 "$site/store" "$site/images/all.mrb" || bail "no store"
forget master1 node1 node2
reload master1 || bail "the store is not read"
fleet reset master1 || bail "no reset"
check "a combined image comes to who names a type [D2]" run_version 2.0.0 40 node1
check "and to who names none [D2]" run_version 0.0.1 40 node2
check "of which it is given one" \
	said node2 "a device is given .* $(size_of hba-2.0.0)\$"
same "each took part in one broadcast of it" \
	"$(for node in node1 node2; do
		times_said $node 'all.mrb is offered by master master1$'
	done | tr '\n' ' ')" "1 1 "
same "all go on" "$(fleet_table master1 | grep -c ' running ')" 2
