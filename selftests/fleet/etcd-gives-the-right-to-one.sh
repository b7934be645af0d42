#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The right to update, by a real etcd: one orchestrator at a time, and what becomes of it
# when etcd is gone, slow, or started empty; [D9].
. "$(dirname "$0")/site.sh"
. "$fleet/nodes.sh"
. "$fleet/rolling.sh"

plan 26
command -v etcd >/dev/null || skip_all "needs Debian's etcd-server"
url=http://127.0.0.1:2379
health=http://127.0.0.1:2381

# etcd_start [OPTION...]: what it keeps is in $site/etcd
etcd_start()
{
	spawn operator.etcd etcd --data-dir "$site/etcd" --log-level error \
		--listen-client-urls $url --advertise-client-urls $url \
		--listen-metrics-urls $health --listen-peer-urls http://127.0.0.1:2380 "$@"
	in_node operator timeout 20 python3 -c '
import time, urllib.request
while True:
    try:
        answer = urllib.request.urlopen("'$health'/health", timeout=1).read()
        if b"true" in answer:
            break
    except OSError:
        pass
    time.sleep(0.05)'
}

# etcd_dies: at once
etcd_dies()
{
	kill_daemon operator.etcd KILL
}

# epoch_of NAME: in which it orders, printed
epoch_of()
{
	log_of "operator.$1" | sed -n 's/.*in epoch \([0-9]*\) of.*/\1/p' | tail -n 1
}

# journal_says NAME PATTERN: its journal, or the newest one that was moved away
journal_says()
{
	update "$1" show | grep -E -e "$2"
}

# begin_and_hang NAME SEQUENCE VERSION: until the first of them is on its way
begin_and_hang()
{
	forget master1.site
	desire "$2" "$3"
	fault a1 hang
	begin_in_background "$1" --etcd $url
	await_log "operator.$1" 'set A: a1: order' 20 || bail "no update"
}

# goes_on NAME: to its end
goes_on()
{
	mend a1
	update "$1" resume >>"$RESULTS/operator.$1.log" 2>&1
}

# mixed: a directory with the etcd's authority, and the certificate of a stranger; printed
mixed()
{
	mkdir -p "$site/mixed"
	cp "$(tls_of stranger operator other)"/*.pem "$site/mixed" &&
		cp "$(authority)/cert.pem" "$site/mixed/ca.pem"
	echo "$site/mixed"
}

site_up 0 master1
rolling_site A=a1,a2 B=b1,b2 || bail "no site"
etcd_start || bail "no etcd"

# ---- one at a time ------------------------------------------------------------

fault a1 hang
begin_in_background desk3 --etcd $url --holder desk3
await_log operator.desk3 'set A: a1: order' 20 || bail "no update"
refuses "a second one is told who has the right [D9]" 'desk3 updates already.*in etcd' \
	begin desk4 --etcd $url --holder desk4
mend a1
ends "the first one ends well" desk3 60 0
same "all were updated, each of them once" "$(outs)" "a1 a2 b1 b2"
same "its epoch is the first" "$(epoch_of desk3)" 1

# ---- etcd that is slow ----------------------------------------------------------

begin_and_hang slow 3 2.1.0
same "the next epoch is one more" "$(epoch_of slow)" 2
freeze operator.etcd
check "etcd that does not answer is told of, and asked again" \
	await_log operator.slow 'does not answer: .*renewed again' 20
ends "until the right has ended: then it stops" slow 40 1
check "the journal says why" \
	journal_says slow 'stopped: the right to update could not be renewed within 15 s'
same "and nobody else was ordered" "$(outs)" a1
thaw operator.etcd
check "it can go on later" goes_on slow
same "with those that were left" "$(outs)" "a1 a2 b1 b2"

# ---- etcd that is gone ----------------------------------------------------------

begin_and_hang gone 4 2.2.0
etcd_dies
check "etcd that has died is told of" await_log operator.gone 'does not answer: .*connect' 20
etcd_start || bail "no etcd"
mend a1
ends "if it is there again in time, nothing stops" gone 60 0
etcd_dies
desire 5 2.3.0
refuses "without etcd nothing begins" 'etcd at .* does not answer' begin never --etcd $url

# ---- etcd that was started empty --------------------------------------------------

etcd_start || bail "no etcd"
begin_and_hang empty 5 2.3.0
before=$(epoch_of empty)
etcd_dies
rm -rf "$site/etcd"
etcd_start || bail "no etcd"
ends "etcd that was started empty does not know the right" empty 40 1
check "the journal says why" journal_says empty 'stopped: the right to update is lost: etcd does not know'
same "and nobody else was ordered" "$(outs)" a1
check "it can go on" goes_on empty
check "in an epoch that no node has heard of" at_least $((before + 1)) "$(epoch_of empty)"

# ---- etcd that wants to know who asks ------------------------------------------------

etcd_dies
url=https://127.0.0.1:2379
new_key "$keys/tls/etcd" "/CN=etcd" leaf -addext subjectAltName=IP:127.0.0.1 \
	-CA "$(authority)/cert.pem" -CAkey "$(authority)/key.pem" || bail "no certificate"
etcd_start --cert-file "$keys/tls/etcd/cert.pem" --key-file "$keys/tls/etcd/key.pem" \
	--client-cert-auth --trusted-ca-file "$(authority)/cert.pem" || bail "no etcd"
forget master1.site
desire 6 2.4.0
refuses "whoever does not know its authority asks it nothing" 'etcd at .*certificate' \
	begin secret --etcd $url
refuses "a directory that is not there is named" '/nowhere/ca.pem: No such file' \
	begin secret --etcd $url --etcd-tls /nowhere
refuses "nor with a certificate of somebody else" 'etcd at .* does not answer' \
	begin secret --etcd $url --etcd-tls "$(mixed)"
same "nobody was ordered" "$(outs)" ""
fault a1 hang
begin_in_background secret --etcd $url --etcd-tls "$(tls_of operator operator)"
await_log operator.secret 'set A: a1: order' 20 || bail "no update"
update secret pause >"$site/said" || bail "not paused"
kill -s INT "$(pid_of operator.secret)"
ends "with the right one it updates, until it is paused" secret 20 3
check "and goes on, by what the journal has of it" goes_on secret
same "each of them once" "$(outs)" "a1 a2 b1 b2"
