#!/bin/sh
# docs.sh [--check] [OPGEN]: makes the pages that come from the tables; or says
# where those that stand differ from what the tables say now.
set -eu
cd "$(dirname "$0")/.."

check=
if [ "${1:-}" = --check ]; then
	check=yes
	shift
fi
opgen=${1:-build/release/bin/opgen}

new=$(mktemp)
trap 'rm -f "$new"' EXIT
differs=0

# make_page FILE ARGUMENT ...: what opgen prints for those arguments.
make_page() {
	page=$1
	shift
	"$opgen" "$@" >"$new"
	if [ -z "$check" ]; then
		mkdir -p "$(dirname "$page")"
		cmp -s "$new" "$page" || cp "$new" "$page"
	elif ! diff -u "$page" "$new"; then
		echo "$page is not what the tables say: run make docs" >&2
		differs=1
	fi
}

make_page docs/API.md api src/op/gen/api.md
make_page clients/types.ts types
make_page clients/frames.ts frames src/op/gen/frames.ts
exit "$differs"
