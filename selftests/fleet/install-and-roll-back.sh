#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# An operator brings a manifest and its images to a master, and takes sets back to what they
# ran before; [D9].
. "$(dirname "$0")/site.sh"
. "$fleet/rolling.sh"

plan 18
site_up 0 master1
rolling_site A=a1,a2 B=b1,b2 || bail "no site"
desire 1 1.1.0
store_make --sequence 2 "$site/new" hba-2.0.0 || bail "no store"
store_make --sequence 3 "$site/old" hba-1.1.0 || bail "no store"
store_make --sequence 1 "$site/older" hba-1.1.0 || bail "no store"
tls=$(tls_of operator operator)

# install ARGUMENT...: codeswap fleet install
install()
{
	in_node operator codeswap fleet install --master "$(address master1 mgmt)" \
		--tls "$tls" "$@"
}

# ---- installing -------------------------------------------------------------------

check "a manifest is installed" install "$site/new"
same "in a sentence" "$output" "manifest 2 is installed, with 1 images"
check "its image was fetched by HTTP, in parts" \
	cmp "$site/rolling/hba-2.0.0.mrb" "$site/new/hba-2.0.0.mrb"
check "once more there is nothing to be done" install "$site/new"
same "and nothing is fetched" "$(times_said master1.site fetched)" 1
refuses "an older one is refused by the master" 'does not take manifest 1: .*older than 2' \
	install "$site/older"
refuses "without a manifest there is nothing to install" 'site.manifest: No such file' \
	install "$site"
rm "$site/old/hba-1.1.0.mrb"
refuses "an image that is missing is told of before" 'hba-1.1.0.mrb: No such file' \
	install "$site/old"
refuses "elsewhere, where nobody serves, it is waited for, and not for ever" \
	'manifest 3 is not installed: it has not come within 2 s; the master has manifest 2' \
	install --url http://127.0.0.1:1 --seconds 2 "$site/old"

# ---- and back -------------------------------------------------------------------------

store_make --sequence 3 "$site/old" hba-1.1.0 || bail "no store"
touch "$site/rolling/incomplete"
refuses "nothing is updated to what the master has not got yet" \
	'has not got all images of manifest 2' begin one
rm "$site/rolling/incomplete"
fault b1 fail
refuses "an update stops" 'b1 of set B' begin one
same "with one set done" "$(outs)" "a1 a2 b1"
mend b1
forget master1.site
refuses "what it is to be updated to is no way back" \
	'new: manifest 2, and the update is to 2: the way back is higher' \
	update one roll-back "$site/new"
check "it is rolled back" update one roll-back "$site/old"
same "in the opposite order, those who were changed" "$(outs)" "a1 a2"
check "which the journal tells" sh -c "echo '$output' | grep -q 'update to manifest 3, sets B, A'"
refuses "where there was none, there is nothing to be rolled back" 'there is no journal' \
	update two roll-back "$site/old"
check "a new update can begin" begin one
