# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# A device that runs 1.1.0 under I/O, for the tests in C (device.h): it is there
# from the line "device DIRECTORY NODE LABEL" on, until standard input ends.
# Then it must serve as before, and take a good image.
. ./functions.sh
. ./devices.sh

after()
{
	echo "$1"
	shift
	"$@" >/dev/null || exit 1
}

load_modules
device_up hba0 1.1.0 size=16777216 logins=16
table=$(logins)
io_start
# shellcheck disable=SC2154 # set by device_up
echo "device $dev $node $label"
read -r _
after "the old image must serve" serves 1.1.0
after "no login may be lost or changed" [ "$(logins)" = "$table" ]
after "a good image must be taken" swap_to 2.0.0
after "and serve" serves 2.0.0
after "not one I/O may have failed" io_clean
