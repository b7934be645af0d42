#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# What is no good image is refused before the device is touched (U3): with a
# sentence, the right errno, by each door, while the device serves I/O. All but
# the digests of these images are right, so that it is the number in question
# that is found.
. ./functions.sh
. ./devices.sh

bad=$RESULTS/bad.mrb

# The doors: the device's own node, and netlink. The command line reads an
# image before it feeds it; with --fd it is the kernel that does.
by_node()
{
	cat "$bad" >"$node"
}

by_netlink()
{
	codeswap swap --fd "$label" "$bad"
}

# told SENTENCE: what the last command said, and "error", where the device has it
told()
{
	echo "$output" | grep -qE -e "$1" || return 1
	[ "$(attr result) $(attr phase)" = "refused idle" ] || return 1
	attr error | grep -qE -e "^staging:$2 .*$3"
}

# door_refuses TEXT DOOR SAID REASON SENTENCE: a result
door_refuses()
{
	output=$("$2" 2>&1)
	status=$?
	if [ $status -eq 1 ] && told "$3" "$4" "$5" && serves 1.1.0; then
		pass "$1"
	else
		fail "$1"
		echo "status $status, said '$output'; $(attr phase), $(attr result)," \
			"$(attr error)" | diagnose
	fi
}

# refuse WHAT REASON ERROR SENTENCE: $bad is refused by both doors
refuse()
{
	door_refuses "/dev/codeswapN: $1: refused, $2 [U3]" by_node "$3" "$2" "$4"
	door_refuses "netlink: $1: refused, $2 [U3]" by_netlink "$4" "$2" "$4"
}

# WHAT|REASON|ERROR of write()|SENTENCE|EDITS of hba-2.0.0
edited_images()
{
	cat <<-'EOF'
	a header that is newer|too-new|Protocol not supported|header version 2, newer than 1|header_version=2
	a header with newer fields|too-new|Protocol not supported|header uses fields newer|header_size=216
	tables larger than allowed|too-large|File too large|65544 bytes; at most 65536|tables_size=65544
	an image larger than allowed|too-large|File too large|at most 67108864|image_size=0x4000001
	an image size that overflows|too-large|File too large|18446744073709551615 bytes; at most 67108864|image_size=0xffffffffffffffff
	an image smaller than its tables|malformed|Bad message|image size is 16 bytes|image_size=16
	a table that starts outside|malformed|Bad message|table of states .* lies outside|states.offset=0x10000
	a table whose end overflows|malformed|Bad message|table of states .*4294967288.* lies outside|states.offset=0xfffffff8
	tables that overlap|malformed|Bad message|tables of segments and of states overlap|states.offset=208
	more segments than allowed|too-large|File too large|33 segments; at most 32|segments.count=33
	a segment that starts outside|malformed|Bad message|segment 4 .* lies outside bytes|segment4.offset=0x10000000
	a segment whose end overflows|malformed|Bad message|segment 4 \(18446744073709551615 bytes|segment4.file_size=0xffffffffffffffff
	segments that overlap in the file|malformed|Bad message|segment 1 starts at byte|segment1.offset=1216
	segments that overlap in memory|malformed|Bad message|segments 0 and 1 overlap in memory|segment1.address=0x80000000
	a segment outside its memory|malformed|Bad message|segment 1 .* lies outside the image's memory|segment1.address=0x7ffff000
	memory beyond 64 bits|malformed|Bad message|beyond 64-bit addresses|memory_size=0xffffffffffffffff
	an entry outside of text|malformed|Bad message|warm entry 0x0 lies in no text segment|warm_entry=0
	a bootstrap entry outside|malformed|Bad message|bootstrap entry, byte 1216, lies in no bootstrap|bootstrap_entry=1216
	a header with a wrong digest|digest|Bad message|digest|header_digest=0
	an image larger than running memory|too-large|File too large|wants 268435456 bytes at 0x80000000, and the running memory|memory_size=0x10000000
	another load address|too-large|File too large|running memory|load_address=0x70000000 segment0.address=0x70000000 segment1.address=0x70010000 segment2.address=0x70010010 cold_entry=0x70000000 warm_entry=0x70000000
	another type of device|device-type|Invalid argument|the image is for type xba-sim, and cshba[0-9]* is of type hba-sim|device_type=0x78
	EOF
}
edits=22

refuse_edited()
{
	while IFS='|' read -r what reason error sentence how; do
		# shellcheck disable=SC2086 # one edit is one word
		edit-image "$(image hba-2.0.0)" "$bad" $how ||
			bail "cannot make $what"
		refuse "$what" "$reason" "$error" "$sentence"
	done <<-EOF
	$(edited_images)
	EOF
}

# What is not a matter of a field
refuse_others()
{
	{ printf '\211'; echo "is how an image begins, and no name"; seq 100; } >"$bad"
	refuse "no MRB image" not-an-image "Exec format error" "not an MRB image"
	size=$(wc -c <"$(image hba-2.0.0)")
	edit-image "$(image hba-2.0.0)" "$bad" byte$((size - 1))=0x5a
	refuse "a module with a wrong digest" digest "Bad message" digest
	cp "$(image hba-2.0.0-bad-corrupt-digest)" "$bad"
	refuse "a sample with a wrong digest" digest "Bad message" digest
	: >"$bad"
	check "/dev/codeswapN: no byte at all is nothing" by_node
	refuses "netlink: an empty file is refused" "no byte of an image" by_netlink
}

# By type nobody is meant, and no device has anything to do with it.
refuse_strangers()
{
	swaps=$(attr swaps)
	refuses "/dev/codeswap: a type that nobody has is refused, ENODEV [U3]" \
		"No such device" sh -c "cat '$(image hba-2.0.0-bad-type)' >/dev/codeswap"
	check "/dev/codeswap tells so in its error" grep -q \
		"^staging:device-type the image is for type nic, and there is no such device" \
		/sys/class/misc/codeswap/error
	edit-image "$(image hba-2.0.0)" "$bad" header_version=9
	refuses "/dev/codeswap: a newer header is refused" "Protocol not supported" \
		sh -c "cat '$bad' >/dev/codeswap"
	check "/dev/codeswap tells so in its error" grep -q \
		"^staging:too-new .*header version 9" /sys/class/misc/codeswap/error
	refuses "the command line alone refuses what the kernel would" \
		"header version 9, newer" codeswap swap "$label" "$bad"
	same "none of them counts as a swap" "$(attr swaps)" "$swaps"
}

# Nothing was asked of the device.
clean()
{
	same "the device was not started again, nor did it err" "$(
		awk '/^(starts|resets|errors|bus_errors|bad_events|unknown) / {
			print $1, $2 }' "$stats")" "$before"
	same "no login was lost or changed" "$(logins)" "$table"
}

plan $((2 * edits + 6 + 2 + 6 + 5))
load_modules
device_up hba0 1.1.0 size=16777216 logins=16
stats=/sys/kernel/debug/codeswap_sim/$label/stats
before=$(awk '/^(starts|resets|errors|bus_errors|bad_events|unknown) / {
	print $1, $2 }' "$stats")
table=$(logins)
io_start
refuse_edited
refuse_others
refuse_strangers
clean
check "a good image is taken after all of them" swap_to 2.0.0
check "and serves" serves 2.0.0
check "not one I/O failed" io_clean
