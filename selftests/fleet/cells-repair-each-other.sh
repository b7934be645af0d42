#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Cells that start with firmware that is missing, corrupt, or not the desired version find
# that out before any of it runs, and get what is desired from another cell, over the
# high-speed interconnect, which is off until then.
. "$(dirname "$0")/site.sh"
. "$fleet/cells.sh"

plan 46

site_up 0 c1 c2 c3 c4 liar
store_make --chunk-bytes 262144 "$site/store" bench/4M-a boot-1.0.0 || bail "no store"
chunks=17

# ---- all is well ----------------------------------------------------------------

for cell in c1 c2 c3 c4; do
	cell_start $cell || bail "no cell"
done
check "cells run what is in their flash" cells_run 2.0.0 30 c1 c2 c3 c4
same "nothing was sent for that" "$(times_said c1 'broadcast of')" 0
same "the high-speed interconnect is on [C1]" "$(link_of c2)" UP
check "first the boot block, then the rendezvous, then the firmware [C5]" \
	awk '/model0 is minimal/ { m = NR } /is at the rendezvous/ { r = NR }
	     /is starting its firmware/ { s = NR } /model0 is running/ { v = NR }
	     END { exit !(m < r && r < s && s < v) }' "$RESULTS/c2.log"

# ---- off until the rendezvous ------------------------------------------------------

kill_daemon c2
kind_of_model broken --defect hart >"$site/broken" || bail "no other model"
usual=$CODESWAPD
CODESWAPD=$(cat "$site/broken")/codeswapd
forget c2
cell_start c2 || bail "no cell"
CODESWAPD=$usual
check "a device that fails its boot block's test" \
	await_log c2 'the self-test of the device failed|has not asked for an image' 60
same "the high-speed interconnect stays off [C1]" "$(link_of c2)" DOWN
same "nothing is loaded" "$(times_said c2 'model0 is loading')" 0
kill_daemon c2

# ---- corrupt: pull --------------------------------------------------------------------

# mend CELL WHAT: it starts, and is repaired
mend()
{
	forget c1 c3 c4 "$1"
	cell_start "$1" || bail "no cell"
	check "$2: the cell finds out itself [C2]" await_log "$1" 'this cell is errored' 20
	check "it asks, and is repaired [C3]" cells_run 2.0.0 60 "$1"
	check "nothing ran before that [C2]" \
		awk '/4M-a.mrb is kept/ { k = NR } /model0 is loading/ && !l { l = NR }
		     END { exit !(k && k < l) }' "$RESULTS/$1.log"
	check "byte for byte" cmp "$site/store/4M-a.mrb" "$site/flash/$1/4M-a.mrb"
}

damage "$site/flash/c2/4M-a.mrb" 2000000
: >"$RESULTS/c2.log"
echo 1 >"$site/mark/c2"
mend c2 "corrupt"
check "the first cell has repaired it [C10]" said c1 'broadcast of 4M-a.mrb to 1 nodes'
check "for which it was reset to the rendezvous [C5]" \
	awk '/goes to the rendezvous, to repair/ { g = NR } /model0 is minimal/ { m = NR }
	     /broadcast of/ { b = NR } END { exit !(g < m && m < b) }' "$RESULTS/c1.log"
check "and runs again" cells_run 2.0.0 30 c1
same "only what was corrupt has travelled" \
	"$(log_of c1 | sed -n "s/.*: round 1, \([0-9]*\) of $chunks chunks.*/\1/p")" 1
same "the others were not disturbed [C9]" \
	"$(times_said c3 'model0 is')$(times_said c4 'model0 is')" 00

# ---- corrupt, and its checksum made anew ---------------------------------------------------

kill_daemon c2
codeswap image info "$site/flash/c2/4M-a.mrb" >/dev/null || bail "no image"
cp "$(image_file bench/4M-b)" "$site/flash/c2/4M-a.mrb"
: >"$RESULTS/c2.log"
echo 1 >"$site/mark/c2"
mend c2 "another image, with good checksums"

# ---- changed, and its checksums made anew -----------------------------------------------------

# remade FILE: one byte of the firmware is changed, and every digest that the image has of
# itself is made anew. What is signed, the digest in the manifest, is not.
remade()
{
	python3 - "$1" <<-'end'
		import hashlib, struct, sys
		HEADER, ENTRY, DIGEST = 10, 8, 32
		with open(sys.argv[1], "r+b") as f:
		    image = bytearray(f.read())
		    header, tables = struct.unpack_from("<HI", image, HEADER)
		    # Three tables and the digest are the last things in the header.
		    at, _, _ = struct.unpack_from("<IHH", image, header - DIGEST - 3 * ENTRY)
		    entry, = struct.unpack_from("<H", image, header - DIGEST - 3 * ENTRY + 6)
		    offset, size = struct.unpack_from("<QQ", image, at + 8)
		    image[offset + size // 2] ^= 1
		    body = hashlib.sha256(image[offset:offset + size]).digest()
		    image[at + entry - DIGEST:at + entry] = body
		    image[header - DIGEST:header] = bytes(DIGEST)
		    image[header - DIGEST:header] = hashlib.sha256(image[:tables]).digest()
		    f.seek(0)
		    f.write(image)
	end
}

kill_daemon c2
cp "$site/flash/c2/4M-a.mrb" "$site/changed.mrb"
remade "$site/changed.mrb" || bail "no changed image"
check "an image that was changed, whose checksums are made anew, is one" \
	codeswap image verify "$site/changed.mrb"
check "and differs" fails cmp -s "$site/changed.mrb" "$site/flash/c2/4M-a.mrb"
cp "$site/changed.mrb" "$site/flash/c2/4M-a.mrb"
: >"$RESULTS/c2.log"
echo 1 >"$site/mark/c2"
mend c2 "changed, with good checksums"

kill_daemon c2
remade "$site/flash/c2/boot-1.0.0.mrb" || bail "no changed boot block"
codeswap image verify "$site/flash/c2/boot-1.0.0.mrb" >"$RESULTS/verify.log" || bail "no image"
forget c1 c2
cell_start c2 || bail "no cell"
check "so is a boot block: the cell is blank" await_log c2 'this cell is blank' 20
check "until it has been fetched" await_log c2 'boot-1.0.0.mrb is kept' 30
check "then it runs" cells_run 2.0.0 60 c2
log_of c2 >"$site/c2.log"
check "nothing of it ran [C2]" \
	awk '/boot-1.0.0.mrb is kept/ { k = NR } /model0 is (testing|minimal)/ && !t { t = NR }
	     END { exit !(k && k < t) }' "$site/c2.log"

# ---- missing ------------------------------------------------------------------------------

kill_daemon c2
rm "$site/flash/c2/4M-a.mrb"
: >"$RESULTS/c2.log"
echo 1 >"$site/mark/c2"
mend c2 "missing"

# ---- several at once, and by one that has been repaired -------------------------------------

for cell in c2 c3 c4; do
	kill_daemon $cell
	flash $cell nothing
	forget $cell
done
forget c1
for cell in c2 c3 c4; do
	cell_start $cell || bail "no cell"
done
check "three that have nothing are repaired at once [C7]" cells_run 2.0.0 60 c2 c3 c4
same "by one broadcast [C7]" "$(times_said c1 'broadcast of 4M-a.mrb')" 1
check "their boot blocks had come over the management interconnect [C9]" \
	await_logs 'boot-1.0.0.mrb: .* fetched from http://10.71|chunks are fetched from http://10.71.*boot-1.0.0' 1 c2 c3 c4
kill_daemon c1
flash c1 nothing
forget c1 c2 c3 c4
cell_start c1 || bail "no cell"
check "the one that has repaired them, by one of them [C7]" cells_run 2.0.0 60 c1
check "which need not be the same" said c2 'broadcast of 4M-a.mrb to 1 nodes'

# ---- without the high-speed interconnect -----------------------------------------------------

kill_daemon c3
flash c3 nothing
forget c1 c3
unplug c3 bulk
cell_start c3 || bail "no cell"
check "without a cable: the management interconnect [C8]" \
	await_log c3 '17 of 17 chunks are fetched from http://10.71' 30
check "and it is repaired [C8]" cells_run 2.0.0 60 c3
check "byte for byte" cmp "$site/store/4M-a.mrb" "$site/flash/c3/4M-a.mrb"

# ---- a reset by an operator --------------------------------------------------------------------

forget c1 c2 c3 c4
check "a reset of a type that none has" fleet reset c1 nonesuch
check "and of all [D8]" fleet reset c1
check "takes each cell to the rendezvous [C5]" \
	await_logs 'this cell is at the rendezvous' 30 c1 c2 c3 c4
check "from where it runs what it has" cells_run 2.0.0 60 c1 c2 c3 c4
