#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# dracut: devices that hold no microcode until they are fed, before the root file
# system is looked for. In host-only mode, images of the types that are here;
# else all there are.
# shellcheck disable=SC2154 # initdir, moddir, dracutbasedir are dracut's

# Of the devices that are here, what their attribute says, one a line.
codeswap_attribute()
{
	cat /sys/class/codeswap/*/"$1" 2>/dev/null | sort -u
}

# The modules that drive them, and those that the administrator names.
codeswap_modules()
{
	{
		codeswap_attribute driver_module
		sed 's/#.*//' "${dracutsysrootdir-}/etc/codeswap/modules" 2>/dev/null
	} | awk 'NF && $1 != "-" { print $1 }' | sort -u
}

# codeswap_wants FILE: is it an image, for a device that is here or may be?
codeswap_wants()
{
	local type

	type=$(codeswap image info "$1" 2>/dev/null | sed -n 's/^type: *//p')
	[ -n "$type" ] || return 1
	[[ ! $hostonly ]] || codeswap_attribute type | grep -qxF -- "$type"
}

# A host that has no such device wants nothing, unless it is asked for.
check()
{
	require_binaries codeswap || return 1
	[[ ! $hostonly ]] || [ -n "$(codeswap_modules)" ] || return 255
}

# Newer versions of dracut have the initqueue as a module.
depends()
{
	local module

	for module in "$dracutbasedir"/modules.d/*initqueue; do
		[ ! -d "$module" ] || echo initqueue
	done
}

# They are no disk's drivers to dracut, so that it would leave them out.
installkernel()
{
	local module

	hostonly='' instmods codeswap
	for module in $(codeswap_modules); do
		hostonly='' instmods "$module"
	done
}

install()
{
	local file

	inst_multiple codeswap modprobe mkdir
	inst_script "${dracutsysrootdir-}/usr/lib/codeswap/boot-feed" \
		/usr/lib/codeswap/boot-feed
	mkdir -p "$initdir/usr/lib/codeswap/boot"
	codeswap_modules >"$initdir/usr/lib/codeswap/boot/modules"
	inst_multiple -o /etc/modprobe.d/codeswap*.conf
	for file in "${dracutsysrootdir-}"/lib/firmware/codeswap/* \
		    "${dracutsysrootdir-}"/var/lib/codeswap/*; do
		if [ -f "$file" ] && codeswap_wants "$file"; then
			inst_simple "$file"
		fi
	done
	# Also where nothing else is waited for.
	dracut_need_initqueue
	inst_hook initqueue/settled 50 "$moddir/codeswap-feed.sh"
	inst_hook initqueue/finished 50 "$moddir/codeswap-fed.sh"
}
