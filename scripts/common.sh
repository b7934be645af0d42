# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# What the scripts share; read with "." after TOP is set, and never run.

# What is large and the same for every clone lies here: unpacked kernels, a
# kernel source, the debug kernel.
CACHE=${CACHE:-${XDG_CACHE_HOME:-${HOME:-/var/tmp}/.cache}/codeswap}
B=${B:-$TOP/build}

note()
{
	echo "codeswap: $*" >&2
}

die()
{
	note "$@"
	exit 1
}

# lock NAME: the rest of this process runs alone on NAME, so that two clones
# do not fill one place of the cache at the same time.
lock()
{
	mkdir -p "$CACHE"
	exec 9>"$CACHE/$1.lock"
	flock 9
}

# release_of KDIR: what uname -r will say on the kernel built there.
release_of()
{
	sed -n 's/.*UTS_RELEASE "\(.*\)".*/\1/p' \
		"$1/include/generated/utsrelease.h"
}

# os_field NAME: a field of os-release, empty where there is none.
os_field()
{
	[ -r /etc/os-release ] || return 0
	sed -n "s/^$1=\"\\{0,1\\}\\([^\"]*\\)\"\\{0,1\\}\$/\\1/p" /etc/os-release
}

# build_bench: the images that only benchmarks use, and the tests' programs. Run
# in TOP.
build_bench()
{
	make --no-print-directory -C firmware-samples B="$B" bench >"$B/bench.build" 2>&1 ||
		die "the images cannot be built, see $B/bench.build"
	make --no-print-directory -C selftests/codeswap B="$B"
}
