#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# An empty cell hears of an outdated one first, and of the latest manifest while the older
# firmware is on its way: it does not take the older one for more than it is.
. "$(dirname "$0")/site.sh"
. "$fleet/nodes.sh"
. "$fleet/cells.sh"

plan 5

site_up 0 c1 c2 c3 liar
store_make --chunk-bytes 262144 "$site/old" bench/4M-a boot-1.0.0 || bail "no store"
store_make --sequence 2 --chunk-bytes 262144 "$site/store" hba-3.0.0 boot-1.0.0 ||
	bail "no store"
flash c1
flash c2 "$site/old"
flash c3 nothing

# It comes to the empty one in the middle of that.
cell_start c2 --rate 8 || bail "no cell"
cells_run 2.0.0 40 c2 || bail "it does not run"
cell_start c3 || bail "no cell"
check "the outdated cell gives what it has" await_log c2 '4M-a.mrb: round 1' 40
cell_start c1 || bail "no cell"
check "the latest manifest comes meanwhile" await_log c3 'manifest 2 is accepted' 40
check "what is outdated is not kept" await_log c3 '4M-a.mrb is of manifest 1, and not kept' 40
check "what is desired comes at once" await_log c3 'hba-3.0.0.mrb is kept' 20
check "and all run it" cells_run 3.0.0 60 c1 c2 c3
