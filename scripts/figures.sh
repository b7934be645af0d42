# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# What is measured is a line "figure NAME UNIT VALUE BASELINE RATIO N LEAST MEDIAN MOST
# least|most LIMIT", with "-" for what there is none of. Read by those who measure.

# to_json FILE: of such lines, one object each
to_json()
{
	awk 'function value(x) { return x == "-" ? "null" : x }
	function pair(name, x) { printf(", \"%s\": %s", name, x) }
	BEGIN { print "[" }
	{
		printf("%s  {\"name\": \"%s\", \"unit\": \"%s\"",
			(NR > 1 ? ",\n" : ""), $2, $3)
		pair("value", value($4))
		pair("baseline", value($5))
		pair("ratio", value($6))
		pair("n", $7)
		pair("min", $8)
		pair("median", $9)
		pair("max", $10)
		if ($12 != "-")
			pair("at_" $11, $12)
		printf("}")
	}
	END { print "\n]" }' "$1"
}
