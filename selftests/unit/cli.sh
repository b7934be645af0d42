# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Results of tests of a command line, in TAP; what the command has printed is in
# the files out and err. Read by the tests, which end with
#
#	echo "1..$count"
#	[ "$failed" -eq 0 ]

count=0
failed=0

result() { # STATUS NAME
	count=$((count + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $count - $2"
	else
		echo "not ok $count - $2"
		sed 's/^/# /' out err 2>/dev/null
		failed=$((failed + 1))
	fi
}

# The command ends with 0.
ok() { # NAME COMMAND...
	name=$1
	shift
	"$@" >out 2>err </dev/null
	result $? "$name"
}

# The command fails with one sentence on standard error that holds the text.
refuses() { # NAME TEXT COMMAND...
	name=$1
	text=$2
	shift 2
	"$@" >out 2>err </dev/null
	[ $? -eq 1 ] && [ "$(wc -l <err)" -eq 1 ] && grep -qF -- "$text" err
	result $? "refused: $name"
}

misused() { # NAME COMMAND...
	name=$1
	shift
	"$@" >out 2>err </dev/null
	[ $? -eq 2 ] && [ -s err ]
	result $? "exit status 2: $name"
}

skip() { # NAME WHY
	count=$((count + 1))
	echo "ok $count - $1 # SKIP $2"
}
