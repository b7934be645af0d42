#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Which devices an update is of: those that are named, those of a type, all; and
# what is said if that makes no sense.
# shellcheck disable=SC2154 # label1 and so on come by eval
. ./functions.sh
. ./devices.sh
. ./phases.sh
. ./three.sh

new=$(image hba-2.0.0)

# versions_are ONE TWO THREE: that the devices run, and no update is on
versions_are()
{
	for n in 1 2 3; do
		on $n
		runs "$1" || { echo "$label: $(attr phase) $(attr version)"; return 1; }
		shift
	done
}

# back_to_old NUMBER...
back_to_old()
{
	for n; do
		on "$n"
		back
	done
	on 1
}

plan 32
three_up

# Named.
check "two of three are named" codeswap swap "$label1" "$label3" "$new"
check "two of three: the third has nothing to do with it" \
	versions_are 2.0.0 1.1.0 2.0.0
back_to_old 1 3
check "by name, by label, and twice" \
	codeswap swap "${dev1##*/}" "$label1" "$label2" "${dev1##*/}" "$new"
check "by name, by label, and twice: once is enough" \
	versions_are 2.0.0 2.0.0 1.1.0
back_to_old 1 2
refuses "one is unknown" "there is no device 'cshba77'" \
	codeswap swap "$label1" cshba77 "$new"
check "one is unknown: nothing has changed" as_it_was
check "two are checked" codeswap check "$label1" "$label2" "$new"

# One of those named is not free.
codeswap stage "$label3" "$new" >/dev/null || bail "$(attr error)"
refuses "one is busy" "$label3 is being updated already" \
	codeswap swap "$label1" "$label2" "$label3" "$new"
check "one is busy: the others are free again" \
	[ "$(cat "$dev1/phase" "$dev2/phase" | uniq)" = idle ]
on 3
check "one is busy: its own update is not disturbed" phase_is staged
codeswap cancel "$label3"
on 1
check "one is busy: nothing has changed" as_it_was

# By type.
check "of a type" codeswap swap --type hba-sim "$new"
check "of a type: all are" versions_are 2.0.0 2.0.0 2.0.0
back_to_old 1 2 3
refuses "of an unknown type" "there is no device of type 'nonesuch'" \
	codeswap swap --type nonesuch "$new"
refuses "a device beside a type" "'$label1' beside --type" \
	codeswap swap --type hba-sim "$label1" "$new"
refuses "all and a type" "two things" \
	codeswap swap --all --type hba-sim "$new"

# A bundle: each image for those devices of its type that are named.
adapter_create odd type=nonesuch size=1048576 || bail "no adapter"
odd_disk=$(adapter_disk odd)
other=${odd_disk##*/}
codeswap image bundle "$RESULTS/bundle" "$(image hba-2.0.0-bad-type)" \
	"$new" || bail "no bundle"
refuses "a bundle without an image for one that is named" \
	"none of its 2 images is for cshba" \
	codeswap swap "$label1" "$other" "$RESULTS/bundle"
adapter_destroy odd
check "a bundle, two are named" \
	codeswap swap "$label2" "$label3" "$RESULTS/bundle"
check "a bundle: each takes the image of its type" \
	versions_are 1.1.0 2.0.0 2.0.0
back_to_old 2 3

# Staged, and swapped to later.
check "staged on all" codeswap stage --all "$new"
trace_start || bail "no tracefs"
check "all of them: swapped to" codeswap swap --all
check "all of them: none was interrupted before all were ready" \
	in_order ready quiescing
check "all of them: run it" versions_are 2.0.0 2.0.0 2.0.0
back_to_old 1 2 3
for n in 1 2; do
	on $n
	codeswap stage "$label" "$new" >/dev/null || bail "$(attr error)"
done
refuses "staged on two, and none is named" "name some, or say --all" \
	codeswap swap
refuses "staged on two, a third is named" "no image is staged for $label3" \
	codeswap swap "$label3"
check "staged on two, and both are named" codeswap swap "$label1" "$label2"
check "staged on two: these two run it" versions_are 2.0.0 2.0.0 1.1.0
back_to_old 1 2
refuses "nothing is staged on any" "no image is staged" codeswap swap --all
refuses "options come too late for what is staged" "has its options already" \
	codeswap swap --all --serial
check "nothing has changed" as_it_was

on 1
check "not one I/O failed" io_clean
check "every request was answered once" io_adds_up
