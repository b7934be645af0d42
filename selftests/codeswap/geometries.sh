#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Adapters of every shape are swapped under I/O, back and forth, and lose
# nothing: blocks of 512 and 4096 bytes, one request at a time and 128, little
# running memory and much, one login and many (U13).
. ./functions.sh
. ./devices.sh
plan 20

load_modules
# Large blocks, one at a time: a bounded rate would leave next to no I/O.
IO_RATE=0

# shape NAME BS [ATTRIBUTE=VALUE...]: four results
shape()
{
	name=$1
	bs=$2
	shift 2
	device_up "$name" 1.1.0 size=16777216 "$@"
	shape_logins=$(logins | awk '{ print $1, $2, $4 }' | md5sum)
	io_start --bsrange="$bs" --blockalign=4k --iodepth=32
	check "$*: forth and back, twice" \
		eval "swap_to 3.0.0 && swap_back && swap_to 2.0.0 && swap_to 3.0.0"
	check "$*: 3.0.0 serves" serves 3.0.0
	same "$*: with all logins" \
		"$(logins | awk '{ print $1, $2, $4 }' | md5sum)" "$shape_logins"
	check "$*: no request was lost, failed or answered twice [U13]" \
		eval "io_clean && io_adds_up"
	adapter_destroy "$name"
}

shape a 4k-64k block_size=4096 queue_depth=128
shape b 4k-64k block_size=512 queue_depth=1
shape c 4k-512k block_size=4096 queue_depth=1 memory_size=64M
shape d 4k-512k queue_depth=128 memory_size=1M max_logins=64
shape e 4k-16k logins=1000 max_logins=4096
