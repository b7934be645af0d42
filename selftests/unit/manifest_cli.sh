#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# codeswap manifest make, sign, verify, show: with the sanitizers in the program,
# on the firmware samples, with keys that are made here.

B=${B:?is the build directory}
here=$(cd "$(dirname "$0")" && pwd)
codeswap=$B/unit/sanitized/helper/codeswap
images=$B/firmware
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
# shellcheck source=cli.sh
. "$here/cli.sh"
cd "$work" || exit 1

if ! command -v openssl >/dev/null; then
	echo "1..0 # SKIP there is no openssl program to make keys with"
	exit 0
fi

person() { # NAME
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-keyout "$1.key" -out "$1.pem" -subj "/CN=$1" 2>/dev/null
}

sign() { # ROLE PERSON
	"$codeswap" manifest sign --role "$1" --key "$2.key" --cert "$2.pem" site
}

for name in author operator stranger; do
	person $name || exit 1
done
mkdir trust nobody
cp author.pem operator.pem trust/
hba=$images/hba-1.1.0.mrb
other=$images/hba-2.0.0-bad-type.mrb
"$codeswap" image bundle both.mrb "$hba" "$other"

ok "make" "$codeswap" manifest make --sequence 7 site "$hba" "$other"
ok "show" "$codeswap" manifest show site
cp out shown
ok "it has the digest of the file" \
	grep -q "\"sha256\":\"$(sha256sum <"$hba" | cut -d' ' -f1)\"" shown
refuses "nobody has signed" "0 of 2 roles" \
	"$codeswap" manifest verify --trust trust site
ok "the author signs" sign author author
refuses "one has signed" "no valid signature of operator" \
	"$codeswap" manifest verify --trust trust site
ok "one will do, where it is said so" \
	"$codeswap" manifest verify --trust trust --threshold 1 site
ok "a stranger signs as the operator" sign operator stranger
refuses "which does not count" "no valid signature of operator" \
	"$codeswap" manifest verify --trust trust site
ok "the operator signs" sign operator operator
ok "both have signed" "$codeswap" manifest verify --trust trust site
ok "the same one once more" \
	"$codeswap" manifest verify --trust trust --after 7 site
refuses "an older one" "older than 8" \
	"$codeswap" manifest verify --trust trust --after 8 site
cp site good
sed -i 's/hba-1.1.0.mrb/hba-9.9.9.mrb/' site
refuses "what was changed afterwards" "0 of 2 roles" \
	"$codeswap" manifest verify --trust trust site
ok "a combined image" "$codeswap" manifest make --sequence 8 site both.mrb
ok "of two types" "$codeswap" manifest show site
cp out shown
ok "which are both in it" sh -c "tr -d ' \n' <shown | \
	grep -q '\"types\":\[\"hba-sim\",\"[^\"]*\"\]'"
refuses "two images for one type" "type hba-sim twice" \
	"$codeswap" manifest make --sequence 8 site "$hba" "$images/hba-2.0.0.mrb"
refuses "a damaged image" "digest" \
	"$codeswap" manifest make --sequence 8 site \
	"$images/hba-2.0.0-bad-corrupt-digest.mrb"
refuses "no such image" "nonesuch.mrb: No such file" \
	"$codeswap" manifest make --sequence 8 site nonesuch.mrb
refuses "no manifest" "signed manifest" \
	"$codeswap" manifest verify --trust trust "$hba"
refuses "nobody to trust" "nobody is trusted" \
	"$codeswap" manifest verify --trust nobody good
cp "$hba" image
refuses "an image where the manifest should be" "image is there, and is no manifest" \
	"$codeswap" manifest make --sequence 8 image "$hba"
ok "which stays as it is" cmp "$hba" image
misused "no sequence" "$codeswap" manifest make site "$hba"
misused "sequence 0" "$codeswap" manifest make --sequence 0 site "$hba"
misused "a sequence that is no number" \
	"$codeswap" manifest make --sequence 7x site "$hba"
misused "no image" "$codeswap" manifest make --sequence 8 site
misused "chunks that are too small" \
	"$codeswap" manifest make --sequence 8 --chunk-bytes 1 site "$hba"
refuses "chunks of an odd size" "no power of two" \
	"$codeswap" manifest make --sequence 8 --chunk-bytes 300000 site "$hba"
misused "no key" "$codeswap" manifest sign --role author site
refuses "a role that is none" "role '../x'" \
	"$codeswap" manifest sign --role ../x --key author.key \
	--cert author.pem good
refuses "a key of somebody else's" "does not belong to the key" \
	"$codeswap" manifest sign --role author --key author.key \
	--cert operator.pem good
misused "nobody to trust is named" "$codeswap" manifest verify good
echo "1..$count"
[ "$failed" -eq 0 ]
