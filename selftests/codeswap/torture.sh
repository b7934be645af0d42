#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# SWAPS updates (1000) of two devices, whatever comes up: to any version, by any
# method, one or both, cancelled at any moment, rolled back, refused; while fio
# writes and reads back on both, and initiators log in and out. No I/O fails, no
# login is lost or invented, every update ends as it may, and memory is as flat
# at the end as it was after the first hundred. SEED repeats a run.
# shellcheck disable=SC2154 # label1 and so on come by eval
. ./functions.sh
. ./devices.sh
. ./phases.sh

SWAPS=${SWAPS:-1000}
SEED=${SEED:-$(date +%s)}
WARM_UP=100
# MemAvailable and slab move with the rest of the system: noise, in KiB.
NOISE=${NOISE:-8192}
IO_RATE=200
versions="1.0.0 1.1.0 2.0.0 2.0.0-big 2.0.0-patched 3.0.0"
logins_a_second=50

# ---- chance ---------------------------------------------------------------

random=$((SEED & 0x7fffffff))

# roll N: $rolled is a number below N; the constants are those of C's rand()
roll()
{
	random=$(((random * 1103515245 + 12345) & 0x7fffffff))
	rolled=$(((random >> 12) % $1))
}

# one_of WORD...: $chosen is one of them
one_of()
{
	roll $#
	shift $rolled
	chosen=$1
}

# ---- memory ---------------------------------------------------------------

# Free pages that a processor keeps for itself are in no figure of meminfo, and
# move by tens of MiB: they count as available here, 4 KiB each.
mem_available()
{
	awk '/^MemAvailable:/ { n += $2 } /^ +count:/ { n += 4 * $2 }
		END { print n }' /proc/meminfo /proc/zoneinfo
}

slab_in_use()
{
	awk '/^Slab:/ { print $2 }' /proc/meminfo
}

# What the swaps themselves would leak shows in their own sizes of object.
slab_objects()
{
	awk 'NR > 2 && $1 ~ /^kmalloc/ { n += $2 } END { print n + 0 }' /proc/slabinfo
}

measure()
{
	sync
	echo 3 >/proc/sys/vm/drop_caches
	mem_available
	slab_in_use
	slab_objects
}

# within NOISE: BEFORE AFTER
flat()
{
	difference=$(($1 - $2))
	[ ${difference#-} -le "$NOISE" ]
}

# ---- devices --------------------------------------------------------------

# on NUMBER: the device that functions of devices.sh are to mean
on()
{
	eval "label=\$label$1 dev=\$dev$1 node=\$node$1 disk=\$disk$1"
	RESULTS=$base/$1
}

# on_label LABEL
on_label()
{
	on 1
	[ "$label" = "$1" ] || on 2
}

# read_state: $phase, $state, $version and $result of the device
read_state()
{
	read -r phase <"$dev/phase"
	read -r state <"$dev/state"
	read -r version <"$dev/version"
	read -r result <"$dev/result"
}

# wwpns: who is logged in
wwpns()
{
	logins | awk '{ print $2 }' | sort
}

# none_lost: the firmware has exactly those who have logged in and not out, and
# those of the beginning among them
none_lost()
{
	# The last one may still be on its way.
	none_until=$(($(date +%s) + 60))
	until wwpns >"$RESULTS/now"
	      [ "$(wc -l <"$RESULTS/now")" = "$(debug login_count | cut -d' ' -f1)" ]; do
		[ "$(date +%s)" -lt $none_until ] ||
			{ echo "$(debug login_count), known are $(wc -l <"$RESULTS/now")"; return 1; }
	done
	missing=$(comm -23 "$RESULTS/first" "$RESULTS/now")
	[ -z "$missing" ] || { echo "missing: $missing"; return 1; }
}

# ---- updates --------------------------------------------------------------

# waives: options, without which some ways would always be refused
waives="--allow-downgrade --accept-lost login-priority --accept-lost guard"

# refusable BEFORE WANTED: 1.0.0 knows the first format of the login table alone
refusable()
{
	[ "$2" = 1.0.0 ] && [ "${1%%.*}" -ge 2 ] && [ "$method" != reset ]
}

# may_end BEFORE WANTED: the results that $what may have on such a device. To the
# image that runs there is nothing to do, and that is a success.
may_end()
{
	if [ "$refused" ]; then
		echo refused
	elif [ "$what" = refuse ]; then
		echo refused
	elif [ "$what" = cancel-in-ready ]; then
		echo cancelled
	elif [ "$what" = roll-back ]; then
		echo rolled-back
	else
		echo success
	fi
	[ "$what" != cancel ] || echo cancelled
	[ "$1" != "$2" ] || [ "$what" = refuse ] || echo success
}

# settles BEFORE WANTED: the device has come to an end that it may come to
settles()
{
	await 60 "$dev/phase" idle >/dev/null
	read_state
	[ "$phase $state" = "idle running" ] || return 1
	may_end "$1" "$2" | grep -qx "$result" || return 1
	case $result in
	success) [ "$version" = "$2" ] ;;
	*) [ "$version" = "$1" ] ;;
	esac || return 1
	[ "$result" = success ] || all_well=
	eval "count_$(echo "$result" | tr - _)=\$((count_$(echo "$result" | tr - _) + 1))"
}

# after_a_while: a moment that nothing tells of
after_a_while()
{
	roll 3000
	while [ $rolled -gt 0 ]; do
		rolled=$((rolled - 1))
		read -r _ <"$dev/phase"
	done
}

# update WHAT IMAGE WAY...: of the device that is meant, or of both
# shellcheck disable=SC2086 # options are words
update()
{
	what=$1
	file=$2
	shift 2
	case $what in
	swap|refuse)
		codeswap swap $waives "$@" "$label" "$file"
		;;
	cancel-in-ready)
		codeswap swap --hold $waives "$@" "$label" "$file" &&
			codeswap cancel "$label"
		;;
	release)
		codeswap swap --hold $waives "$@" "$label" "$file" &&
			codeswap release "$label"
		;;
	cancel)
		codeswap swap $waives "$@" "$label" "$file" &
		after_a_while
		codeswap cancel "$label"
		wait $!
		;;
	roll-back)
		one_of verify start commit
		set_fault fail "$chosen"
		codeswap swap $waives "$@" "$label" "$file"
		set_fault fail none
		;;
	both)
		codeswap swap $waives "$@" "$file"
		;;
	esac
}

# one: whatever comes up; says what it was if that ends as it may not
one()
{
	roll 2
	on $((rolled + 1))
	# shellcheck disable=SC2086 # words
	one_of $versions
	wanted=$chosen
	roll 100
	image=$(image "hba-$wanted")
	method=default
	if [ $rolled -lt 4 ]; then
		what=swap
		method=reset
	elif [ $rolled -lt 8 ]; then
		what=refuse
		image=$(image hba-2.0.0-bad-refuse)
	elif [ $rolled -lt 16 ]; then
		what=cancel-in-ready
	elif [ $rolled -lt 24 ]; then
		what=release
	elif [ $rolled -lt 40 ]; then
		what=cancel
	elif [ $rolled -lt 48 ]; then
		what=roll-back
	elif [ $rolled -lt 60 ]; then
		what=both
	else
		what=swap
	fi
	if [ $method = default ]; then
		one_of default default default full
		method=$chosen
	fi
	way="--method $method"
	if [ "$what" = both ]; then
		one_of "" --serial
		way="$way $chosen"
	fi
	cat "$dev1/version" >"$base/1/version"
	cat "$dev2/version" >"$base/2/version"
	one=$label
	refused=
	for d in 1 2; do
		on $d
		[ "$what" = both ] || [ "$label" = "$one" ] || continue
		read -r before <"$RESULTS/version"
		! refusable "$before" "${wanted%%-*}" || refused=1
	done
	on_label "$one"
	# shellcheck disable=SC2086 # words
	update $what "$image" $way >"$base/said" 2>&1
	status=$?
	all_well=1
	for d in 1 2; do
		on $d
		[ "$what" = both ] || [ "$label" = "$one" ] || continue
		read -r before <"$RESULTS/version"
		settles "$before" "${wanted%%-*}" && continue
		tell_failure
		return 1
	done
	case $what in
	swap|both) [ $status = "$([ "$all_well" ] && echo 0 || echo 1)" ] ;;
	esac || { tell_failure; return 1; }
}

tell_failure()
{
	echo "# update $updates: $what $image $way on $label, from $before: $phase, $state, $version, $result, status $status"
	sed 's/^/# /' "$base/said" "$dev/error"
}

# several N: updates
several()
{
	last=$((updates + $1))
	while [ $updates -lt $last ]; do
		one || return 1
		updates=$((updates + 1))
		[ $((updates % 500)) -ne 0 ] || tell
	done
}

tell()
{
	echo "# $updates updates: $count_success success, $count_refused refused, $count_cancelled cancelled, $count_rolled_back rolled back"
}

# ---- the test -------------------------------------------------------------

plan 11
updates=0
count_success=0 count_refused=0 count_cancelled=0 count_rolled_back=0
base=$RESULTS
echo "# SEED=$SEED SWAPS=$SWAPS"
load_modules
for i in 1 2; do
	RESULTS=$base/$i
	mkdir "$RESULTS"
	device_up hba$i 1.1.0 logins=64 size=33554432 memory_size=16M
	eval "label$i=\$label dev$i=\$dev node$i=\$node disk$i=\$disk"
	# Initiators go on logging in after the image has started.
	until [ "$(debug login_count | cut -d' ' -f1)" = 64 ]; do
		read -r _ <"$dev/state"
	done
	wwpns >"$RESULTS/first"
	echo $logins_a_second >"/sys/kernel/debug/codeswap_sim/$label/churn"
	io_start --runtime=36000
	on_exit "RESULTS=$RESULTS; io_stop"
done
several $WARM_UP || bail "the warm-up failed"
measure >"$base/before"
if several "$SWAPS"; then
	pass "$SWAPS updates"
else
	fail "$updates updates"
fi
tell
measure >"$base/after"
for i in 1 2; do
	on $i
	echo 0 >"/sys/kernel/debug/codeswap_sim/$label/churn"
	check "$label: no login was lost or invented" none_lost
	check "$label: I/O goes on" io_moves
	check "$label: not one I/O failed" io_clean
	check "$label: every request was answered once" io_answered
done
{ read -r mem0; read -r slab0; read -r objects0; } <"$base/before"
{ read -r mem1; read -r slab1; read -r objects1; } <"$base/after"
echo "# before: MemAvailable $mem0 KiB, slab $slab0 KiB, kmalloc objects $objects0"
echo "# after:  MemAvailable $mem1 KiB, slab $slab1 KiB, kmalloc objects $objects1"
check "MemAvailable is flat within $NOISE KiB" flat "$mem0" "$mem1"
check "slab is flat within $NOISE KiB" flat "$slab0" "$slab1"
RESULTS=$base
