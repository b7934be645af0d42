#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A disk whose contents are kept in a file or on a block device: they are there
# again after the power was off, whatever swaps and resets came in between; and
# what goes wrong with the file, the disk says.
. ./functions.sh
. ./devices.sh
. ./phases.sh

# write_and_sum: other contents on the whole disk; prints their checksum
write_and_sum()
{
	dd if=/dev/urandom of="$disk" bs=64k conv=fsync 2>/dev/null
	sha256sum <"$disk"
}

# up_again VERSION: the power comes, and an image
up_again()
{
	echo 1 >"$SIM/hba0/power" || return 1
	dev=$(device_of "$label") && node=/dev/${dev##*/} || return 1
	await 20 "$dev/state" minimal >/dev/null &&
		cat "$(image "hba-$1")" >"$node" &&
		await 20 "$disk" >/dev/null
}

in_a_file()
{
	truncate -s 16M "$RESULTS/medium"
	device_up hba0 1.1.0 "backing=$RESULTS/medium"
	same "a file: the disk has its size" \
		"$(cat "/sys/block/$label/size")" $((16 * 2048))
	sum=$(write_and_sum)
	same "a file: it has what was written" \
		"$(sha256sum <"$RESULTS/medium")" "$sum"
	table=$(table)
	io_start
	check "a file: a swap under I/O" swap_to 2.0.0
	check "a file: and one back" back
	check "a file: I/O goes on" as_before 1.1.0 "$table"
	check "a file: a reset in the midst of I/O" codeswap reset "$label"
	check "a file: and the image again" swap_to 1.1.0
	check "a file: I/O goes on, too" serves 1.1.0
	check "a file: not one I/O failed" io_clean
	sum=$(sha256sum <"$disk")
	echo 0 >"$SIM/hba0/power"
	same "a file: power off, all is in the file" \
		"$(sha256sum <"$RESULTS/medium")" "$sum"
	check "a file: power on" up_again 2.0.0
	same "a file: all is on the disk again" "$(sha256sum <"$disk")" "$sum"
	check "a file: a discard" blkdiscard -o 1048576 -l 1048576 "$disk"
	same "a file: discarded is discarded" \
		"$(dd if="$disk" bs=1M skip=1 count=1 iflag=direct 2>/dev/null |
			tr -d '\0' | wc -c)" 0
	adapter_destroy hba0
}

# The file system is slower than firmware that answers before data has moved.
answered_too_early()
{
	dd if=/dev/urandom of="$RESULTS/data" bs=64k count=256 2>/dev/null
	truncate -s 16M "$RESULTS/early"
	device_up hba0 2.0.0-bad-early "backing=$RESULTS/early"
	dd if="$RESULTS/data" of="$disk" bs=64k oflag=direct 2>/dev/null
	check "answered too early: what is written is what was to be written" \
		cmp "$RESULTS/data" "$RESULTS/early"
	check "answered too early: what is read is what was written" \
		sh -c "dd if=$disk bs=64k iflag=direct | cmp - $RESULTS/data"
	rm "$RESULTS/data" "$RESULTS/early"
	adapter_destroy hba0
}

# sectors_written: what the block device below was given so far
sectors_written()
{
	awk '{ print $7 }' "/sys/block/${below##*/}/stat"
}

on_a_block_device()
{
	device_up below 1.1.0 size=16777216
	below=$disk
	device_up hba0 1.1.0 "backing=$below" block_size=4096
	written=$(sectors_written)
	write_and_sum >/dev/null
	fio --name=flush --filename="$disk" --rw=write --bs=4k --size=4k \
		--end_fsync=1 >/dev/null || bail "no flush"
	check "a block device: a flush has it all written, not kept in memory" \
		test $(($(sectors_written) - written)) -ge 32768
	sum=$(write_and_sum)
	same "a block device: it has what was written" \
		"$(sha256sum <"$below")" "$sum"
	io_start
	check "a block device: a swap under I/O" swap_to 2.0.0
	check "a block device: I/O goes on" serves 2.0.0
	io_moves
	check "a block device: not one I/O failed" io_clean
	refuses "a block device: nobody else gets it" "" \
		adapter_create other "backing=$below"
	adapter_destroy other 2>/dev/null
	adapter_destroy hba0
	adapter_destroy below
}

# A file system without room for all of the file.
without_room()
{
	mkdir "$RESULTS/small"
	mount -t tmpfs -o size=4M tmpfs "$RESULTS/small" || bail "no tmpfs"
	on_exit "umount $RESULTS/small"
	truncate -s 16M "$RESULTS/small/medium"
	device_up hba0 1.1.0 "backing=$RESULTS/small/medium"
	refuses "no room: the disk says so" "No space|nput/output|I/O" \
		dd if=/dev/zero of="$disk" bs=64k conv=fsync
	same "no room: by errors that are counted" \
		"$(($(counter errors) > 0))" 1
	check "no room: what is there can be read" \
		dd if="$disk" of=/dev/null bs=64k count=8
	check "no room: it can be swapped" swap_to 2.0.0
	adapter_destroy hba0
}

in_use()
{
	truncate -s 8M "$RESULTS/one"
	device_up hba0 1.1.0 "backing=$RESULTS/one"
	ln "$RESULTS/one" "$RESULTS/same"
	refuses "a file of another adapter's" "" \
		adapter_create other "backing=$RESULTS/same"
	check "a file of another adapter's: it is said why" \
		sh -c "dmesg | grep -q 'same is another adapter.s already'"
	adapter_destroy other 2>/dev/null
	adapter_destroy hba0
	check "a file of another adapter's: free again" \
		device_up hba0 1.1.0 "backing=$RESULTS/same"
	adapter_destroy hba0
}

what_is_no_medium()
{
	for bad in "$RESULTS/none" "$RESULTS" /dev/null; do
		refuses "${bad##*/} is no medium" "" \
			adapter_create bad "backing=$bad"
		check "${bad##*/} is no medium: it is said why" \
			sh -c "dmesg | grep -q 'backing $bad '"
		adapter_destroy bad 2>/dev/null
	done
	mkdir "$SIM/bad"
	refuses "a path that is none" "" \
		sh -c "echo relative >$SIM/bad/backing"
	rmdir "$SIM/bad"
}

by_parameter()
{
	module_remove codeswap_sim || bail "codeswap_sim cannot be removed"
	truncate -s 8M "$RESULTS/one" "$RESULTS/two"
	module_load codeswap_sim \
		"adapters=backing=$RESULTS/one,logins=4;backing=$RESULTS/two,block_size=4096"
	check "by parameter: two adapters ask for an image" \
		sh -c "cat $CLASS/*/state | sort | uniq -c | grep -q '2 minimal'"
	check "by parameter: they are fed" \
		sh -c "cat $(image hba-1.1.0) >/dev/codeswap"
	for label in cshba0 cshba1; do
		await 20 "/sys/kernel/debug/codeswap_sim/$label/shown" Y \
			>/dev/null || bail "$label does not appear"
	done
	check "by parameter: the second has its block size" \
		grep -qx 4096 /sys/block/cshba1/queue/logical_block_size
	check "by parameter: they go with the module" module_remove codeswap_sim
	refuses "by parameter: an attribute that is none" "" \
		module_load codeswap_sim "adapters=backing=$RESULTS/one,colour=red"
	check "by parameter: it is said why" \
		sh -c "dmesg | grep -q \"no attribute 'colour'\""
	module_load codeswap_sim
}

plan 42
load_modules
in_a_file
answered_too_early
on_a_block_device
without_room
in_use
what_is_no_medium
by_parameter
