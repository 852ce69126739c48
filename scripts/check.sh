#!/bin/sh
# check.sh quick|all|tsan: builds and runs the tests; CTest's summary ends it.
set -eu
cd "$(dirname "$0")/.."

jobs=${JOBS:-$(nproc)}

run_tests() {
	preset=$1
	shift
	scripts/build.sh "$preset"
	(cd "build/$preset" && ctest --output-on-failure -j "$jobs" "$@")
}

case ${1:-all} in
quick)
	run_tests asan -L unit -LE slow
	;;
tsan)
	run_tests tsan -L "unit|tsan" -LE "foreign|fuzz"
	;;
all)
	scripts/web.sh
	scripts/js.sh
	run_tests asan -L unit
	run_tests dev -LE unit
	;;
*)
	echo "usage: check.sh quick|all|tsan" >&2
	exit 2
	;;
esac
