# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2154,SC2034 # variables of run.sh and keys.sh
#
# A machine that is a node of a site by codeswap-site.service, with what its operator would
# write. Read by run.sh, after prepare.sh.

site=$work/site
FLEET_KEYS=$site/keys
RESULTS=$work
# shellcheck source=../fleet/keys.sh
. "$TOP/selftests/fleet/keys.sh"

# tls_in_root NAME ROLE DIR
tls_in_root()
{
	mkdir -p "$root$3" && cp "$(tls_of "$1" "$2")"/*.pem "$root$3/"
}

# stores_in_root: that of the master, what replaces it later, and that of the cell
stores_in_root()
{
	store_make "$site/store" hba-1.1.0 &&
		store_make "$site/flash" hba-1.1.0 boot-1.0.0 &&
		store_make --sequence 2 "$site/new" hba-2.0.0 &&
		mkdir -p "$root/var/lib/codeswap" &&
		cp -r "$site/store" "$site/flash" "$root/var/lib/codeswap/" &&
		cp -r "$site/new" "$root$share/"
}

# What is served with the device, and the program for --service.
service_in_root()
{
	cat >"$root/etc/systemd/system/web.service" <<-'EOF'
	[Service]
	ExecStart=/usr/bin/busybox httpd -f -p 80
	EOF
	cat >"$root/usr/local/sbin/web" <<-'EOF'
	#!/bin/sh
	case $1 in
	start | stop) exec systemctl "$1" web.service ;;
	status) exec systemctl --quiet is-active web.service ;;
	esac
	EOF
	chmod +x "$root/usr/local/sbin/web"
}

# options_in_root NAME OPTION...
options_in_root()
{
	options_of=$1
	shift
	echo "CODESWAP_SITE=-v --management mgmt0 --bulk bulk0 $*" \
		>"$root/etc/default/codeswap-$options_of"
}

# instance_in_root NAME OPTION...: the unit once more, in a network of its own
instance_in_root()
{
	options_in_root "$@" --tls "/etc/codeswap/tls-$1" \
		--state "/var/lib/codeswap/$1"
	units=$root/etc/systemd/system
	cp "$root/usr/lib/systemd/system/codeswap-site.service" \
		"$units/codeswap-$1.service"
	mkdir -p "$units/codeswap-$1.service.d"
	cat >"$units/codeswap-$1.service.d/instance.conf" <<-EOF
	[Service]
	EnvironmentFile=
	EnvironmentFile=/etc/default/codeswap-$1
	NetworkNamespacePath=/run/netns/$1
	StateDirectory=codeswap/$1 codeswap/flash
	EOF
}

units_in_root()
{
	options_in_root site --role node --set A --service /usr/local/sbin/web
	instance_in_root master --role node,master --set B --model 1 \
		--window-ms 100 --http-port 80
	instance_in_root cell --role cell --model 1 --store /var/lib/codeswap/flash
	cp "$boots/site-guest" "$root/usr/local/sbin/"
	cat >"$root/etc/systemd/system/site-guest.service" <<-'EOF'
	[Unit]
	Description=A node of a site
	After=multi-user.target
	[Service]
	Type=oneshot
	TimeoutStartSec=infinity
	ExecStart=/usr/local/sbin/site-guest
	EOF
}

site_in_root()
{
	share=/usr/local/share/codeswap-site
	rm -rf "$site"
	mkdir -p "$site/trust" "$root$share"
	if ! {
		trust author operator &&
		cp -r "$site/trust" "$root/etc/codeswap/" &&
		tls_in_root node1 node /etc/codeswap/tls &&
		tls_in_root master1 master /etc/codeswap/tls-master &&
		tls_in_root cell1 master /etc/codeswap/tls-cell &&
		tls_in_root operator operator $share/operator &&
		stores_in_root
	}; then
		die "the site's files cannot be made"
	fi
	service_in_root
	units_in_root
}
