#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Every way to name or to feed an image, under I/O: echo and cat to the device
# nodes (K2), the helper and its daemon by netlink (K3), bundles, and two
# adapters by one write.
. ./functions.sh
. ./devices.sh
plan 29

load_modules

# A device in its boot ROM is fed by the daemon, not by the firmware loader:
# these images are where only the daemon looks.
own=$RESULTS/own-images
mkdir -p "$own"
cp "$(image hba-1.1.0)" "$own/only-the-daemon-has-it.mrb"
cp "$(image hba-2.0.0)" "$own/.hidden.mrb"
device_create hba0 size=16777216 || bail "no adapter"
check "a device in its boot ROM asks" \
	sh -c "codeswap list | grep -E '$label .*minimal'"
daemon_start "$own"
check "the daemon feeds it by netlink [K3]" await 20 "$dev/state" running
same "the image that only the daemon has" \
	"$(attr version) $(attr image_name)" "1.1.0 only-the-daemon-has-it.mrb"
await 20 "$disk" >/dev/null
io_start
cp "$(image hba-3.0.0)" "$own/.new"
mv "$own/.new" "$own/by-name-only.mrb"
check "echo a name: the daemon feeds the image [K2] [K3]" \
	sh -c "echo by-name-only.mrb >/dev/codeswap"
check "it serves" serves 3.0.0
refuses "a name that the daemon does not know" "." \
	sh -c "echo hba-1.1.0.mrb >'$node'"
check "is refused in its words [K3]" \
	grep -q "there is no image 'hba-1.1.0.mrb' in $own" "$dev/error"
check "nothing has changed" serves 3.0.0
daemon_stop

check "the helper feeds by netlink [K3]" swap_back
check "it serves" serves 1.1.0

# Without the daemon the firmware loader has the image.
check "echo a name, nobody listens: the firmware loader has it [K2]" \
	sh -c "echo hba-2.0.0.mrb >/dev/codeswap"
check "it serves" serves 2.0.0
check "cat a file to the one device [K2]" \
	sh -c "cat '$(image hba-3.0.0)' >'$node'"
check "it serves" serves 3.0.0
check "reading tells the last result" \
	sh -c "[ \"\$(head -1 <'$node')\" = success ]"
check "by a file descriptor, read by the kernel" \
	swap_to 1.1.0 --fd --allow-downgrade --accept-lost login-priority \
	--accept-lost guard
check "cat a file to all devices of its type [K2]" \
	sh -c "cat '$(image hba-2.0.0)' >/dev/codeswap"
check "it serves" serves 2.0.0
check "not one I/O failed" eval "io_clean && io_adds_up"

# Two adapters of a type, and one of another.
first=$dev
device_create hba1 size=16777216 || bail "no second adapter"
second=$dev
cat "$(image hba-2.0.0)" >"$node"
device_create nic type=nic size=16777216 || bail "no third adapter"
third=$dev
cat "$(image hba-2.0.0-bad-type)" >"$node"

versions()
{
	echo "$(cat "$first/version") $(cat "$second/version") $(cat "$third/version")"
}
same "three adapters, two types" "$(cat "$first/type" "$second/type" "$third/type" |
	tr '\n' ' ')$(versions)" "hba-sim hba-sim nic 2.0.0 2.0.0 2.0.0"
dev=$first
node=/dev/${dev##*/}
label=$(attr label)
disk=/dev/$label
io_start
swaps=$(cat "$third/swaps")
check "one write" sh -c "cat '$(image hba-3.0.0)' >/dev/codeswap"
same "swaps both of a type, and not the third" \
	"$(versions) $(cat "$third/swaps")" "3.0.0 3.0.0 2.0.0 $swaps"

# A bundle: for each the image of its type, in whatever order.
bundle=$RESULTS/bundle.mrb
check "a bundle is made" codeswap image bundle "$bundle" \
	"$(image hba-2.0.0-bad-type)" "$(image hba-3.0.0)"
cat "$(image hba-2.0.0-bad-type)" "$(image hba-3.0.0)" >"$RESULTS/by-cat.mrb"
check "cat makes the same" cmp "$bundle" "$RESULTS/by-cat.mrb"
codeswap reset "$(cat "$second/label")" >/dev/null
codeswap reset "$(cat "$third/label")" >/dev/null
same "two adapters are back in their boot ROM" \
	"$(cat "$second/state" "$third/state" | tr '\n' ' ')" "minimal minimal "
check "a bundle has an image for each type [K2]" \
	sh -c "cat '$bundle' >/dev/codeswap"
same "each adapter has taken the one of its type" "$(versions)" \
	"3.0.0 3.0.0 2.0.0"
check "the first one's I/O moves" serves 3.0.0
check "not one I/O failed" io_clean
