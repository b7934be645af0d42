#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The update interrupt is handled in a thread of its own, next to the I/O
# (U4), and the device branches to the bootstrap of the new image, wherever
# its header says that it lies (U5).
. ./functions.sh
. ./devices.sh
plan 23

load_modules
device_up hba0 1.1.0 size=16777216 memory_size=64M
dir=/sys/kernel/debug/codeswap_sim/$label
io_start
trace_start || bail "no tracefs"
logins_before=$(logins)

# A bootstrap that works for long: this one never ends.
codeswap swap "$label" "$(image hba-2.0.0-bad-hang)" >"$RESULTS/hang" 2>&1 &
swapper=$!
await 20 "$dev/phase" reconciling >/dev/null
check "a person raises the update interrupt [U4]" \
	trace_has 'codeswap_phase: .* staged -> reconciling'
check "I/O moves while the bootstrap works [U4]" io_moves
same "it works still" "$(attr phase)" reconciling
check "admin work, too, is done beside it [U4]" \
	sh -c "echo 0x2000000000000001 >$dir/login &&
		echo 0x2000000000000001 >$dir/logout"
check "I/O still moves" io_moves
same "and it works still" "$(attr phase)" reconciling
codeswap cancel "$label"
wait $swapper
same "given up: nothing has changed" "$(attr result)" cancelled
check "1.1.0 serves on, as it was" unchanged 1.1.0 "$logins_before"

# entry VERSION: where the header says that the bootstrap begins
entry()
{
	codeswap image info "$(image "hba-$1")" |
		awk '/^bootstrap entry:/ { print $4 }'
}
echo "# bootstrap entries: 1.1.0 $(entry 1.1.0), 2.0.0 $(entry 2.0.0), big $(entry 2.0.0-big), 3.0.0 $(entry 3.0.0)"
check "bootstraps lie at different places" \
	test "$(printf '%s\n' "$(entry 1.1.0)" "$(entry 2.0.0)" \
		"$(entry 2.0.0-big)" "$(entry 3.0.0)" | sort -u | wc -l)" -ge 3
for version in 2.0.0 2.0.0-big 3.0.0; do
	check "that of $version at $(entry $version) is found [U5]" \
		swap_to $version
	check "it says of itself what it leads to" \
		item "-> $(attr version) ("
done
check "3.0.0 serves" serves 3.0.0

# The running image's bootstrap would not say this.
logins_before=$(logins)
refuses "it is the new image's bootstrap, not the old one's [U5]" \
	"this image was built to refuse every device" \
	swap_to 2.0.0-bad-refuse --allow-downgrade --accept-lost guard
same "the bootstrap refused, not the host" \
	"$(attr result) $(attr error | cut -d' ' -f1)" \
	"refused reconciling:bootstrap-refused"
check "3.0.0 serves on, as it was" unchanged 3.0.0 "$logins_before"

# An automated process: the daemon, by a name.
daemon_start
daemon_listens || bail "codeswapd does not listen"
swaps=$(attr swaps)
check "and an automated process raises it as well [U4]" \
	sh -c "echo hba-3.0.0.mrb >'$node'"
same "that way nothing is forced: it runs already" "$(attr swaps)" "$swaps"
check "not one I/O failed" io_clean
check "every request was answered once" io_adds_up
