# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# shellcheck disable=SC2154 # site, all, image and so on: see site.sh and bench.sh
#
# Processor time and memory of the daemons of a node, beside those of other programs
# that receive a file by multicast, in the same namespaces: udpcast and uftp, as Debian
# has them. What they are given is what codeswap is: the image, 8 Mbit/s, 1 % loss.
# Read by bench.sh.

group=239.255.74.1

# ---- processes ----------------------------------------------------------------

# memory_of PIDS: KiB of one node, each page divided by how many processes have it,
# printed. Of $FEW nodes.
memory_of()
{
	for memory_pid in $1; do
		awk '/^Pss:/ { print $2 }' "/proc/$memory_pid/smaps_rollup"
	done | awk -v n="$FEW" '{ sum += $1 } END { printf "%d\n", sum / n }'
}

# cpu_of PIDS: ms of processor time that all have had so far, printed
cpu_of()
{
	for cpu_pid in $1; do
		sed 's/.*) //' "/proc/$cpu_pid/stat"
	done | awk -v hz="$(getconf CLK_TCK)" '
		{ sum += $12 + $13 }
		END { printf "%d\n", sum * 1000 / hz }'
}

# await_half_sent: since $sent_before
await_half_sent()
{
	uptime_s
	half_until=$((uptime + 60))
	while [ $(($(tx_bytes master1 bulk0) - sent_before)) -lt $((size / 2)) ]; do
		uptime_s
		[ "$uptime" -le $half_until ] || bail "nothing is sent"
		sleep 0.02
	done
}

kill_nodes()
{
	for killed_node in $all; do
		kill_daemon "$killed_node" || bail "$killed_node does not end"
	done
}

# same_image FILE...: they are the image
same_image()
{
	for same_file in "$@"; do
		cmp "$same_file" "$site/store/4M-a.mrb" || bail "$same_file: other bytes"
	done
}

# ---- codeswap ---------------------------------------------------------------

# codeswap_receivers: all processes of nodes, but for the devices, printed
codeswap_receivers()
{
	for of in $all; do
		pid_of "$of"
		pgrep -P "$(pid_of "$of")" 'codeswap-(mcastd|httpget)'
	done
}

codeswap_receives()
{
	pids=$(codeswap_receivers)
	cpu=$(cpu_of "$pids")
	sent_before=$(tx_bytes master1 bulk0)
	all_again
	await_half_sent
	result codeswap_memory "$(memory_of "$pids")"
	they_run
	result codeswap_cpu "$(calc "($(cpu_of "$pids") - $cpu) / $FEW")"
}

codeswap_rests()
{
	pids=$(codeswap_receivers)
	result codeswap_memory_idle "$(memory_of "$pids")"
	cpu=$(cpu_of "$pids")
	# What it costs to be there is what is measured.
	sleep 10
	result codeswap_cpu_idle "$(calc "($(cpu_of "$pids") - $cpu) / $FEW")"
}

# ---- udpcast --------------------------------------------------------------------

# A receiver ends with the file; so who started it has to say what it has used.
udpcast_receiver()
{
	spawn "$1.udpcast" python3 -c '
import os, sys
pid = os.spawnvp(os.P_NOWAIT, sys.argv[1], sys.argv[1:])
os.write(1, b"pid %d\n" % pid)
_, status, used = os.wait4(pid, 0)
os.write(1, b"cpu %f\n" % ((used.ru_utime + used.ru_stime) * 1000))
sys.exit(os.waitstatus_to_exitcode(status))' \
		udp-receiver --interface bulk0 --nokbd --no-progress \
		--mcast-rdv-address $group --file "$site/got/$1"
}

# udpcast_said WHAT: what each has said of it since it was forgotten, printed
udpcast_said()
{
	for said_by in $all; do
		log_of "$said_by.udpcast" | awk -v what="$1" '$1 == what { print $2 }'
	done
}

udpcast_receives()
{
	mkdir -p "$site/got"
	for of in $all; do
		forget_if_there "$of.udpcast"
		udpcast_receiver "$of"
	done
	for of in $all; do
		await_log "$of.udpcast" '^pid' 30 || bail "no udp-receiver"
	done
	# They have said who they are before they have begun.
	await_members bulk $group "$FEW" 10 || bail "no members"
	pids=$(udpcast_said pid)
	[ "$(echo "$pids" | wc -w)" -eq "$FEW" ] || bail "no udp-receivers"
	result udpcast_memory_idle "$(memory_of "$pids")"
	sent_before=$(tx_bytes master1 bulk0)
	spawn master1.udpcast udp-sender --interface bulk0 --nokbd --no-progress \
		--mcast-rdv-address $group --min-receivers "$FEW" --max-bitrate 8m \
		--rexmit-hello-interval 200 \
		--file "$site/store/4M-a.mrb"
	await_half_sent
	result udpcast_memory "$(memory_of "$pids")"
	for of in $all; do
		await_log "$of.udpcast" '^cpu' 60 || bail "$of does not get it by udpcast"
	done
	result udpcast_bytes $(($(tx_bytes master1 bulk0) - sent_before))
	result udpcast_cpu "$(udpcast_said cpu |
		awk '{ sum += $1 } END { print sum / NR }')"
	for of in $all master1; do
		await_end "$(pid_of "$of.udpcast")" 30 || bail "udpcast does not end"
		reap "$of.udpcast" KILL
	done
	same_image "$site"/got/*
	rm -r "$site/got"
}

# ---- uftp -----------------------------------------------------------------------

uftp_starts()
{
	for of in $all; do
		mkdir -p "$site/uftp/$of"
		spawn "$of.uftp" uftpd -d -I bulk0 -M $group -D "$site/uftp/$of"
	done
	await_members bulk $group "$FEW" 10 || bail "no members"
	pids=$(for of in $all; do pid_of "$of.uftp"; done)
	result uftp_memory_idle "$(memory_of "$pids")"
}

uftp_receives()
{
	rm -f "$site"/uftp/*/*
	cpu=$(cpu_of "$pids")
	sent_before=$(tx_bytes master1 bulk0)
	spawn master1.uftp uftp -R 8000 -I bulk0 -M $group -P 239.255.74.2 \
		"$site/store/4M-a.mrb"
	await_half_sent
	result uftp_memory "$(memory_of "$pids")"
	await_end "$(pid_of master1.uftp)" 60 || bail "uftp does not end"
	reap master1.uftp KILL
	result uftp_bytes $(($(tx_bytes master1 bulk0) - sent_before))
	result uftp_cpu "$(calc "($(cpu_of "$pids") - $cpu) / $FEW")"
	for of in $all; do
		same_image "$site/uftp/$of/4M-a.mrb"
	done
}

# It says that it was told to end by its status.
uftp_ends()
{
	for of in $all; do
		kill_daemon "$of.uftp" KILL
	done
}

# ---- all of them ------------------------------------------------------------------

# beside NAME: the figures of codeswap against that program
beside()
{
	for beside in cpu memory memory_idle; do
		cp "$RESULTS/codeswap_$beside" "$RESULTS/${beside}_per_node_vs_$1"
	done
	figure "cpu_per_node_vs_$1" ms "$(median "$RESULTS/$1_cpu")"
	figure "memory_per_node_vs_$1" KiB "$(median "$RESULTS/$1_memory")" 2
	figure "memory_idle_per_node_vs_$1" KiB "$(median "$RESULTS/$1_memory_idle")" 2
	figure "$1_bytes" bytes "$size"
}

# The image itself is in nobody's memory here: codeswap has it in a memfd, the others
# in a file.
daemons()
{
	require_program pgrep udp-receiver uftpd python3
	site_of "$FEW" master1
	master_for "$FEW" 8 master1
	at_first
	codeswap_rests
	measure codeswap_receives
	kill_nodes
	measure udpcast_receives
	uftp_starts
	measure uftp_receives
	uftp_ends
	beside udpcast
	beside uftp
	cp "$RESULTS/codeswap_cpu_idle" "$RESULTS/cpu_per_node_idle_10s"
	figure cpu_per_node_idle_10s ms
}
