#!/bin/sh
# exports.sh PROGRAM ...: none of them stands in for a function of a library that
# it shares with others (ours of the same name would be called in its place).
set -eu
status=0
for program; do
	names=$(nm -D --defined-only "$program" | awk '$2 == "T" { print $3 }')
	[ -z "$names" ] || {
		echo "$program exports: $names"
		status=1
	}
done
exit $status
