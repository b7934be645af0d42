#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Is the runner of upstream's riscv-tests to be trusted? It must pass a program
# that passes and fail those that fail. With RISCV_TESTS=<directory> the
# rv32ui-p-*, rv32um-p-* and rv32mi-p-* in there are run as well.

B=${B:-$(cd "$(dirname "$0")/../.." && pwd)/build}
runner=$B/unit/riscv_tests
work=$B/unit/riscv_tests.work
n=0
failed=0

result() { # <0 if good> <text>
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $n - $2"
	else
		echo "not ok $n - $2"
		failed=1
	fi
}

build() { # <name> <clang option>...
	name=$1
	shift
	clang --target=riscv32 -march=rv32im -mabi=ilp32 -nostdlib -fuse-ld=lld -static \
		-Wl,-T,"$work/program.lds" "$@" -o "$work/$name" "$work/program.S"
}

# Outcome by way of a trap and a handler, as in upstream's environment "p".
write_program() {
	cat > "$work/program.S" <<'EOF'
	.option	norvc
	.globl	_start
_start:	la	t0, 1f
	csrw	mtvec, t0
	csrwi	0x180, 0		# satp: may trap, and goes on at 1
	.align	2
1:	la	t0, trap
	csrw	mtvec, t0
	csrwi	mstatus, 0
	la	t0, main
	csrw	mepc, t0
	mret
main:	li	gp, 2			# case 2
	li	a0, 6
	li	a1, 7
	mul	a0, a0, a1
	li	a1, RESULT
	bne	a0, a1, fail
	li	gp, 1
	ecall
fail:	slli	gp, gp, 1
	ori	gp, gp, 1
	ecall
	.align	2
trap:	csrr	t5, mcause
	li	t6, 11
	bne	t5, t6, trap2
#ifdef SILENT
	wfi
	j	trap
#endif
write:	la	t5, tohost
	sw	gp, 0(t5)
	j	write
trap2:	li	gp, 1337
	j	write
	.section .tohost, "aw", @progbits
	.align	6
	.globl	tohost
tohost:	.dword	0
EOF
	cat > "$work/program.lds" <<'EOF'
ENTRY(_start)
SECTIONS
{
	. = 0x80000000;
	.text : { *(.text) }
	. = ALIGN(0x1000);
	.tohost : { *(.tohost) }
}
EOF
}

if ! command -v clang > /dev/null || ! command -v ld.lld > /dev/null; then
	echo "1..0 # SKIP clang and ld.lld are needed to assemble the programs"
	exit 4
fi
rm -rf "$work"
mkdir -p "$work" || exit 1
write_program
if ! build pass -DRESULT=42 || ! build fail -DRESULT=43 ||
   ! build silent -DRESULT=42 -DSILENT || ! build stripped -DRESULT=42 -Wl,--strip-all; then
	echo "Bail out! the programs do not assemble"
	exit 1
fi
echo "no ELF file" > "$work/junk"

"$runner" "$work/pass" > "$work/log"
result $? "a program that passes"
"$runner" "$work/fail" > "$work/log"
test $? -eq 1 && grep -q '^# case 2 failed' "$work/log"
result $? "a program that fails, and in which case"
"$runner" "$work/silent" > "$work/log"
test $? -eq 1 && grep -q '^# never reported' "$work/log"
result $? "a program that never reports"
"$runner" "$work/stripped" > "$work/log"
test $? -eq 1 && grep -q 'no symbol tohost' "$work/log"
result $? "a program without tohost"
"$runner" "$work/junk" > "$work/log"
test $? -eq 1 && grep -q 'not an RV32 program' "$work/log"
result $? "a file that is no program"

for t in "${RISCV_TESTS:-/nonexistent}"/rv32u[im]-p-* "${RISCV_TESTS:-/nonexistent}"/rv32mi-p-*; do
	case $t in *.dump|*\*) continue ;; esac
	"$runner" "$t" > "$work/log"
	result $? "${t##*/}"
	grep '^#' "$work/log"
done
echo "1..$n"
exit $failed
