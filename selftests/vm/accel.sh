# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2154,SC2034 # variables of run.sh
#
# How QEMU shall run the guest. That /dev/kvm opens proves nothing: on some
# machines the guest then hangs. So KVM is used only after a trial boot with
# a time limit has ended well; what it said is kept until the next reboot of
# this machine. Read by run.sh.

# Without five levels of page tables: an interrupt that comes while the kernel
# reads the processor's features anew, early at boot, finds KASAN in doubt of
# how many there are, and is reported (seen once in some fifty boots of 7.3).
tcg_options="-accel tcg,thread=multi -cpu max,la57=off"
kvm_options="-accel kvm -cpu host"

# A trial is a command that does nothing, on the kernel of this run.
kvm_trial()
{
	"$here/run.sh" --accel kvm --kernel "$kernel" --time-limit 30 \
		--command true --log "$work/trial" >/dev/null 2>&1
}

kvm_works()
{
	[ -r /dev/kvm ] && [ -w /dev/kvm ] || return 1
	verdict=$CACHE/kvm-$(cat /proc/sys/kernel/random/boot_id)
	if [ ! -e "$verdict" ]; then
		mkdir -p "$CACHE"
		rm -f "$CACHE"/kvm-*
		if kvm_trial; then
			echo works >"$verdict"
		else
			note "KVM fails a trial boot on this machine, so" \
			     "the processor is emulated"
			echo fails >"$verdict"
		fi
	fi
	grep -q works "$verdict"
}

choose_accel()
{
	case $accel in
	kvm) accel_options=$kvm_options ;;
	tcg) accel_options=$tcg_options ;;
	'')
		accel_options=$tcg_options
		! kvm_works || accel_options=$kvm_options
		;;
	*) die "--accel is tcg or kvm, not '$accel'" ;;
	esac
}
