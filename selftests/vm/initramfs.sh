# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2154 # variables of run.sh
#
# Make an initial file system for the test VM, without root: busybox, the
# programs that the tests call with their libraries, the modules that the
# guest needs with their dependencies, the images and the tests. Read by
# run.sh.

# add_file FILE GUEST-PATH: a program or library, following links
add_file()
{
	[ ! -e "$root$2" ] || return 0
	mkdir -p "$root${2%/*}"
	cp -L "$1" "$root$2"
}

# add_libraries FILE...: whatever the loader would look for
add_libraries()
{
	{ ldd "$@" 2>/dev/null || true; } |
	awk '$2 == "=>" && $3 ~ /^\// { print $3 }
	     $1 ~ /^\// && $2 ~ /^\(/ { print $1 }' | sort -u |
	while read -r library; do
		add_file "$library" "$library"
	done
}

add_program()
{
	program=$(command -v "$1") ||
		die "the program $1 is needed in the VM and not installed:" \
		    "run 'make deps'"
	add_file "$program" "/usr/bin/${1##*/}"
	add_libraries "$program"
}

# Old and new places of programs and libraries are one, as on the host.
add_skeleton()
{
	for dir in bin sbin lib lib64; do
		mkdir -p "$root/usr/$dir"
		ln -s "usr/$dir" "$root/$dir"
	done
	mkdir -p "$root/dev" "$root/proc" "$root/sys" "$root/tmp" \
		"$root/run" "$root/root" "$root/etc" "$root/var/lib" \
		"$root/lib/firmware/codeswap"
	cp "$busybox" "$root/usr/bin/busybox"
	"$busybox" --list | while read -r applet; do
		[ "$applet" = busybox ] ||
			ln -s busybox "$root/usr/bin/$applet"
	done
	# The kernel calls this path by name.
	ln -s ../bin/busybox "$root/usr/sbin/modprobe"
	echo 'root:x:0:0:root:/root:/bin/sh' >"$root/etc/passwd"
	echo 'root:x:0:' >"$root/etc/group"
}

# add_modules: those of this tree, and what they and the tests need of the
# kernel's own. Where the kernel has everything built in there is nothing to
# be found and nothing missing.
add_modules()
{
	dir=$root/lib/modules/$release
	mkdir -p "$dir/extra"
	[ -z "$modules" ] || find "$modules" -name '*.ko' \
		-exec cp -t "$dir/extra" {} +
	if [ -n "$kernel_modules" ]; then
		cp "$kernel_modules"/modules.builtin* \
			"$kernel_modules/modules.order" "$dir/"
		wanted_modules | while read -r file; do
			add_file "$kernel_modules/$file" \
				"/lib/modules/$release/$file"
		done
	else
		touch "$dir/modules.builtin" "$dir/modules.order" \
			"$dir/modules.builtin.modinfo"
	fi
	depmod -b "$root" "$release"
}

# wanted_modules: paths below the kernel's module directory. A line of
# modules.dep names a module and all it depends on.
wanted_modules()
{
	{
		echo "$guest_modules" | tr ' ' '\n'
		[ -z "$modules" ] || find "$modules" -name '*.ko' \
			-exec modinfo -F depends {} + | tr ',' '\n'
	} | sort -u | while read -r name; do
		[ -n "$name" ] || continue
		pattern=$(echo "$name" | sed 's/[-_]/[-_]/g')
		grep -E "/$pattern\.ko[.a-z]*:" "$kernel_modules/modules.dep" |
			tr -d : | tr ' ' '\n'
	done
}

add_tests()
{
	mkdir -p "$root/tests"
	find "$TOP/selftests/codeswap" -maxdepth 1 -type f \
		-exec cp -t "$root/tests" {} +
	[ -d "$B/selftests" ] || return 0
	find "$B/selftests" -maxdepth 1 -type f -perm -u+x |
	while read -r program; do
		cp "$program" "$root/tests/"
		add_libraries "$program"
	done
}

# quoted WORD...: so that a shell reads one word again
quoted()
{
	printf "'%s'" "$(printf '%s' "$*" | sed "s/'/'\\\\''/g")"
}

# job_conf: what init is told. The time limit is stretched where the kernel
# checks every access.
job_conf()
{
	echo "JOB=$job"
	echo "TESTS=$(quoted "$tests")"
	echo "COMMAND=$(quoted "$command")"
	echo "export TEST_DIR=/tests"
	echo "export TEST_TIME_LIMIT=$test_time_limit"
	echo "export CODESWAP_KERNEL=$(quoted "${kernel_name}")"
	for variable in $pass_environment; do
		eval "value=\${$variable-}"
		echo "export $variable=$(quoted "$value")"
	done
}

# make_initramfs FILE
make_initramfs()
{
	add_skeleton
	for program in $programs; do
		add_program "$program"
	done
	for program in codeswap codeswapd; do
		[ ! -x "$B/helper/$program" ] || add_program "$B/helper/$program"
	done
	[ ! -d "$B/firmware" ] || find "$B/firmware" -maxdepth 1 \
		\( -name '*.mrb' -o -name '*.bin' -o -name 'cert.der' \) \
		-exec cp -t "$root/lib/firmware/codeswap" {} +
	[ -z "$images" ] || cp -r "$images" "$root/lib/firmware/codeswap/"
	add_modules
	add_tests
	cp "$here/init" "$here/run-tests.sh" "$here/kmemleak.sh" "$root/"
	job_conf >"$root/job.conf"
	(cd "$root" && find . | cpio -o -H newc --quiet -R 0:0) >"$1"
}
