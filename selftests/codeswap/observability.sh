#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# What an update found and did can be read, item by item (U17): by the helper
# as text and as JSON, by netlink events, tracepoints, sysfs and uevents. All
# of them tell the same.
. ./functions.sh
. ./devices.sh
plan 31

load_modules
device_up hba0 1.1.0 size=16777216
io_start
trace_start || bail "no tracefs"

# json FILE: it is JSON and nothing else; with "lines", one value on each line
json()
{
	awk -v lines="$2" '
	function skip() { sub(/^[ \t\n]+/, "", s) }
	function bad() { failed = 1; return 0 }
	function eat(pattern) {
		skip()
		if (!match(s, "^" pattern))
			return 0
		s = substr(s, RLENGTH + 1)
		return 1
	}
	function text() { return eat("\"([^\"\\\\]|\\\\.)*\"") }
	function list(end, keyed) {
		if (eat(end))
			return 1
		do {
			if (keyed && !(text() && eat(":")))
				return bad()
			if (!value())
				return bad()
		} while (eat(","))
		return eat(end) ? 1 : bad()
	}
	function value() {
		if (eat("[{]"))
			return list("[}]", 1)
		if (eat("[[]"))
			return list("[]]", 0)
		return text() || eat("-?[0-9]+([.][0-9]+)?") ||
			eat("(true|false|null)")
	}
	function whole() {
		if (!value() || failed)
			failed = 1
		skip()
		if (s != "")
			failed = 1
		s = ""
	}
	{ s = s $0 "\n"; if (lines) whole() }
	END { if (!lines) whole(); exit failed }' "$1"
}

# parses TEXT COMMAND...: what it prints is JSON
parses()
{
	parses_text=$1
	shift
	"$@" >"$RESULTS/out.json" 2>/dev/null
	check "$parses_text is JSON" json "$RESULTS/out.json" ""
}

printf '{"a":[1,2,}\n' >"$RESULTS/not.json"
check "what is not JSON is told from what is" \
	eval "! json '$RESULTS/not.json' ''"

codeswap monitor --json >"$RESULTS/monitor.json" 2>&1 &
monitor=$!
on_exit "kill $monitor 2>/dev/null; wait $monitor 2>/dev/null; true"
# It listens when it has told of a change.
until [ -s "$RESULTS/monitor.json" ]; do
	codeswap stage "$label" "$(image hba-3.0.0)" >/dev/null
	codeswap cancel "$label" >/dev/null
done
echo >$TRACING/trace
check "a swap" swap_to 3.0.0
await 20 "$dev/phase" idle >/dev/null

items=$(codeswap log "$label" | wc -l)
check "has items to read" test "$items" -gt 10
parses "list" codeswap list --json
parses "show" codeswap show --json
same "it has all items [U17]" \
	"$(grep -c '"verdict"' "$RESULTS/out.json")" "$items"
parses "log" codeswap log --json "$label"
same "it has all items as well [U17]" \
	"$(grep -c '"verdict"' "$RESULTS/out.json")" "$items"
same "each with a number of its own" \
	"$(awk -F'[:,]' '/"index"/ { print $2 }' "$RESULTS/out.json")" \
	"$(seq 0 $((items - 1)))"
parses "check" codeswap check --json "$label" "$(image hba-1.1.0)"
parses "image info" codeswap image info --json "$(image hba-2.0.0-big)"

# The swap ended before this one was seen, so monitor has told of it.
codeswap stage "$label" "$(image hba-3.0.0)" >/dev/null
until grep -q '"phase":"staged".*"new-version":"3.0.0".*' \
	"$RESULTS/monitor.json" && tail -1 "$RESULTS/monitor.json" |
	grep -q '"version":"3.0.0"'; do
	read -r _ <"$dev/state"
done
codeswap cancel "$label" >/dev/null
kill $monitor
wait $monitor 2>/dev/null
check "monitor prints an object on a line" json "$RESULTS/monitor.json" lines
same "it has told of every item as it came [U17]" \
	"$(grep -c '"event":"item"' "$RESULTS/monitor.json")" "$items"
for phase in staging staged reconciling quiescing overlaying verifying proving; do
	check "monitor has told of phase $phase" \
		grep -q "\"phase\":\"$phase\"" "$RESULTS/monitor.json"
done

# Tracepoints: the way through the phases, without a gap.
same "tracepoints tell of every phase" \
	"$(sed -n 's/.*codeswap_phase: .*-> //p' $TRACING/trace | head -9 |
		tr '\n' ' ')" \
	"staging staged reconciling ready quiescing overlaying verifying proving idle "
same "of every item [U17]" "$(grep -c 'codeswap_item:' $TRACING/trace)" "$items"
check "of the result" trace_has 'codeswap_result: .* -> success'
same "of the blackout, as sysfs tells it" \
	"$(sed -n 's/.*codeswap_blackout:.*ns=\([0-9]*\)[0-9][0-9][0-9]$/\1/p' \
		$TRACING/trace)" "$(attr blackout_us)"

# sysfs: one value each, and of the image what its header says.
same "sysfs tells who the device is" "$(attr type) $(attr label) $(attr state)" \
	"hba-sim $label running"
same "what runs" "$(attr version) $(attr security_version) $(attr declared_us)" \
	"$(codeswap image info "$(image hba-3.0.0)" | awk -F': *' '
		/^version/ { v = $2 } /^security/ { s = $2 }
		/^declared/ { sub(/ us/, "", $2); print v, s, $2 }')"
same "which build" "$(attr build_id)" \
	"$(codeswap image info "$(image hba-3.0.0)" | sed -n 's/^build id: *//p')"

# A change of state is a uevent: await-attr sleeps on these.
codeswap reset "$label" >/dev/null
check "back in the boot ROM" await 20 "$dev/state" minimal
check "of which the tracepoint tells" \
	trace_has 'codeswap_state: .* running -> minimal'
check "it is loaded anew, and fio sees nothing of it" \
	sh -c "cat '$(image hba-3.0.0)' >'$node'"
check "3.0.0 serves; not one I/O failed" eval "serves 3.0.0 && io_clean"
