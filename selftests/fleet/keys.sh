# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# shellcheck disable=SC2154 # site: see site.sh
#
# Certificates of nodes, masters and operators, keys of those who sign manifests,
# and stores of masters. Read by site.sh. All are made when first asked for: 5 ms
# each.

keys=${FLEET_KEYS:-${FLEET_SITE:-}/keys}

# ---- certificates ---------------------------------------------------------

key_settings()
{
	cat <<-end
		[req]
		distinguished_name = subject
		[subject]
		[ca]
		basicConstraints = critical, CA:TRUE
		keyUsage = critical, keyCertSign
		[leaf]
		basicConstraints = critical, CA:FALSE
		keyUsage = critical, digitalSignature
	end
}

# new_key DIR SUBJECT ca|leaf [OPTION...]: DIR/key.pem and DIR/cert.pem
new_key()
{
	key_dir=$1
	key_subject=$2
	key_use=$3
	shift 3
	mkdir -p "$key_dir" || return 1
	key_settings >"$key_dir/settings"
	openssl req -x509 -config "$key_dir/settings" -extensions "$key_use" \
		-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 \
		-keyout "$key_dir/key.pem" -out "$key_dir/cert.pem" \
		-subj "$key_subject" "$@" 2>"$key_dir/said" || {
		cat "$key_dir/said" >&2
		return 1
	}
}

# authority [NAME]: its directory, printed; the site's is called site
authority()
{
	authority=$keys/authority/${1:-site}
	[ -e "$authority/ready" ] || {
		new_key "$authority" "/CN=authority ${1:-site}" ca &&
			touch "$authority/ready"
	} || return 1
	echo "$authority"
}

# tls_of NAME ROLE [AUTHORITY]: the directory with key.pem, cert.pem and ca.pem of
# somebody called NAME in that role, printed
tls_of()
{
	tls_ca=$(authority "${3:-site}") || return 1
	tls_dir=$keys/tls/${3:-site}/$2/$1
	if [ ! -e "$tls_dir/ready" ]; then
		new_key "$tls_dir" "/OU=$2/CN=$1" leaf \
			-CA "$tls_ca/cert.pem" -CAkey "$tls_ca/key.pem" &&
			cp "$tls_ca/cert.pem" "$tls_dir/ca.pem" &&
			touch "$tls_dir/ready" || return 1
	fi
	echo "$tls_dir"
}

# signer NAME: directory with key.pem and cert.pem of who signs manifests, printed
signer()
{
	signer=$keys/signer/$1
	[ -e "$signer/ready" ] || {
		new_key "$signer" "/CN=$1" leaf && touch "$signer/ready"
	} || return 1
	echo "$signer"
}

# trust ROLE...: $site/trust, which daemons are given, has these and no others; by
# default it has author and operator
trust()
{
	rm -f "$site"/trust/*.pem
	touch "$site/trust/set"
	for trusted in "$@"; do
		trusted_dir=$(signer "$trusted") &&
			cp "$trusted_dir/cert.pem" "$site/trust/$trusted.pem" ||
			return 1
	done
}

# ---- stores ---------------------------------------------------------------

# image_file NAME|FILE: an image by file, or by name (hba-1.1.0, and bench/4M-a and
# bench/4M-b of 4 MiB with 64 KiB that differ), which is built where it is not
# there; printed
image_file()
{
	image_file=$1
	if [ ! -e "$1" ]; then
		image_file=$B/firmware/$1.mrb
		[ -e "$image_file" ] || make --no-print-directory \
			-C "$TOP/firmware-samples" B="$B" "$image_file" \
			>"$RESULTS/image.log" 2>&1 || {
			note "no image $1, see $RESULTS/image.log"
			return 1
		}
	fi
	echo "$image_file"
}

# manifest_time FILE FIELD TIME: of one that nobody has signed
manifest_time()
{
	[ -z "$3" ] ||
		sed -i "s/\\(\"$2\\\\\":\\\\\"\\)[^\\\\]*/\\1$3/" "$1"
}

# store_make [OPTION...] DIR IMAGE...: a master's store, or a newer manifest and
# images in one that is there, the manifest last and at once.
#
#	--sequence N		1
#	--days N, --chunk-bytes N	see codeswap manifest make
#	--issued, --expires 2026-11-22T00:00:00Z	anything, past times as well
#	--sign ROLE=SIGNER	repeatable; by default author=author and
#				operator=operator
store_make()
{
	store_sequence=1
	store_options=
	store_issued=
	store_expires=
	store_signers=
	while :; do
		case $1 in
		--sequence) store_sequence=$2 ;;
		--days | --chunk-bytes) store_options="$store_options $1 $2" ;;
		--issued) store_issued=$2 ;;
		--expires) store_expires=$2 ;;
		--sign) store_signers="$store_signers $2" ;;
		*) break ;;
		esac
		shift 2
	done
	store=$1
	shift
	mkdir -p "$store" && store_fill "$@" && store_sign &&
		mv "$store/site.manifest.new" "$store/site.manifest"
}

# store_fill IMAGE...: the images, and an unsigned manifest
store_fill()
{
	store_new=$store/site.manifest.new
	: >"$store.images"
	for store_image in "$@"; do
		store_image=$(image_file "$store_image") || return 1
		cp "$store_image" "$store/.new" &&
			mv "$store/.new" "$store/${store_image##*/}" || return 1
		echo "$store/${store_image##*/}" >>"$store.images"
	done
	# shellcheck disable=SC2086 # a list of words
	xargs codeswap manifest make --sequence "$store_sequence" $store_options \
		"$store_new" <"$store.images" &&
		manifest_time "$store_new" issued "$store_issued" &&
		manifest_time "$store_new" expires "$store_expires"
}

store_sign()
{
	for store_signer in ${store_signers:-author=author operator=operator}; do
		store_key=$(signer "${store_signer#*=}") &&
			codeswap manifest sign --role "${store_signer%%=*}" \
				--key "$store_key/key.pem" \
				--cert "$store_key/cert.pem" "$store_new" ||
			return 1
	done
}
