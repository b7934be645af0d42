#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Signed images: a wrong signature of a known key is refused whatever the
# policy; a device that requires signatures takes those of keys in the keyring .codeswap, by
# every door, and no others.
. ./functions.sh
. ./devices.sh
plan 20

CERT=$CODESWAP_IMAGES/cert.der

load_modules
require_program keyctl
device_up hba0 1.1.0 logins=4 size=16777216
io_start
before=$(logins)

# untouched: 1.1.0 goes on, its logins as they were
untouched()
{
	serves 1.1.0 && [ "$(logins)" = "$before" ]
}

check "with no key to check it, a signature counts as none" \
	swap_to 2.0.0-signed
check "2.0.0 serves" serves 2.0.0
check "back to 1.1.0" swap_back --accept-lost login-priority
before=$(logins)

echo 1 >"$dev/require_signature"
refuses "an image without one is refused where they are required [U3]" \
	"is not signed" swap_to 2.0.0
same "the reason is told" "$(attr error | cut -d' ' -f1)" staging:signature
refuses "one of a key that is not known as well [U3]" \
	"not in the keyring" swap_to 2.0.0-signed
refuses "and an unsigned one by cat" . sh -c "cat '$(image 2.0.0)' >$node" 2>/dev/null
check "1.1.0 goes on" untouched

keyring=$(awk '/ \.codeswap: / { print "0x" $1; exit }' /proc/keys)
check "the keyring is there" test -n "$keyring"
check "root gives it a key" sh -c \
	"keyctl padd asymmetric codeswap $keyring <'$CERT'"
refuses "a signature that does not match the key is refused [U3]" \
	"signature of the image is wrong" swap_to 2.0.0-bad-signature
same "the reason is told" "$(attr error | cut -d' ' -f1)" staging:signature
refuses "one whose signature was cut off is refused [U3]" \
	"truncated the image is signed, and ends" \
	sh -c "cat '$(image hba-2.0.0-bad-unsigned)' >$node; cat $dev/error; false"
check "1.1.0 goes on" untouched
check "an image signed with the key is taken by netlink [U3]" swap_to 2.0.0-signed
check "2.0.0 serves" serves 2.0.0
echo 0 >"$dev/require_signature"
check "back to 1.1.0" swap_back --accept-lost login-priority
refuses "a wrong signature is refused where none is required, too [U3]" \
	"signature of the image is wrong" swap_to 2.0.0-bad-signature
echo 1 >"$dev/require_signature"
check "and by cat, in small pieces" \
	sh -c "dd if='$(image hba-2.0.0-signed)' of=$node bs=777 2>&1"
check "not one I/O failed" io_clean
