#!/bin/sh
# fuzz.sh SECONDS [TARGET ...]: builds the fuzz targets and runs each (or those
# named, without their "fuzz-") for so many seconds, two at a time: a line for
# each. Fails where one found something, and says where the input lies. What is
# new and covers more is kept in build/fuzz/corpus, for the next run.
#
# BUILD=FOLDER takes targets that are built already, FUZZ_JOBS=N runs N at a time.
set -eu
cd "$(dirname "$0")/.."

MAX_LEN=8192
MALLOC_MB=128 # one allocation: no input of ours may ask for more
RSS_MB=2048
TIMEOUT=10 # seconds for one input

build=${BUILD:-build/fuzz}

usage() {
	echo "usage: fuzz.sh SECONDS [TARGET ...]" >&2
	exit 2
}

# The number that libFuzzer gave last behind a word of its log.
last_of() {
	sed -n "s/.*$2 *\\([0-9][0-9]*\\).*/\\1/p" "$1" | tail -n 1
}

run_one() {
	name=$1
	seconds=$2
	log=$build/fuzz-$name.log
	found=$build/found/$name
	rm -rf "$found"
	mkdir -p "$build/corpus/$name" "$found"
	set -- "$build/corpus/$name"
	[ -d "tests/corpus/$name" ] && set -- "$@" "tests/corpus/$name"
	[ -f "tests/corpus/$name.dict" ] &&
		set -- "-dict=tests/corpus/$name.dict" "$@"
	result="found nothing"
	"$build/bin/fuzz-$name" -max_total_time="$seconds" -max_len=$MAX_LEN \
		-malloc_limit_mb=$MALLOC_MB -rss_limit_mb=$RSS_MB \
		-timeout=$TIMEOUT -print_final_stats=1 \
		"-artifact_prefix=$found/" "$@" >"$log" 2>&1 ||
		result="FOUND $(find "$found" -type f | tr '\n' ' ')(see $log)"
	printf '%-14s %10s runs, %5s edges: %s\n' "$name" \
		"$(last_of "$log" 'stat::number_of_executed_units:')" \
		"$(last_of "$log" 'cov:')" "$result"
	[ "$result" = "found nothing" ]
}

case ${1:-} in
--one)
	run_one "$3" "$2"
	exit
	;;
'' | *[!0-9]*)
	usage
	;;
esac

seconds=$1
shift
if [ -z "${BUILD:-}" ]; then
	[ -f build/fuzz/build.ninja ] || cmake --preset fuzz >"/dev/null"
	# The programs and the unit tests aren't needed.
	fuzz_targets=$(ninja -C build/fuzz -t targets all |
		sed -n 's/^\(fuzz-[a-z0-9-]*\): phony$/\1/p')
	# shellcheck disable=SC2086 # one word a target
	scripts/build.sh fuzz $fuzz_targets
fi
if [ $# -eq 0 ]; then
	for program in "$build"/bin/fuzz-*; do
		set -- "$@" "${program##*/fuzz-}"
	done
fi
printf '%s\n' "$@" |
	xargs -n 1 -P "${FUZZ_JOBS:-2}" "$0" --one "$seconds"
