#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# codeswap feed: every device that asks is given an image, and waited for; what
# has no image is told of, and nothing is waited for in vain.
. ./functions.sh
. ./devices.sh
. ./phases.sh

images=$RESULTS/images

# images_are NAME...: in the directory
images_are()
{
	rm -rf "$images"
	mkdir "$images"
	for name; do
		cp "$(image "$name")" "$images/"
	done
}

# create NAME: an adapter, which asks
create()
{
	device_create "$1" size=1048576 logins=4 || bail "no adapter"
}

all_run()
{
	for d in "$CLASS"/*; do
		[ "$(cat "$d/state") $(cat "$d/version")" = "running $1" ] ||
			{ echo "${d##*/}: $(cat "$d/state") $(cat "$d/version")"; return 1; }
	done
}

plan 36
refuses "codeswap is not there" "codeswap|family" codeswap feed -d "$RESULTS"
refuses "it does not come, and is waited for no longer than wanted" \
	"no device has come|codeswap" \
	codeswap feed --wait --timeout 1 -d "$RESULTS"

# It is waited for, and its first device.
images_are hba-1.0.0 hba-1.1.0
codeswap feed --wait --timeout 100 -d "$images" >"$RESULTS/out" 2>&1 &
feeder=$!
load_modules
# It may be fed before anybody else sees that it asks.
adapter_create hba0 size=1048576 logins=4 || bail "no adapter"
label=$(adapter_disk hba0)
label=${label##*/}
wait $feeder
same "waited for: it says what runs" "$? $(cat "$RESULTS/out")" "0 cshba0 runs 1.1.0"
check "waited for: the device runs the newest image" all_run 1.1.0
check "nothing asks: nothing to do" codeswap feed -d "$RESULTS"

# Two at once.
codeswap reset "$label" || bail "no reset"
create hba1
check "two ask: both are fed" codeswap feed --verbose -d "$images"
check "two ask: both run" all_run 1.1.0

# A choice.
for d in "$CLASS"/*; do
	codeswap reset "${d##*/}" || bail "no reset"
done
check "another is wanted than the newest" \
	codeswap feed -d "$images" --image hba-sim:hba-1.0.0.mrb
check "another is wanted: all run it" all_run 1.0.0
adapter_destroy hba1

# One file of both: the second image in it is the newest.
images_are hba-1.0.0 hba-1.1.0
codeswap image bundle "$RESULTS/both.mrb" "$images"/*.mrb || bail "no bundle"
rm "$images"/*
mv "$RESULTS/both.mrb" "$images"
label=$(adapter_disk hba0)
label=${label##*/}
codeswap reset "$label" || bail "no reset"
check "a bundle" codeswap feed -d "$images"
check "a bundle: the newest in it runs" all_run 1.1.0
images_are hba-1.0.0 hba-1.1.0

# Nothing for it.
codeswap reset "$label" || bail "no reset"
mkdir "$RESULTS/empty"
refuses "no image: it is said of which device, and why" \
	"$label has no image: .*there is no image of type hba-sim in $RESULTS/empty" \
	codeswap feed --timeout 60 -d "$RESULTS/empty"
refuses "a name that is none there" "there is no image 'nonesuch.mrb'" \
	codeswap feed -d "$images" --image hba-sim:nonesuch.mrb
check "no image: the device asks on" \
	await 20 "$(device_of "$label")/state" minimal

# The newest is bad: the next one serves.
images_are hba-1.1.0 hba-2.0.0-bad-corrupt-digest
check "a bad image, and a good one" codeswap feed -d "$images"
check "a bad image: the other runs" all_run 1.1.0
images_are hba-2.0.0-bad-corrupt-digest
codeswap reset "$label" || bail "no reset"
refuses "nothing but a bad image: it is told" "$label has no image: .*digest|failed" \
	codeswap feed --timeout 60 -d "$images"
images_are hba-1.1.0
label=$(adapter_disk hba0)
label=${label##*/}
set_fault fail start
refuses "an image that does not run: it is told" "$label has no image: all images .* failed, the last: .*start" \
	codeswap feed --timeout 100 -d "$images"

# By two calls, of which the first does not wait: the second knows of the first.
images_are hba-1.1.0 hba-2.0.0-bad-silent
codeswap reset "$label" || bail "no reset"
await 20 "$(device_of "$label")/state" minimal >/dev/null
starts=$(counter starts)
codeswap feed --timeout 0 --memory "$RESULTS/memory" -d "$images" >/dev/null 2>&1
await 60 "$(device_of "$label")/result" failed >/dev/null
check "a bad image and a good one, by two calls" \
	codeswap feed --timeout 60 --memory "$RESULTS/memory" -d "$images"
check "by two calls: the good one runs" all_run 1.1.0
same "by two calls: each was tried once" "$(($(counter starts) - starts))" 2

# What the operator has chosen is not tried again and again.
codeswap reset "$label" || bail "no reset"
await 20 "$(device_of "$label")/state" minimal >/dev/null
starts=$(counter starts)
refuses "a choice that does not run: it is told" \
	"the image that was chosen, 'hba-2.0.0-bad-silent.mrb', failed: .*heartbeats" \
	codeswap feed --timeout 100 -d "$images" --image hba-sim:hba-2.0.0-bad-silent.mrb
same "a choice that does not run: it was tried once" \
	"$(($(counter starts) - starts))" 1

# Who comes while it listens does not get what the firmware loader would find.
cp "$(image hba-1.0.0)" "$(image hba-sim)"
on_exit "rm -f '$(image hba-sim)'"
check "a device that comes by --exec is fed" codeswap feed -d "$images" \
	--image hba-sim:hba-1.1.0.mrb --exec ". ./functions.sh; trap - EXIT; \
		adapter_create late size=1048576 logins=4"
late=$(adapter_disk late)
same "a device that comes by --exec runs the image that was chosen" \
	"$(cat "$(device_of "${late##*/}")/version")" 1.1.0
adapter_destroy late
rm "$(image hba-sim)"
refuses "--exec fails: it is told" "'exit 3' ended with status 3" \
	codeswap feed -d "$images" --exec "exit 3"

# Broken hardware.
adapter_create deaf defect=hart size=1048576 || bail "no adapter"
refuses "a device that does not ask: it is told" "has not asked for an image" \
	codeswap feed --timeout 2 -d "$images"
adapter_destroy deaf
adapter_create ill defect=flash size=1048576 || bail "no adapter"
ill=$(adapter_disk ill)
check "a failed self-test: the device is failed" \
	await 20 "$(device_of "${ill##*/}")/state" failed
refuses "a failed self-test: it is told" "the self-test of ${ill##*/} failed with code 0x8" \
	codeswap feed --timeout 20 -d "$images"
same "a failed self-test: it is logged once, though it asks again" \
	"$(dmesg | grep -c "self-test of ${ill##*/} failed")" 1
adapter_destroy ill

# What cannot be meant.
refuses "an image without a type" "TYPE:NAME is wanted" \
	codeswap feed --image hba-1.1.0.mrb
refuses "an image with a path" "image name" \
	codeswap feed --image hba-sim:../hba-1.1.0.mrb
refuses "a time that is none" "number of seconds" codeswap feed --timeout soon
refuses "a word too many" "Usage" codeswap feed "$label"
images_are hba-1.1.0
check "in the end it runs" codeswap feed -d "$images"
check "and serves" dd if="/dev/$label" of=/dev/null bs=4k count=16
