#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# codeswap image build, info, verify, bundle, sign: on firmware that is compiled
# here, with the sanitizers in the program, and judged by other tools (readelf,
# cmp, sha256sum, openssl) where there are any.

B=${B:?is the build directory}
here=$(cd "$(dirname "$0")" && pwd)
codeswap=$B/unit/sanitized/helper/codeswap
CLANG=${CLANG:-clang}
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
script=$here/image_cli.lds	# for the linker

# shellcheck source=cli.sh
. "$here/cli.sh"

has() { # FILE LINE: with blanks squeezed
	tr -s ' ' <"$1" | sed 's/^ //' | grep -qxF -- "$2"
}

bytes() { # FILE OFFSET SIZE
	tail -c +$(($2 + 1)) "$1" | head -c "$3"
}

patch() { # FILE OFFSET OCTAL-ESCAPE
	# shellcheck disable=SC2059 # the escape is meant to be one
	printf "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

# A number of the first image, as --json has it.
field() { # FILE KEY
	"$codeswap" image info --json "$1" |
		sed -n "s/^ *\"$2\":\"\\{0,1\\}\\([^\",]*\\)\"\\{0,1\\},\\{0,1\\}\$/\\1/p" |
		head -n 1
}

# A column of the first segment of a kind: 3 is the offset, 4 the size.
segment() { # FILE KIND COLUMN
	"$codeswap" image info "$1" |
		awk -v kind="$2" -v col="$3" '$2 == kind { print $col; exit }'
}

compile() { # OUTPUT [OPTION...]
	output=$1
	shift
	"$CLANG" --target=riscv32-unknown-elf -march=rv32im -mabi=ilp32 -O1 \
		-ffreestanding -fno-pic -nostdlib -static -fuse-ld=lld \
		-Wl,--build-id=sha1 -Wl,-T,"$script" "$@" \
		-o "$output" "$here/image_cli_firmware.c"
}

describe() { # the typical description, to which lines may be added
	cat <<-END
	# firmware for a test
	type hba-sim
	version 2.0.1
	release 3
	security 1			# never goes down
	declared-blackout-us 2000
	workspace 0x10000
	capability login provided
	capability dma required
	capability dma provided
	state logins emits 2 accepts 1 2
	module flash 1.2.0 flash.bin
	END
}

build() { # DESCRIPTION ELF OUTPUT [OPTION...]
	"$codeswap" image build -d "$1" -e "$2" -o "$3" \
		--build-id 0123456789abcdef
}

# Builds with one line more, which must be refused.
refuses_line() { # NAME TEXT LINE
	{ describe; echo "$3"; } >refused.desc
	refuses "$1" "$2" build refused.desc f.elf refused.mrb
}

# Builds without the lines that match.
refuses_without() { # NAME TEXT PATTERN
	describe | grep -v "$3" >refused.desc
	refuses "$1" "$2" build refused.desc f.elf refused.mrb
}

test_build() {
	ok "firmware is compiled" compile f.elf
	ok "an image is built" \
		"$codeswap" image build -d f.desc -e f.elf -o f.mrb
	ok "the image is verified" "$codeswap" image verify f.mrb
	grep -q '^f.mrb: image 1: hba-sim 2.0.1, [0-9]* bytes, digests good, not signed$' out
	result $? "verify says what it found"

	mkdir -p elsewhere
	(cd elsewhere && "$codeswap" image build --description ../f.desc \
		--elf "$work/f.elf" --output f.mrb) >out 2>err
	ok "the same input makes the same bytes, from wherever" \
		cmp f.mrb elsewhere/f.mrb
	ok "firmware for another processor is compiled" \
		compile f64.elf --target=riscv64-unknown-elf -march=rv64im \
		-mabi=lp64 -mcmodel=medany
	ok "a 64-bit ELF file will do" build f.desc f64.elf f64.mrb
	ok "its image is verified" "$codeswap" image verify f64.mrb
}

test_info() {
	"$codeswap" image info f.mrb >described 2>err
	for line in 'type: hba-sim' 'version: 2.0.1' 'release: 3' \
		'security version: 1' 'declared blackout: 2000 us' \
		'workspace: 65536 bytes' 'signature: none' \
		'memory: 131072 bytes at 0x80000000' 'cold entry: 0x80000000' \
		'login provided' 'dma provided required' \
		'logins emits 2 accepts 1 to 2'; do
		ok "info says '$line'" has described "$line"
	done
	kinds=$(awk '/^segments/ { on = 1 } on && $1 ~ /^[0-9]/ { print $2 }' described)
	[ "$(echo "$kinds" | xargs)" = 'text data bss bootstrap module' ]
	result $? "info lists the segments"
	[ "$(field f.mrb image-size)" -eq "$(wc -c <f.mrb)" ]
	result $? "info --json says the size"
	[ "$(field f.mrb build-id)" = "$(readelf -n f.elf |
		sed -n 's/^ *Build ID: //p')" ]
	result $? "the build id is the linker's"
	[ "$(field f64.mrb build-id)" = \
		0123456789abcdef000000000000000000000000 ]
	result $? "the build id is that of the command line"
}

# What readelf says of the file, against what is in the image.
test_contents() {
	readelf -lW f.elf >headers
	# shellcheck disable=SC2046,SC2086 # columns are wanted
	while read -r type offset address _ filesz _ flags; do
		case $type/$flags in
		LOAD/R*E*) kind=text ;;
		LOAD/RW*) kind=data ;;
		*) continue ;;
		esac
		[ $((address)) -ge $((0x80000000)) ] || continue
		bytes f.elf $((offset)) $((filesz)) >expected
		bytes f.mrb "$(segment f.mrb $kind 3)" \
			"$(segment f.mrb $kind 4)" >found
		ok "$kind is the linker's" cmp expected found
	done <headers
	bytes f.mrb "$(segment f.mrb module 3)" "$(segment f.mrb module 4)" >found
	ok "the module is the file's" cmp flash.bin found
	offset=$(segment f.mrb bootstrap 3)
	entry=$(field f.mrb bootstrap-entry)
	[ "$(readelf -sW f.elf | awk '$8 == "bootstrap_entry" { print $2 }')" = \
		"$(printf %08x $((entry - offset)))" ]
	result $? "the bootstrap entry is the symbol's"
	bytes f.mrb 0 "$(field f.mrb tables-size)" >tables
	patch tables 176 '\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0'
	bytes f.mrb 176 32 | od -An -tx1 -v | tr -d ' \n' >found
	[ "$(sha256sum <tables | cut -d' ' -f1)" = "$(cat found)" ]
	result $? "the header's digest is sha256sum's"
}

test_build_choices() {
	{ describe; echo 'entry-cold warm_entry'; echo 'memory-size 0x4000'; } >c.desc
	ok "entry and memory size can be chosen" build c.desc f.elf c.mrb
	[ "$(field c.mrb cold-entry)" = "$(field f.mrb warm-entry)" ]
	result $? "the entry is the one chosen"
	[ "$(field c.mrb memory-size)" -eq 16384 ]
	result $? "the memory size is the one chosen"
	{ describe; echo 'load-address 0x7fff0000'; } >c.desc
	ok "load address can be chosen" build c.desc f.elf c.mrb
	[ "$(field c.mrb load-address)" -eq $((0x7fff0000)) ]
	result $? "the load address is the one chosen"
	ok "firmware without a build id is compiled" \
		compile anonymous.elf -Wl,--build-id=none
	"$codeswap" image build -d f.desc -e anonymous.elf -o c.mrb 2>err
	[ -n "$(field c.mrb build-id)" ] && [ "$(field c.mrb build-id | tr -d 0)" ]
	result $? "a build id is made if the linker made none"
}

test_bad_descriptions() {
	refuses_line "unknown key" \
		"refused.desc:13: there is no key 'colour'" 'colour red'
	refuses_line "key twice" \
		"refused.desc:13: 'version' was given on line 3 already" \
		'version 1.0.0'
	refuses_line "capability twice" ':13: capability login is provided already' \
		'capability login provided'
	refuses_line "capability neither nor" "not 'wanted'" 'capability x wanted'
	refuses_line "bad name" "the name 'a/b' has characters other than" \
		'capability a/b provided'
	refuses_line "name too long" 'is longer than 31 characters' \
		'capability aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa provided'
	refuses_line "value missing" 'write: module TARGET VERSION FILE' \
		'module pla 1.0.0'
	refuses_line "value too much" "'3' is too much" 'entry-cold cold_entry 3'
	refuses_line "state without its words" 'write: state NAME emits' \
		'state x emits 1 takes 1 2'
	refuses_line "state the wrong way round" 'formats from 3 to 2' \
		'state x emits 1 accepts 3 2'
	refuses_line "state twice" 'state logins is given twice' \
		'state logins emits 1 accepts 1 2'
	refuses_line "number with a sign" "'-1' is no number" \
		'state x emits -1 accepts 1 2'
	refuses_line "number too large" "'4294967296' is no number from 0 to" \
		'state x emits 4294967296 accepts 1 2'
	refuses_line "module twice" 'module flash is given twice' \
		'module flash 1.2.0 flash.bin'
	refuses_line "module without a file" \
		'refused.desc:13: ./nothing.bin: No such file' \
		'module pla 1.0.0 nothing.bin'
	refuses_line "module that is empty" 'is 0 bytes' 'module pla 1.0.0 empty.bin'
	refuses_line "version of two numbers" "'1.0' is no version" \
		'module pla 1.0 flash.bin'
	refuses_line "version too large" 'three numbers from 0 to 65535' \
		'module pla 1.0.65536 flash.bin'
	refuses_line "symbol that is not there" \
		"refused.desc:13: symbol 'nowhere' is not defined in f.elf" \
		'entry-warm nowhere'
	refuses_line "memory size that is nothing" \
		"refused.desc:13: 'much' is no number, nor a symbol" \
		'memory-size much'
	refuses_line "memory too small" "lies outside the image's memory" \
		'memory-size 16'
	refuses_line "load address too high" 'below the load address 0x80000100' \
		'load-address 0x80000100'
	refuses_line "bootstrap entry elsewhere" 'is not in section .bootstrap' \
		'entry-bootstrap cold_entry'
	refuses_line "cold entry not in text" 'lies in no text segment' \
		'entry-cold counter'
	refuses_line "workspace too large" "'workspace' was given on line 7" \
		'workspace 1'
	refuses_without "type missing" "the line 'type NAME' is missing" '^type'
	refuses_without "release missing" "the line 'release NUMBER' is missing" \
		'^release'
	refuses "no description" 'nothing.desc: No such file' \
		build nothing.desc f.elf refused.mrb
}

test_bad_elf() {
	refuses "no ELF file" 'f.desc: not an ELF file' \
		build f.desc f.desc refused.mrb
	refuses "ELF file that is not there" 'nothing.elf: No such file' \
		build f.desc nothing.elf refused.mrb
	compile object.o -c 2>/dev/null
	refuses "object file" 'not a linked executable' \
		build f.desc object.o refused.mrb
	head -c 5000 f.elf >short.elf
	refuses "ELF file cut short" 'short.elf: ' \
		build f.desc short.elf refused.mrb
	compile plain.elf -DNO_BOOTSTRAP
	refuses "no bootstrap" 'there is no section .bootstrap' \
		build f.desc plain.elf refused.mrb
	compile nocold.elf -Dcold_entry=start 2>/dev/null
	refuses "no entry" \
		"symbol 'cold_entry' is not defined; define it, or name another by 'entry-cold'" \
		build f.desc nocold.elf refused.mrb
	sed 's/FLAGS(6)/FLAGS(7)/' "$script" >rwx.lds
	script=rwx.lds
	compile rwx.elf
	script=$here/image_cli.lds
	refuses "text and data in one" 'both writable and executable' \
		build f.desc rwx.elf refused.mrb
	[ ! -e refused.mrb ]
	result $? "nothing was written for what was refused"
	cp f.mrb kept.mrb
	refuses "once more, over an image" 'not an ELF file' \
		build f.desc f.desc kept.mrb
	ok "the image that was there is still there" cmp f.mrb kept.mrb
	refuses "no such directory" 'No such file' build f.desc f.elf no/f.mrb
	set -- ./*.mrb.??????
	[ ! -e "$1" ]
	result $? "no temporary file is left"
}

corrupt() { # OFFSET ESCAPE
	cp f.mrb bad.mrb
	patch bad.mrb "$1" "$2"
}

test_verify() {
	size=$(field f.mrb image-size)
	refuses "text file" 'not an MRB image' "$codeswap" image verify f.desc
	: >empty.mrb
	refuses "empty file" 'not an MRB image' "$codeswap" image verify empty.mrb
	refuses "no file" 'No such file' "$codeswap" image verify nothing.mrb
	refuses "directory" 'Is a directory' "$codeswap" image verify .
	for n in 100 400 $((size - 1)); do
		head -c "$n" f.mrb >bad.mrb
		refuses "cut to $n bytes" "image ends after $n bytes" \
			"$codeswap" image verify bad.mrb
	done
	corrupt $(($(segment f.mrb text 3) + 5)) '\377\376'
	refuses "text corrupt" 'segment 0 ' "$codeswap" image verify bad.mrb
	grep -q 'does not match its digest' err
	result $? "that it is the digest is said"
	corrupt 84 '\377\376'
	refuses "build id corrupt" 'header and tables do not match' \
		"$codeswap" image verify bad.mrb
	corrupt 8 '\2'
	refuses "newer header" 'newer than 1' "$codeswap" image verify bad.mrb
	corrupt $((size - 1)) 'x'
	refuses "padding" 'must be zero' "$codeswap" image verify bad.mrb
	{ cat f.mrb; echo; } >bad.mrb
	refuses "junk behind the image" "byte $size of the file begins neither" \
		"$codeswap" image verify bad.mrb
}

test_bundle() {
	ok "a bundle is made" "$codeswap" image bundle b.mrb f.mrb f64.mrb
	cat f.mrb f64.mrb >cat.mrb
	ok "it is the images, one after another" cmp b.mrb cat.mrb
	ok "it is verified" "$codeswap" image verify b.mrb
	[ "$(wc -l <out)" -eq 2 ]
	result $? "there is a line for each image"
	[ "$("$codeswap" image info b.mrb | grep -c '^type:')" -eq 2 ]
	result $? "info shows each image"
	cp f.mrb bad.mrb
	patch bad.mrb $(($(segment f.mrb module 3))) 'x'
	cat f.mrb bad.mrb >badbundle.mrb
	refuses "second image corrupt" 'badbundle.mrb: image 2: segment 4' \
		"$codeswap" image verify badbundle.mrb
	refuses "corrupt image in a new bundle" 'bad.mrb: segment 4' \
		"$codeswap" image bundle new.mrb f.mrb bad.mrb
	[ ! -e new.mrb ]
	result $? "no bundle was written"
}

key() { # NAME OPENSSL-REQ-OPTION...
	name=$1
	shift
	openssl req -x509 -nodes -keyout "$name.key" -out "$name.pem" \
		-subj "/CN=$name" -days 2 "$@" 2>/dev/null
}

test_sign() {
	key rsa -newkey rsa:2048 && key other -newkey rsa:2048 &&
		key ec -newkey ec -pkeyopt ec_paramgen_curve:P-256
	result $? "keys are made"
	ok "an image is signed" "$codeswap" image sign --key rsa.key \
		--cert rsa.pem f.mrb s.mrb
	ok "its signature is good" "$codeswap" image verify --cert rsa.pem s.mrb
	has out "s.mrb: image 1: hba-sim 2.0.1, $(field f.mrb image-size) bytes, digests good, signature good"
	result $? "verify says so"
	ok "without a certificate it is not checked" "$codeswap" image verify s.mrb
	grep -q 'signature not checked' out
	result $? "verify says that, too"
	bytes s.mrb 0 "$(field f.mrb tables-size)" >tables
	tail -c +$(($(field f.mrb image-size) + 17)) s.mrb >message
	ok "openssl finds the signature good" openssl cms -verify -noverify \
		-binary -inform DER -in message -content tables -nointern \
		-certfile rsa.pem -out /dev/null
	refuses "another certificate" 'signature is wrong' \
		"$codeswap" image verify --cert other.pem s.mrb
	refuses "no signature" 'image is not signed' \
		"$codeswap" image verify --cert rsa.pem f.mrb
	refuses "key of another certificate" 'does not belong to the key' \
		"$codeswap" image sign --key rsa.key --cert other.pem f.mrb no.mrb
	refuses "no key" 'f.desc: no private key' \
		"$codeswap" image sign --key f.desc --cert rsa.pem f.mrb no.mrb
	[ ! -e no.mrb ]
	result $? "nothing was written for what was refused"
	cp s.mrb bad.mrb
	patch bad.mrb $(($(wc -c <s.mrb) - 3)) 'xyz'
	refuses "signature corrupt" 'signature is wrong' \
		"$codeswap" image verify --cert rsa.pem bad.mrb
	head -c "$(wc -c <f.mrb)" s.mrb >bad.mrb
	refuses "signature cut off" 'no signature follows' \
		"$codeswap" image verify bad.mrb
	{ cat f.mrb; tail -c +$(($(wc -c <f.mrb) + 1)) s.mrb; } >bad.mrb
	refuses "signature that the header does not know of" \
		'does not say that it is signed' "$codeswap" image verify bad.mrb
	head -c -1 s.mrb >bad.mrb
	refuses "signature cut short" 'signature ends after' \
		"$codeswap" image verify bad.mrb
	"$codeswap" image sign --key rsa.key --cert rsa.pem f64.mrb s64.mrb
	{
		head -c "$(wc -c <f64.mrb)" s64.mrb
		tail -c +$(($(wc -c <f.mrb) + 1)) s.mrb
	} >bad.mrb
	refuses "signature of another image" 'signature is wrong' \
		"$codeswap" image verify --cert rsa.pem bad.mrb
	cat s.mrb f.mrb >mixed.mrb
	ok "a bundle is signed, signed images again" "$codeswap" image sign \
		--key ec.key --cert ec.pem mixed.mrb signed.mrb
	ok "all signatures are the new ones" \
		"$codeswap" image verify --cert ec.pem signed.mrb
	[ "$(wc -l <out)" -eq 2 ]
	result $? "no image got lost"
}

test_usage() {
	misused "no verb" "$codeswap" image
	misused "unknown verb" "$codeswap" image paint
	misused "build without output" "$codeswap" image build -d f.desc -e f.elf
	misused "unknown option" "$codeswap" image verify --loud f.mrb
	misused "info of nothing" "$codeswap" image info
	misused "bundle of nothing" "$codeswap" image bundle b.mrb
	misused "sign without a key" "$codeswap" image sign --cert c f.mrb s.mrb
	misused "build id that is none" "$codeswap" image build -d f.desc \
		-e f.elf -o f.mrb --build-id 0x12
	for verb in build info verify bundle sign; do
		ok "$verb explains itself" "$codeswap" image $verb --help
		grep -q "^Usage: codeswap image $verb" out
		result $? "$verb begins with how it is used"
	done
	"$codeswap" image info f.mrb >/dev/full 2>err
	[ $? -eq 1 ] && grep -q 'No space left' err
	result $? "refused: output that cannot be written"
}

cd "$work" || exit 1
if [ ! -x "$codeswap" ]; then
	echo "Bail out! $codeswap is not built"
	exit 1
fi
describe >f.desc
head -c 3001 "$codeswap" >flash.bin
: >empty.bin
test_build
test_info
test_contents
test_build_choices
test_bad_descriptions
test_bad_elf
test_verify
test_bundle
if command -v openssl >/dev/null; then
	test_sign
else
	skip "signatures" "there is no openssl program to make keys with"
fi
test_usage
echo "1..$count"
[ "$failed" -eq 0 ]
