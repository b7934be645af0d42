#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# What is written to a character device and is no name of an image, or of none
# that there is, is refused with a sentence; a name never leads out of the
# image directories (K2). The device serves on.
. ./functions.sh
. ./devices.sh

everybody=/dev/codeswap

error_of()
{
	case $1 in
	"$everybody") cat /sys/class/misc/codeswap/error ;;
	*) attr error ;;
	esac
}

# One write, by a program that tells its error.
write_to()
{
	# shellcheck disable=SC2059 # formats are what it is called with
	printf "$2" >"$RESULTS/line"
	dd if="$RESULTS/line" of="$1" bs=4096 2>&1
}

# refuse_at DOOR TEXT ERROR REASON SENTENCE WHAT: a result
refuse_at()
{
	output=$(write_to "$1" "$6")
	status=$?
	if [ $status -eq 1 ] && echo "$output" | grep -q "$3" &&
	   error_of "$1" | grep -qE -e "^idle:$4 .*$5" && serves 1.1.0; then
		pass "$2"
	else
		fail "$2"
		echo "status $status, said '$output'; $(attr phase);" \
			"$(error_of "$1")" | diagnose
	fi
}

# refuse TEXT ERROR REASON SENTENCE WHAT: by both nodes
refuse()
{
	refuse_at "$everybody" "/dev/codeswap: $1: $3 [K2]" "$2" "$3" "$4" "$5"
	refuse_at "$node" "/dev/codeswapN: $1: $3 [K2]" "$2" "$3" "$4" "$5"
}

invalid="Invalid argument"
missing="No such file"
plain="is not the plain name of a file"
long=$(printf %063d 0)

refuse_names()
{
	refuse "a path upwards" "$invalid" no-image "'../x.mrb' $plain" '../x.mrb\n'
	refuse "a path from the root" "$invalid" no-image \
		"'$RESULTS/x.mrb' $plain" "$RESULTS/x.mrb\n"
	refuse "a path downwards" "$invalid" no-image "'sub/x.mrb' $plain" 'sub/x.mrb\n'
	refuse "the directory above" "$invalid" no-image "'..' $plain" '..\n'
	refuse "the directory" "$invalid" no-image "'.' $plain" '.\n'
	refuse "an empty line" "$invalid" no-image "name of an image is empty" '\n'
	refuse "a name that is too long" "$invalid" no-image \
		"64 characters is longer than the 63" "${long}1"
	refuse "a line that is no name" "$invalid" not-an-image \
		"165 bytes that neither begin .* 63 characters" \
		"$long ${long} $(printf %036d 0)\n"
	refuse "a tab" "$invalid" not-an-image "byte 0x09 at offset 1" 'a\tb\n'
	refuse "a byte that is not ASCII" "$invalid" not-an-image \
		"byte 0xe4 at offset 2" 'ab\344\n'
	refuse "two lines at once" "$invalid" not-an-image "one line with one name" \
		'hba-2.0.0.mrb\nhba-2.0.0.mrb\n'
	refuse "a NUL" "$invalid" not-an-image "byte 0x00 at offset 13" \
		'hba-2.0.0.mrb\000x\n'
}
names=12

plan $((2 * names + 4 + 8 + 4))
load_modules
device_up hba0 1.1.0 size=16777216 logins=16
table=$(logins)
io_start
# What the paths would lead to is there, so that a path that is followed shows.
mkdir -p "$RESULTS/images/sub" "$RESULTS/images/dir.mrb"
cp "$(image hba-2.0.0)" "$RESULTS/x.mrb"
cp "$(image hba-2.0.0)" "$RESULTS/images/sub/x.mrb"
cp "$(image hba-2.0.0)" "$RESULTS/images/good.mrb"
echo "no image" >"$RESULTS/images/text.mrb"
ln -s good.mrb "$RESULTS/images/.hidden.mrb"

# The longest name there can be is a name, only not of an image.
refuse "without a daemon: the longest name, which nobody has" "$missing" \
	no-image "no feeder .* has no codeswap/$long \(error -2\)" "$long\n"
refuse "without a daemon: an unknown name with conversions" "$missing" \
	no-image 'no feeder .* has no codeswap/%s%n' '%%s%%n\n'
daemon_start "$RESULTS/images"
daemon_listens || bail "codeswapd does not listen"
refuse_names
refuse "with a daemon: an unknown name" "$missing" no-image \
	"no image 'x.mrb' in $RESULTS/images" 'x.mrb\n'
refuse "with a daemon: a directory" "$missing" no-image "dir.mrb" 'dir.mrb\n'
refuse "with a daemon: a file that is no image" "$missing" no-image \
	"text.mrb: .*not an MRB image" 'text.mrb\n'
refuse "with a daemon: a name that the device has, with a space before it" \
	"$missing" no-image "no image ' good.mrb'" ' good.mrb\n'

same "no login was lost or changed" "$(logins)" "$table"
check "a good name is taken after all of them" \
	sh -c "echo good.mrb >/dev/codeswap"
check "and its image serves" serves 2.0.0
check "not one I/O failed" io_clean
