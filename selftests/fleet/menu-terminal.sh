#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The menu on a terminal of 80 times 24 characters, a vt100: keys are pressed, and what the
# screen shows, what happens to the cells, and in which state the terminal is left, are looked at.
. "$(dirname "$0")/site.sh"
. "$fleet/cells.sh"

command -v tmux >/dev/null || skip_all "needs the program tmux"
plan 60

site_up 0 c1 c2 c3
store_make "$site/store" hba-1.1.0 boot-1.0.0 || bail "no store"
store_make --sequence 2 "$site/newer" hba-2.0.0 boot-1.0.0 || bail "no store"
mv "$site/newer" "$site/it's newer"
operator_tls=$(tls_of operator operator)
master=$(address c1 mgmt)
# As short as an operator's, so that commands fit into a line.
ln -s "$operator_tls" "$site/tls"

for cell in c1 c2 c3; do
	flags $cell
	cell_start $cell || bail "no cell"
done
cells_run 1.1.0 40 c1 c2 c3 || bail "they do not run"

# ---- a terminal ------------------------------------------------------------------------

terminal()
{
	tmux -S "$site/terminal" -f "$site/tmux.conf" "$@"
}

# keys KEY...: are pressed, as tmux calls them
keys()
{
	terminal send-keys "$@"
}

# type_in TEXT
type_in()
{
	terminal send-keys -l "$1"
}

# screen: what it shows; printed
screen()
{
	terminal capture-pane -p
}

# shows PATTERN [SECONDS]: it does in time
shows()
{
	uptime_s
	shows_until=$((uptime + ${2:-20}))
	until screen | grep -qE -e "$1"; do
		uptime_s
		if [ "$uptime" -gt $shows_until ]; then
			screen
			return 1
		fi
		sleep 0.05
	done
}

# line N: of the screen, or from the last one on if it is negative
line()
{
	if [ "$1" -gt 0 ]; then
		screen | sed -n "$1p"
	else
		screen | tail -n "${1#-}" | head -n 1
	fi
}

# menu [OPTION...]: is begun by the shell, which notes how the terminal was and is
menu()
{
	rm -f "$site/after" "$site/ended"
	type_in "stty -g >before; codeswap fleet menu --master $master $*; echo \$? >ended; stty -g >after"
	keys Enter
}

# ended STATUS: the menu did, with that, and the terminal is as before, and a prompt is there
ended()
{
	# shellcheck disable=SC2016 # for the inner shell
	timeout 10 sh -c 'until [ -s "$1/after" ]; do sleep 0.02; done' - "$site" || {
		screen
		return 1
	}
	[ "$(cat "$site/ended")" = "$1" ] || {
		echo "status $(cat "$site/ended")"
		return 1
	}
	cmp "$site/before" "$site/after" && type_in 'echo "it is" back' && keys Enter &&
		shows '^it is back' 5
}

# command_is COMMAND: in the last lines
command_is()
{
	same "which is a command" "$(line -2)" "codeswap fleet $1 --master $master --tls tls${2:+ $2}"
}

cat >"$site/tmux.conf" <<-end
	set -g default-terminal vt100
	set -g default-size 80x24
	set -g escape-time 0
	set -g status off
	set -g remain-on-exit on
end
# The prompt and the size are the test's, whatever shell and terminal there are.
in_node operator env -u TMUX -u COLUMNS -u LINES PS1='$ ' ENV= \
	tmux -S "$site/terminal" -f "$site/tmux.conf" new-session -d -x 80 -y 24 -c "$site" sh ||
	bail "no terminal"

# ---- the list ----------------------------------------------------------------------------

menu --tls tls
check "cells are shown" shows '^>c1 +running +1\.1\.0 +1\.1\.0 +none *$'
check "all of them" shows '^ c3 +running'
check "with a summary" shows "^$master:7373: manifest 1; 3 devices, 0 with a problem, 0 gone"
keys j
check "j is down" shows '^>c2'
keys Up
check "an arrow is up" shows '^>c1'
keys Down Down k
check "several at once" shows '^>c2'
keys d
check "all that is known of one" shows '^certificate of +master'
keys j
check "of the next one" shows '^name +c3'
keys q
check "and back" shows '^>c3'
keys h
check "help" shows '^f  forget'
keys h
check "and back" shows '^>c3'

# ---- actions ------------------------------------------------------------------------------

keys i
check "where is what is to be installed?" shows '^directory of site.manifest and its images:'
type_in nonesuch
keys Enter
check "is that right?" shows '^install nonesuch\? y: yes'
keys y
check "it is not" shows 'install has failed: nonesuch/site.manifest: No such file'
keys i
type_in "it's newex"
keys BSpace r Enter y
check "a manifest is installed" shows '^install: done: manifest 2 is installed, with 2 images'
command_is install "'it'\\''s newer'"
keys g
check "the cell waits, and says for what" \
	shows '^c1: manifest 2 is here; an operator has to approve it'
check "what it is to run is another version" shows '^>c1 +running +1\.1\.0 +2\.0\.0'
forget c1 c2 c3
keys a n
check "no is no" shows '^nothing is done'
keys a
check "is it to be updated?" shows '^approve what c1 waits for\? y: yes, A: at all cells'
keys y
check "it is, which has been said" shows '^approve: done'
command_is approve c1
check "and done" cells_run 2.0.0 60 c1
check "and is shown" shows '^>c1 +running +2\.0\.0 +2\.0\.0'
same "no was no, and others were not told" \
	"$(times_said c1 'has approved')$(times_said c2 'has approved')" 10
keys a A
check "all are" cells_run 2.0.0 80 c2 c3
command_is approve

# flag CELL NAME VALUE SECONDS: its settings come to have that
flag()
{
	# shellcheck disable=SC2016 # for the inner shell
	timeout "$4" sh -c 'until grep -qE "\"$2\": *$3" "$1"; do sleep 0.05; done' - \
		"$site/state/$1/settings.json" "$2" "$3"
}

keys G u y
check "auto-update is switched on" flag c3 auto-update true 10
shows '^auto: done' || bail "not over"
command_is "auto on" c3
keys U y
check "and off" flag c3 auto-update false 10
shows 'fleet auto off'
shows '^auto: done' || bail "not over"
keys C y
check "requests are not awaited" flag c3 no-acknowledge true 10
shows 'fleet ack off'
shows '^ack: done' || bail "not over"
keys c y
check "or are" flag c3 no-acknowledge false 10
shows 'fleet ack on'
shows '^ack: done' || bail "not over"
keys r y
check "reset is ordered" await_log c1 'reset of [0-9]+ nodes by order of operator' 10
shows '^reset: done' || bail "not over"
command_is reset hba-sim

# ---- those who are gone ---------------------------------------------------------------------

kill_daemon c3
check "a cell that has gone is shown" shows '^>c3 +gone'
cell_in A c3 || bail "no cell"
check "until it is back, also in another set" \
	shows '^>c3 +A +running +2\.0\.0 +2\.0\.0 +in' 40
kill_daemon c3
shows '^>c3 +A +silent' || bail "not silent"
keys f Enter y
check "and forgotten" await_log c1 'c3 is no member any more, by order of operator' 10
shows '^forget: done' || bail "not over"
command_is forget c3
check "and shown no more" sh -c "! grep -q '^.c3'" <<-end
	$(screen)
end

# ---- other sizes, and few bytes -------------------------------------------------------------

# looks N: until the menu has asked so many times more
looks()
{
	forget c1
	uptime_s
	looks_until=$((uptime + 10 + $1))
	while [ "$(times_said c1 'operator has gone')" -lt "$1" ]; do
		uptime_s
		[ "$uptime" -le $looks_until ] || return 1
		sleep 0.05
	done
}

terminal resize-window -x 100 -y 30
check "a larger terminal is made use of" shows '^ NAME {18}SET'
same "down to its last lines" "$(line -2)" \
	"codeswap fleet forget --master $master --tls tls c3"
terminal resize-window -x 80 -y 24
shows '^ NAME {12}SET' || bail "no list"
looks 2 || bail "no looks"
: >"$site/sent"
terminal pipe-pane "cat >>'$site/sent'"
check "looks go on" looks 5
check "where nothing changes, next to nothing is sent" \
	[ "$(wc -c <"$site/sent")" -lt 50 ]
: >"$site/sent"
keys k
shows '^>c1' || bail "not moved"
check "moving sends some bytes" [ "$(wc -c <"$site/sent")" -gt 0 ]
check "and no line anew" [ "$(wc -c <"$site/sent")" -lt 60 ]
terminal pipe-pane

# ---- a master that is lost ---------------------------------------------------------------------

freeze c1
check "a master that does not answer" shows "^$master:7373: no answer for [0-9]+ s"
keys j
check "does not keep keys from what they do" shows '^>c2' 5
thaw c1
check "it answers" shows "^$master:7373: manifest 2"
kill_daemon c1
check "it is lost, and tried again" \
	shows "^lost, trying again: master at $master, port 7373: nobody listens there"
keys a y
check "then nothing can be ordered" shows '^approve has failed: master at'
cell_start c1 || bail "no cell"
check "until it is back" shows "^$master:7373: manifest 2" 40

# ---- the end --------------------------------------------------------------------------------

keys q
check "it ends, and leaves the terminal as it was" ended 0
menu --tls tls
shows '^>c1' || bail "no menu"
keys C-c
check "so does one that is interrupted" ended 0
menu --tls tls
shows '^>c1' || bail "no menu"
pkill -TERM -f 'fleet menu --master' || bail "no menu"
check "or told to end" ended 0
freeze c1
menu --tls tls
shows 'no answer for' || bail "no menu"
keys q
check "also while it waits for an answer" ended 0
thaw c1
menu --tls nonesuch
check "or that cannot begin" ended 1
check "and says why" shows 'codeswap: .*nonesuch/'
type_in 'TERM=nonesuch; clear'
keys Enter
menu --tls tls
check "on a terminal that nobody knows" ended 1
check "the same" shows "codeswap: TERM is 'nonesuch': no terminal of that name is known"
refuses "without a terminal there is no menu" 'the menu needs a terminal' fleet menu c1
terminal kill-server
