#!/bin/sh
# headers.sh COMPILER SOURCES: each header compiles alone, and twice.
set -eu
compiler=$1 sources=$2
cd "$sources"

# One header: its name as others include it.
if [ $# -eq 3 ]; then
	name=${3#src/}
	name=${name#tests/}
	printf '#include "%s"\n#include "%s"\n' "$name" "$name" |
		"$compiler" -x c -std=gnu17 -D_GNU_SOURCE -Isrc -Itests \
			-Wall -Wextra -Wpedantic -Wundef -Werror -fsyntax-only - || {
		echo "$3 does not compile alone" >&2
		exit 1
	}
	exit
fi
find src tests -name '*.h' -not -path '*/node_modules/*' -print0 |
	xargs -0 -n 1 -P "$(nproc)" "$0" "$compiler" "$sources"
