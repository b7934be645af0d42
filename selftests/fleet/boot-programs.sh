#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# After power on a node has its boot program and a few settings: that tests the
# device, and asks for an image. After a reset it asks again, because nothing was
# kept.
. "$(dirname "$0")/site.sh"
. "$fleet/nodes.sh"

plan 20
image=hba-1.1.0

site_up 2 master1
kind_of_model broken --defect flash >"$site/broken" || bail "no other device"

# ---- nobody is there ----------------------------------------------------------

start_nodes node1 || bail "no node"
check "the boot program tests the device, and is minimal [D1]" \
	await_log node1 'model0 is minimal$' 30
same "nothing is in the state directory [D1]" "$(ls -A "$site/state/node1")" ""
node_start_kind "$(cat "$site/broken")" node2 -v || bail "no node"
check "a defect is found by it [D1]" \
	await_log node2 'model0: the self-test of the device failed' 30

# ---- an image -------------------------------------------------------------------

store_make --sequence 3 "$site/store" $image || bail "no store"
master_start master1 --window-ms 300 -v
check "it asks [D1]" await_log master1 "node1 asks for $image.mrb" 30
check "and runs what comes [D1]" run_version 1.1.0 40 node1
await_log node2 'connected with master master1' 30 || bail "no connection"
same "a device with a defect asks for nothing [D1]" \
	"$(times_said master1 'node2 asks')" 0
same "and the operator sees that" "$(state_of master1 node2)" testing

# ---- what is kept ---------------------------------------------------------------

same "kept are settings, and no image [D1]" "$(ls -A "$site/state/node1")" \
	settings.json
check "of a few bytes" at_most 1000 "$(wc -c <"$site/state/node1/settings.json")"
same "with the manifest's number, and the version that is wanted [D1]" \
	"$(tr -d ' \n' <"$site/state/node1/settings.json" |
		sed 's/,"images":"[0-9a-f]\{64\}"//')" \
	'{"sequence":3,"desired":{"hba-sim":"1.1.0"}}'

# open_files NODE: files that its processes have open or mapped, and that hold a
# copy of the image; printed
open_files()
{
	for of in "$(pid_of "$1")" $(pgrep -P "$(pid_of "$1")"); do
		find "/proc/$of/fd" "/proc/$of/map_files" -lname '/memfd:*' 2>/dev/null
	done
}

same "no process keeps a copy of the file [D1]" "$(open_files node1)" ""

# ---- power off and on --------------------------------------------------------------

kill_daemon node1
forget node1 master1
start_nodes node1 || bail "no node"
check "after power on it is minimal again [D1]" \
	await_log node1 'model0 is minimal' 30
check "asks again [D1]" await_log master1 "node1 asks for $image.mrb" 30
check "and runs what comes [D1]" run_version 1.1.0 40 node1
check "which was broadcast again" await_log master1 'broadcast of' 1

# ---- reset ---------------------------------------------------------------------------

forget node1 master1
fleet reset master1 || bail "no reset"
check "after a reset it is minimal again [D1]" \
	await_log node1 'model0 is minimal' 30
check "asks again [D1]" await_log master1 "node1 asks for $image.mrb" 30
check "and runs what comes [D1]" run_version 1.1.0 40 node1

# ---- nobody is there any more -----------------------------------------------------------

kill_daemon master1
kill_daemon node1
forget node1
start_nodes node1 || bail "no node"
check "without a master it is minimal [D1]" await_log node1 'model0 is minimal' 30
# It says hello every five seconds; had it a copy, it would be running by then.
spawn master1.ear timeout 30 python3 -c '
import socket, struct
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("239.255.73.1", 7373))
s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton("239.255.73.1") +
             struct.pack("=4si", bytes(4), socket.if_nametoindex("mgmt0")))
print("listens", flush=True)
while b"node1" not in s.recv(2000):
    pass
print("heard", flush=True)'
await_log master1.ear '^listens' 30 || bail "nobody listens"
forget node1
await_log master1.ear '^heard' 30 || bail "it is not heard"
same "and stays so, asking who is there [D1]" "$(times_said node1 'model0 is')" 0
