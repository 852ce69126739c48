#!/bin/sh
# lint.sh [STEP ...]: all that looks at the sources without running them; a line
# for each step, and what it found behind it. Fails where any has failed.
set -eu
cd "$(dirname "$0")/.."

jobs=${JOBS:-$(nproc)}
out=build/lint
all="format clang tidy cppcheck analyzer shell words"

sources() {
	git ls-files -co --exclude-standard "$@"
}

# Tables (*.def) are laid out by hand.
step_format() {
	sources 'src/*.[ch]' 'tests/*.[ch]' 'bench/*.[ch]' |
		xargs clang-format --dry-run -Werror
}

step_clang() {
	scripts/build.sh clang
}

# One file a process: of several, clang-tidy 14 calls va_lists uninitialised. It
# doesn't know that an assertion of cmocka's ends a test: there the compilers and
# the sanitizers are what looks.
step_tidy() {
	step_clang || return 1
	tests='(^|/)test_[^/]*\.c$|^tests/hostile/'
	found=0
	sources 'src/*.c' 'tests/*.c' 'bench/*.c' | grep -vE "$tests" |
		xargs -n 1 -P "$jobs" clang-tidy -p build/clang --quiet ||
		found=1
	sources 'src/*.c' 'tests/*.c' 'bench/*.c' | grep -E "$tests" |
		xargs -n 1 -P "$jobs" clang-tidy -p build/clang --quiet \
			--checks='-clang-analyzer-*' || found=1
	return $found
}

step_cppcheck() {
	step_clang || return 1
	cppcheck --project=build/clang/compile_commands.json -j "$jobs" --quiet \
		--enable=warning,performance,portability --error-exitcode=1 \
		--suppressions-list=scripts/cppcheck.supp \
		--library=scripts/cppcheck.cfg
}

# gcc's, over the programs.
step_analyzer() {
	scripts/build.sh analyzer
}

step_shell() {
	sources '*.sh' .ci/run | xargs shellcheck
}

# Nothing in the project is half done.
step_words() {
	hits=$(sources ':!tests/corpus' ':!tests/data' ':!LICENSE' \
		':!scripts/lint.sh' ':!*package-lock.json' |
		xargs grep -nIE \
			-e '\b(TODO|FIXME|XXX)\b' \
			-e '(^|[^-_[:alnum:]])([Ss]tubs?|not implemented)([^-_[:alnum:]]|$)') ||
		: # nothing found
	printf '%s\n' "$hits"
	[ -z "$hits" ]
}

# shellcheck disable=SC2086 # one word a step
[ $# -gt 0 ] || set -- $all
mkdir -p "$out"
failed=""
for step in "$@"; do
	case " $all " in
	*" $step "*) ;;
	*)
		echo "usage: lint.sh [STEP ...], of: $all" >&2
		exit 2
		;;
	esac
	begun=$(date +%s)
	result=clean
	("step_$step") >"$out/$step.log" 2>&1 || {
		result="FAILED"
		failed="$failed $step"
	}
	printf '%-10s %4s s  %s\n' "$step" $(($(date +%s) - begun)) "$result"
	[ "$result" = clean ] || cat "$out/$step.log"
done
if [ -n "$failed" ]; then
	echo "lint:$failed found something" >&2
	exit 1
fi
