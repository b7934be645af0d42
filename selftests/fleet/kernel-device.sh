#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A node in a virtual machine, whose device is the kernel's: it gets its image from a
# master outside, by generic netlink, and swaps live when an orchestrator orders it. The guest
# runs kernel-device-guest.
# time limit: 300 s
. "$(dirname "$0")/site.sh"

# tap NET: an interface of the guest, on the site's network
tap()
{
	ip tuntap add "vm-$1" mode tap && ip link set "vm-$1" master "$1" up
}

# guest_files DIR: what the guest finds below its images
guest_files()
{
	mkdir -p "$1/tls" &&
		cp "$(tls_of vm node)"/*.pem "$1/tls" &&
		cp -r "$site/trust" "$1/trust" &&
		cp "$fleet/kernel-device-guest" "$1/run"
}

# boot: the guest's results are in vm.out
boot()
{
	"$TOP/selftests/vm/run.sh" --bare --network vm-mgmt --network vm-bulk \
		--guest-module virtio_net --guest-module virtio_pci \
		--program "$B/helper/codeswap-sited" \
		--program "$B/helper/codeswap-mcastd" --images "$site/guest" \
		--time-limit 240 --log "$RESULTS/vm" \
		--command "sh /lib/firmware/codeswap/guest/run" \
		>"$RESULTS/vm.out" 2>&1
}

# guest_waits WHAT: it says so
guest_waits()
{
	timeout 200 tail -n +1 --pid=$vm -f "$RESULTS/vm.out" | grep -qx -m1 "guest: $1"
}

# order_reset: when the guest waits for it
order_reset()
{
	guest_waits "waits" && fleet reset master1 hba-sim
}

# update_to SEQUENCE IMAGE: when the guest waits for it, by live swap where that is possible
update_to()
{
	rm -rf "$site/images"
	store_make --sequence "$1" "$site/images" "$2" &&
		fleet install master1 "$site/images" &&
		in_node operator codeswap fleet update --master "$(address master1 mgmt)" \
			--tls "$(tls_of operator operator)" --state "$site/update" \
			--set A --method live
}

# guest WHAT: it said so
guest()
{
	grep -qx "guest: $1" "$RESULTS/vm.out" || {
		tail -n 20 "$RESULTS/vm.out"
		return 1
	}
}

plan 17
require_program qemu-system-x86_64
[ -c /dev/net/tun ] || skip_all "no /dev/net/tun for the guest's network"
site_up 1 master1
{ tap mgmt && tap bulk; } 2>"$site/why" ||
	skip_all "no network for a guest: $(head -n 1 "$site/why")"
store_make "$site/store" hba-1.1.0 || bail "no store"
trust author operator || bail "no trust"
guest_files "$site/guest" || bail "no files for the guest"
master_start master1 --window-ms 100
await_log master1 "is up" 20 || bail "no master"
# Alone in its set, the guest could not go out of service.
node_start node1 --set A -v || bail "no node"
await_log node1 "this machine is in service" 20 || bail "not in service"
: >"$RESULTS/vm.out"
boot &
vm=$!
check "it comes so far that the operator can reset it" order_reset
check "it waits for an update" guest_waits "waits for a swap"
await_log node1 "this machine is in service" 20 || bail "not in service again"
check "an orchestrator updates its set [D9]" update_to 2 hba-2.0.0
check "it is to go back" guest_waits "waits for an older release"
check "which is an update, too [D9]" update_to 3 hba-1.1.0
check "a last reset" fleet reset master1 hba-sim
wait $vm
same "the guest ends well, and its kernel's log is clean" $? 0
check "the device was minimal, and asked" guest "minimal"
check "it runs the image of the master outside [D1]" guest "running 1.1.0"
check "the image is not on the guest's disk: what is kept are settings" \
	guest "kept settings.json"
check "the master heard of it" said master1 "^codeswapd: vm has hba-1.1.0.mrb"
check "a reset by the operator reaches the kernel's device [D8]" guest "reset"
check "and it gets the image again" guest "running again 1.1.0"
check "the update was a live swap [D9]" guest "swapped"
check "the device was not reset for it" guest "not reset"
check "what was written meanwhile was read back, and nothing has failed" \
	guest "no request has failed"
check "an older release runs, after a reset" guest "back"
