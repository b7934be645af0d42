#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: lint.sh [CHECK...]
#
# Every checker over the tree, with no warning allowed. Prints one TAP result
# for each, behind it what it found, and the totals as the last line; the exit
# status is 1 if any failed. Checks: see the list at the end.
set -eu
TOP=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
. "$TOP/scripts/common.sh"
export B
cd "$TOP"

# checkpatch speaks of patches to the kernel. What does not hold here:
#   FILE_PATH_CHANGES	about the kernel's own MAINTAINERS
#   LINUX_VERSION_CODE, CONSTANT_COMPARISON	the modules serve several kernels, by
#			compat.h; KERNEL_VERSION() is no misplaced constant
#   MACRO_ARG_REUSE, MACRO_ARG_PRECEDENCE	guesses, most of them wrong
#   ALLOC_WITH_SIZEOF	proposes helpers that the oldest of our kernels lacks
#   EMBEDDED_FUNCTION_NAME	words of messages that are function names as well
ignore_kernel=FILE_PATH_CHANGES,LINUX_VERSION_CODE,CONSTANT_COMPARISON
ignore_kernel=$ignore_kernel,MACRO_ARG_REUSE,MACRO_ARG_PRECEDENCE
ignore_kernel=$ignore_kernel,ALLOC_WITH_SIZEOF,EMBEDDED_FUNCTION_NAME
# Tracepoints are written like tables.
ignore_trace=$ignore_kernel,OPEN_ENDED_LINE,PARENTHESIS_ALIGNMENT
# Headers and sources that firmware or userspace compile as well:
#   BIT_MACRO, PREFER_DEFINED_ATTRIBUTE_MACRO	they have no such macros there
#   PREFER_KERNEL_TYPES	where those types are made of C11's
ignore_shared=$ignore_kernel,BIT_MACRO,PREFER_DEFINED_ATTRIBUTE_MACRO
ignore_shared=$ignore_shared,PREFER_KERNEL_TYPES
# Userspace and firmware, which have other names and no kernel helpers:
#   NEW_TYPEDEFS, CAMELCASE	names of C11 and of libraries
#   STRCPY, STRNCPY, SSCANF_TO_KSTRTO, ENOSYS, CONST_STRUCT, ARRAY_SIZE	helpers
#			and structures of the kernel are meant
#   FUNCTION_ARGUMENTS, VOLATILE, COMPLEX_MACRO	firmware touches registers and
#			has inline assembly
ignore_user=$ignore_shared,NEW_TYPEDEFS,CAMELCASE,STRCPY,STRNCPY
ignore_user=$ignore_user,SSCANF_TO_KSTRTO,ENOSYS,CONST_STRUCT,ARRAY_SIZE
#   SPLIT_STRING	shell commands in tests, not messages that somebody looks for
#   SPACING	FIXTURE_DATA(x) *self of the kselftest harness is no product
#   SINGLE_STATEMENT_DO_WHILE_MACRO	the harness's EXPECT_EQ() {} is more than one
ignore_user=$ignore_user,SPLIT_STRING,SPACING,SINGLE_STATEMENT_DO_WHILE_MACRO
ignore_user=$ignore_user,FUNCTION_ARGUMENTS,VOLATILE,COMPLEX_MACRO

number=0
failed=0

# files PATTERN...: tracked files, and those that are about to be
files()
{
	git ls-files --cached --others --exclude-standard -- "$@" |
	while read -r file; do
		[ ! -f "$file" ] || echo "$file"
	done
}

# run CHECK: quiet when all is well
run()
{
	number=$((number + 1))
	title=$(echo "$1" | tr _ ' ')
	if "lint_$1" >"$work/output" 2>&1; then
		echo "ok $number $title"
	else
		echo "not ok $number $title"
		sed 's/^/# /' "$work/output"
		failed=$((failed + 1))
	fi
}

# no_warning LOG
no_warning()
{
	! grep -E 'warning:|error:|Error ' "$1"
}

# Modules are built anew in a place of their own: what is up to date is not
# compiled and so not warned of.
lint_modules_by_gcc_and_sparse()
{
	rm -rf "$B/lint-modules"
	scripts/modules.sh "${KDIR:-$(scripts/kdir.sh)}" "$B/lint-modules" \
		-k W=1 C=2 CF="-Wsparse-error" >"$work/build" 2>&1 || {
		grep -A 3 -E 'warning:|error:|Error ' "$work/build" ||
			tail -n 20 "$work/build"
		return 1
	}
	no_warning "$work/build"
}

lint_helper_by_gcc()
{
	rm -rf "$B/lint"
	make -C helper B="$B/lint" \
		CFLAGS='-O2 -g -Wall -Wextra -Werror' >"$work/build" 2>&1 || {
		tail -n 60 "$work/build"
		return 1
	}
	no_warning "$work/build"
}

# One file at a time: given several, clang-tidy 14 takes the va_list of the
# second for an uninitialized one.
lint_helper_by_clang_tidy()
{
	flags="-std=gnu11 -D_GNU_SOURCE -Ihelper -Ikmod -Iinclude/uapi"
	flags="$flags $(pkg-config --cflags libnl-genl-3.0 libelf json-c libcrypto)"
	# shellcheck disable=SC2086 # a list of words
	files 'helper/*.c' | xargs -r -I '{}' -P "$(nproc)" clang-tidy --quiet \
		--warnings-as-errors='*' '{}' -- $flags 2>"$work/noise"
}

# checkpatch IGNORE FILE...: run where it may leave its cache
checkpatch()
{
	ignore=$1
	shift
	for file in "$@"; do
		echo "$TOP/$file"
	done >"$work/list"
	(cd "$work" && xargs -r "$KSRC/scripts/checkpatch.pl" --strict \
		--no-tree --root="$KSRC" --no-summary --terse --quiet --show-types \
		--max-line-length=100 --ignore "$ignore" -f <"$work/list")
}

# What the kernel alone compiles; and what it shares.
shared='include/uapi/|kmod/image|kmod/sim/(model/|hba_abi)'

lint_checkpatch_kernel()
{
	# shellcheck disable=SC2046 # a list of words
	checkpatch "$ignore_kernel" $(files 'kmod/*.[ch]' 'include/*.h' |
		grep -vE "$shared|/trace\.h$") &&
	checkpatch "$ignore_trace" kmod/trace.h
}

lint_checkpatch_shared()
{
	# shellcheck disable=SC2046 # a list of words
	checkpatch "$ignore_shared" \
		$(files 'kmod/*.[ch]' 'include/*.h' | grep -E "$shared")
}

lint_checkpatch_userspace()
{
	# shellcheck disable=SC2046 # a list of words
	checkpatch "$ignore_user" $(files 'helper/*.[ch]' \
		'selftests/*.[ch]' 'firmware-samples/*.[ch]')
}

lint_kernel_doc()
{
	# shellcheck disable=SC2046 # a list of words
	"$KSRC/scripts/kernel-doc" -Werror -none $(files 'kmod/*.[ch]' \
		'include/*.h' 'helper/*.[ch]' 'firmware-samples/*.[ch]')
}

shell_scripts()
{
	files | while read -r file; do
		case $file in
		*.sh) echo "$file" ;;
		*) ! head -n 1 "$file" | grep -qE '^#!.*[/ ](ba|da)?sh$' ||
			echo "$file" ;;
		esac
	done
}

# SC2119: functions may have arguments that are optional.
lint_shellcheck()
{
	# shellcheck disable=SC2046 # a list of words
	shellcheck -x --source-path=SCRIPTDIR --exclude=SC2119 $(shell_scripts)
}

# A test that is not executable would be taken for a file of functions.
lint_scripts_are_executable()
{
	shell_scripts | while read -r file; do
		mode=functions
		[ "$(head -c 2 "$file")" != '#!' ] || mode=program
		case $mode$([ ! -x "$file" ] || echo +x) in
		program) echo "$file: begins with #! but is not executable" ;;
		functions+x) echo "$file: executable, but has no #!" ;;
		esac
	done >"$work/wrong"
	cat "$work/wrong"
	[ ! -s "$work/wrong" ]
}

lint_uapi_header_is_generated()
{
	scripts/ynl-regen.sh --compare
}

# In the first line, or in the second behind "#!". Without a place for
# a comment: the licence itself, kselftest's settings and config, data.
lint_SPDX_in_every_file()
{
	files | grep -vE '^(COPYING|VERSION)$|/(settings|config)$|\.json$|\.bin$' |
	while read -r file; do
		[ -s "$file" ] || continue
		head -n 2 "$file" | grep -q SPDX-License-Identifier ||
			echo "$file: no SPDX line in its first two lines"
	done >"$work/missing"
	cat "$work/missing"
	[ ! -s "$work/missing" ]
}

# The one generated file that is tracked says so and is compared above.
lint_no_generated_file()
{
	! files | grep -E '\.(o|ko|a|so|mod|cmd|mrb|bin|elf|pyc|cpio)$|(^|/)(Module\.symvers|modules\.order|\.checkpatch.*|tags)$|^build/'
}

lint_no_version_check_outside_compat()
{
	# shellcheck disable=SC2046 # a list of words
	! grep -nE 'LINUX_VERSION_CODE|KERNEL_VERSION\(' \
		$(files 'kmod/*.[ch]' | grep -v '/compat\.h$')
}

# Nothing of the machine that a file was written on.
lint_no_machine_in_the_tree()
{
	# shellcheck disable=SC2046 # a list of words
	! grep -nE '(^|[^a-z.])/(work|home)/[a-z]|https?://[a-z.]*\.debian\.org/debian' \
		$(files | grep -v -e '^COPYING$' -e '^scripts/lint\.sh$')
}

KSRC=$(scripts/fetch.sh source)
export KSRC
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

checks='modules_by_gcc_and_sparse helper_by_gcc helper_by_clang_tidy
	checkpatch_kernel checkpatch_shared checkpatch_userspace kernel_doc shellcheck
	scripts_are_executable
	uapi_header_is_generated SPDX_in_every_file no_generated_file
	no_version_check_outside_compat no_machine_in_the_tree'
# shellcheck disable=SC2086 # lists of words
[ $# -gt 0 ] || set -- $checks

echo "TAP version 13"
echo "1..$#"
for check in "$@"; do
	run "$check"
done
echo "$((number - failed)) passed, $failed failed, 0 skipped"
[ $failed -eq 0 ]
