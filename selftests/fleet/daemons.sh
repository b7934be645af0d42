# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# shellcheck disable=SC2154 # site: see site.sh
#
# Daemons of nodes and masters, and what they log. Read by site.sh.
#
# CODESWAPD	the daemon; default: that of $B
# DAEMON_STOPS	seconds in which a daemon has to end when it is told to; 20

CODESWAPD=${CODESWAPD:-$B/helper/codeswapd}
DAEMON_STOPS=${DAEMON_STOPS:-20}

# ---- starting -------------------------------------------------------------

# spawn NAME[.WHAT] COMMAND...: in the background at node NAME; what it prints is
# added to $RESULTS/NAME.WHAT.log
spawn()
{
	spawned=$1
	shift
	new_log "$spawned"
	nsenter "--net=/run/netns/${spawned%%.*}" -- "$@" \
		>>"$RESULTS/$spawned.log" 2>&1 </dev/null &
	echo $! >"$site/pid/$spawned"
}

# daemon_start NAME ROLE[,ROLE] [OPTION...]: what it keeps is in $site/state/NAME and
# stays when it is started again; options given here come last, and so win. One
# that is both has the certificate of the last role: node,master is a master, and so is a
# cell.
daemon_start()
{
	daemon=$1
	daemon_role=$2
	shift 2
	daemon_is=${daemon_role##*,}
	[ "$daemon_is" != cell ] || daemon_is=master
	daemon_tls=$(tls_of "$daemon" "$daemon_is") || return 1
	[ -e "$site/trust/set" ] || trust author operator || return 1
	mkdir -p "$site/state/$daemon"
	spawn "$daemon" "$CODESWAPD" -f -v --role "$daemon_role" --name "$daemon" \
		--management mgmt0 --bulk bulk0 --discovery 239.255.73.1:7373 \
		--tls "$daemon_tls" --trust "$site/trust" \
		--state "$site/state/$daemon" "$@"
}

# node_start NODE [OPTION...]: with one model device where no
# --model is among the options
node_start()
{
	node_started=$1
	shift
	case " $* " in
	*" --model "*) ;;
	*) set -- --model 1 "$@" ;;
	esac
	daemon_start "$node_started" node "$@"
}

# master_start NODE [OPTION...]: it serves $site/store
master_start()
{
	master_started=$1
	shift
	daemon_start "$master_started" master --store "$site/store" \
		--broadcast 239.255.73.2:7374 "$@"
}

# working_master_start NODE [OPTION...]: a node that is a master, too
working_master_start()
{
	master_started=$1
	shift
	daemon_start "$master_started" node,master --model 1 \
		--store "$site/store" --broadcast 239.255.73.2:7374 "$@"
}

# fleet VERB MASTER [OPTION...]: codeswap fleet, by the operator
fleet()
{
	fleet_verb=$1
	fleet_master=$2
	shift 2
	fleet_tls=$(tls_of operator operator) || return 1
	in_node operator codeswap fleet "$fleet_verb" \
		--master "$(address "$fleet_master" mgmt)" --tls "$fleet_tls" "$@"
}

# ---- ending ---------------------------------------------------------------

# pid_of NAME: printed
pid_of()
{
	cat "$site/pid/$1"
}

# runs NAME: it has been started, and has not ended
runs()
{
	[ -e "$site/pid/$1" ] && alive "$(pid_of "$1")"
}

# alive PID: and no zombie, which it stays while the shell is in $()
alive()
{
	read -r alive 2>/dev/null <"/proc/$1/stat" || return 1
	case ${alive##*) } in
	Z* | X*) return 1 ;;
	esac
}

# uptime_s: $uptime in seconds, which no change of the clock touches
uptime_s()
{
	read -r uptime _ </proc/uptime
	uptime=${uptime%.*}
}

# await_end PID SECONDS
await_end()
{
	uptime_s
	end_until=$((uptime + $2))
	while alive "$1"; do
		uptime_s
		[ "$uptime" -le $end_until ] || return 1
		sleep 0.02
	done
}

# kill_daemon NAME [SIGNAL]: and wait until it has ended; fails where it does not in
# time, or where it was told to end (TERM) and says that something was wrong
kill_daemon()
{
	killed=$(pid_of "$1") || return 1
	killed_by=${2:-TERM}
	alive "$killed" && kill -s "$killed_by" "$killed"
	reap "$1" "$killed_by"
}

# reap NAME SIGNAL: the end of one that was sent a signal
reap()
{
	reaped=$(pid_of "$1")
	if ! await_end "$reaped" "$DAEMON_STOPS"; then
		kill -s KILL "$reaped"
		echo "# $1 goes on after SIG$2 and $DAEMON_STOPS s"
		rm -f "$site/pid/$1"
		return 1
	fi
	wait "$reaped" 2>/dev/null
	reaped_status=$?
	rm -f "$site/pid/$1"
	# 127: not started by this shell, but by one in $(), which knows.
	# 143: of those that do not care for SIGTERM.
	case $2/$reaped_status in
	KILL/* | */0 | */127 | TERM/143) return 0 ;;
	esac
	echo "# $1 ended with status $reaped_status"
	return 1
}

# freeze NAME, thaw NAME: it is there, and does nothing
freeze()
{
	kill -s STOP "$(pid_of "$1")"
}

thaw()
{
	kill -s CONT "$(pid_of "$1")"
}

# running: the names of all that were started and not killed, printed
running()
{
	ls "$site/pid"
}

# stop_daemons: all that still run; fails where one had failed, or leaves a process
stop_daemons()
{
	stop_status=0
	for stopped in $(running); do
		kill -s CONT "$(pid_of "$stopped")" 2>/dev/null
		kill -s TERM "$(pid_of "$stopped")" 2>/dev/null
	done
	for stopped in $(running); do
		reap "$stopped" TERM || stop_status=1
	done
	await_no_process 5 || stop_status=1
	return $stop_status
}

# our_processes: lines "PID NAME" of all that is called codeswap...
our_processes()
{
	grep -s '^codeswap' /proc/[0-9]*/comm | sed 's,^/proc/\([0-9]*\)/comm:,\1 ,' |
	while read -r our_pid our_name; do
		! alive "$our_pid" || echo "$our_pid $our_name"
	done
}

# await_no_process SECONDS: what a daemon has started ends after it
await_no_process()
{
	uptime_s
	no_process_until=$((uptime + $1))
	while [ -n "$(our_processes)" ]; do
		uptime_s
		if [ "$uptime" -gt $no_process_until ]; then
			echo "# left: $(our_processes | tr '\n' ' ')"
			return 1
		fi
		sleep 0.05
	done
}

# ---- logs -----------------------------------------------------------------

# new_log NAME: an empty one for what starts for the first time in this test
new_log()
{
	[ -e "$site/mark/$1" ] || {
		: >"$RESULTS/$1.log"
		echo 1 >"$site/mark/$1"
	}
}

# forget NAME...: await_log and said look only at what is logged from here on
forget()
{
	for forgotten in "$@"; do
		echo $(($(wc -l <"$RESULTS/$forgotten.log") + 1)) \
			>"$site/mark/$forgotten"
	done
}

# log_of NAME: since it was forgotten
log_of()
{
	tail -n "+$(cat "$site/mark/$1")" "$RESULTS/$1.log"
}

# said NAME PATTERN: it has logged a line that matches the extended regular
# expression
said()
{
	log_of "$1" | grep -qE -e "$2"
}

# times_said NAME PATTERN: how often, printed
times_said()
{
	log_of "$1" | grep -cE -e "$2"
}

# await_log NAME PATTERN SECONDS: until it logs such a line, or ends
await_log()
{
	awaited=$(pid_of "$1" 2>/dev/null)
	timeout "$3" tail -n "+$(cat "$site/mark/$1")" ${awaited:+--pid=$awaited} \
		-f "$RESULTS/$1.log" 2>/dev/null | grep -qE -m1 -e "$2" && return
	echo "$1 did not log '$2' in $3 s, but at last:"
	log_of "$1" | tail -n 5
	return 1
}

# await_logs PATTERN SECONDS NAME...: each of them, all in that time
await_logs()
{
	logs_pattern=$1
	uptime_s
	logs_until=$((uptime + $2))
	shift 2
	for logs_name in "$@"; do
		! said "$logs_name" "$logs_pattern" || continue
		uptime_s
		logs_left=$((logs_until - uptime))
		# 0 would be without a limit.
		await_log "$logs_name" "$logs_pattern" \
			$((logs_left > 0 ? logs_left : 1)) || return 1
	done
}

# nodes [FIRST [LAST]]: the names of the nodes (not masters), printed
nodes()
{
	sed -n '/^node[0-9]*$/p' "$site/all" |
		sed -n "${1:-1},${2:-\$}p"
}
