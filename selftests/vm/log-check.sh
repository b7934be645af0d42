#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: log-check.sh LOG
#
# Look in a kernel log for what the deny list names and log-exceptions does
# not allow. Prints one TAP result, with the lines and the test during which
# each was logged. The exit status is 1 for a finding, or an empty log.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)

[ $# -eq 1 ] || { echo "usage: log-check.sh LOG" >&2; exit 2; }

exceptions()
{
	awk -F '\t' '/^#/ || /^$/ { next }
		NF != 2 || $2 == "" {
			print "log-exceptions: no reason for: " $0 >"/dev/stderr"
			exit 1
		}
		{ print $1 }' "$here/log-exceptions"
}

allowed=$(exceptions)
denied=$(grep -v -e '^#' -e '^$' "$here/deny-list" | paste -s -d '|')

echo "TAP version 13"
echo "1..1"
if [ ! -s "$1" ]; then
	echo "not ok 1 kernel log: it is empty"
	exit 1
fi

DENIED=$denied ALLOWED=$(echo "$allowed" | paste -s -d '|') awk '
	/codeswap-selftest: begin/ {
		test = $0
		sub(/.*begin /, "", test)
		next
	}
	/codeswap-selftest: end/ { next }
	$0 ~ ENVIRON["DENIED"] && $0 !~ ENVIRON["ALLOWED"] {
		found++
		if (found <= 20)
			report = report "# " (test ? test : "boot") ": " $0 "\n"
	}
	END {
		if (found) {
			print "not ok 1 kernel log: " found " findings"
			printf "%s", report
			exit 1
		}
		print "ok 1 kernel log: nothing that is denied"
	}' "$1"
