#!/bin/sh
# Checks every made-up event, and the goldens, against OCSF's schema.
#
#   run.sh MAKE_EVENTS RENDER_EVENTS
#
# Wants `npm ci` in tests/js.
set -eu

if [ $# -ne 2 ]; then
	echo "usage: run.sh MAKE_EVENTS RENDER_EVENTS" >&2
	exit 2
fi
tests=$(cd "$(dirname "$0")/.." && pwd)
js=$tests/js
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

node "$js/node_modules/typescript/bin/tsc" -p "$js"
"$1" >"$work/events.jsonl"
node --test "$js/dist/ocsf.test.js"
node "$js/dist/ocsf.js" --render "$2" "$work/events.jsonl" \
	"$tests"/data/ocsf-golden/*.jsonl
