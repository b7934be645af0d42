#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A node in a virtual machine, whose device is the kernel's: it gets its image from a
# master outside, by generic netlink. The guest runs kernel-device-guest.
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

# order_reset: when the guest waits for it
order_reset()
{
	timeout 200 tail -n +1 --pid=$vm -f "$RESULTS/vm.out" |
		grep -qx -m1 "guest: waits" && fleet reset master1 hba-sim
}

# guest WHAT: it said so
guest()
{
	grep -qx "guest: $1" "$RESULTS/vm.out" || {
		tail -n 20 "$RESULTS/vm.out"
		return 1
	}
}

plan 8
require_program qemu-system-x86_64
[ -c /dev/net/tun ] || skip_all "no /dev/net/tun for the guest's network"
site_up 0 master1
{ tap mgmt && tap bulk; } 2>"$site/why" ||
	skip_all "no network for a guest: $(head -n 1 "$site/why")"
store_make "$site/store" hba-1.1.0 || bail "no store"
trust author operator || bail "no trust"
guest_files "$site/guest" || bail "no files for the guest"
master_start master1 --window-ms 100
await_log master1 "is up" 20 || bail "no master"
: >"$RESULTS/vm.out"
boot &
vm=$!
check "it comes so far that the operator can reset it" order_reset
wait $vm
same "the guest ends well, and its kernel's log is clean" $? 0
check "the device was minimal, and asked" guest "minimal"
check "it runs the image of the master outside [D1]" guest "running 1.1.0"
check "the image is not on the guest's disk: what is kept are settings" \
	guest "kept settings.json"
check "the master heard of it" said master1 "^codeswapd: vm has hba-1.1.0.mrb"
check "a reset by the operator reaches the kernel's device [D8]" guest "reset"
check "and it gets the image again" guest "running again 1.1.0"
