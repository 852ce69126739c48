#!/bin/sh
# The foreign verifiers over a log that this tree's code writes: each must accept
# it, and refuse it with one bit flipped in any kind of file.
#
#   run.sh MAKE_LOG CHECK_LOG [NODE_MODULES]
#
# MAKE_LOG and CHECK_LOG are the programs built here. Go and x/mod come from
# Debian (golang-go, golang-golang-x-mod-dev), @sigstore/verify from NODE_MODULES
# or NODE_PATH. What is not installed is a failure, unless VERIFIERS_OPTIONAL=1.
set -eu

if [ $# -lt 2 ]; then
	echo "usage: run.sh MAKE_LOG CHECK_LOG [NODE_MODULES]" >&2
	exit 2
fi
make_log=$1
check_log=$2
modules=${3:-}
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
log=$work/log
vkey=$work/vkey
passed=0
failed=0
skipped=0
verifiers=check

missing() {
	echo "$1"
	if [ "${VERIFIERS_OPTIONAL:-0}" = 1 ]; then
		skipped=$((skipped + 1))
	else
		failed=$((failed + 1))
	fi
}

has_sigstore() (
	IFS=:
	for folder in $modules ${NODE_PATH:-}; do
		[ -d "$folder/@sigstore/verify" ] && exit 0
	done
	exit 1
)

# run VERIFIER [OLDER]: over the folder as it stands
run() {
	case $1 in
	check) "$check_log" "$log" "$vkey" ${2+"$2"} ;;
	go) "$work/verify" "$log" "$vkey" ${2+"$2"} ;;
	sigstore)
		node "$here/verify-sigstore.mjs" "$log" "$vkey" "$modules"
		;;
	esac
}

accepts() {
	if run "$@"; then
		passed=$((passed + 1))
	else
		echo "FAIL: $1 refuses what it should accept"
		failed=$((failed + 1))
	fi
}

# refuses WHAT VERIFIER [OLDER]; exit status 1 is a refusal, any other is not
refuses() {
	what=$1
	shift
	status=0
	run "$@" >"$work/output" 2>&1 || status=$?
	if [ "$status" -eq 1 ]; then
		passed=$((passed + 1))
	else
		echo "FAIL: $1 does not refuse $what (status $status)"
		cat "$work/output"
		failed=$((failed + 1))
	fi
}

# flip FILE OFFSET: the lowest bit of a byte
flip() {
	byte=$(od -An -tu1 -j "$2" -N 1 "$1" | tr -d ' ')
	# shellcheck disable=SC2059 # the format is the octal escape
	printf "\\$(printf %03o $((byte ^ 1)))" |
		dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

"$make_log" "$log" 70000 150 46666 "$work/older"
cp "$log/log.vkey" "$vkey"
# Another log's checkpoint of the same size, by the same kind of key.
"$make_log" "$work/other" 46666 150

if command -v go >/dev/null && [ -d /usr/share/gocode/src/golang.org/x/mod ]; then
	mkdir "$work/go"
	(cd "$here" && GO111MODULE=off GOFLAGS='' GOCACHE=$work/cache \
		GOPATH=$work/go:/usr/share/gocode \
		go build -o "$work/verify" verify.go)
	verifiers="$verifiers go"
else
	missing "golang-go or golang-golang-x-mod-dev is not installed"
fi
if command -v node >/dev/null && has_sigstore; then
	verifiers="$verifiers sigstore"
else
	missing "node or @sigstore/verify is not installed"
fi

for verifier in $verifiers; do
	accepts "$verifier"
done
for verifier in $verifiers; do
	[ "$verifier" = sigstore ] && continue # it checks no consistency
	accepts "$verifier" "$work/older"
	refuses "another log's checkpoint" "$verifier" "$work/other/checkpoint"
done

# The file and where: a signature, a size, entries and hashes of each level.
while read -r file offset; do
	flip "$log/$file" "$offset"
	for verifier in $verifiers; do
		refuses "$file with byte $offset flipped" "$verifier"
	done
	flip "$log/$file" "$offset"
done <<-'EOF'
	checkpoint 0
	checkpoint 24
	checkpoint 40
	checkpoint 130
	tile/entries/000 0
	tile/entries/000 2
	tile/entries/128 20000
	tile/entries/273.p/112 17000
	tile/0/000 0
	tile/0/128 8191
	tile/0/273.p/112 3583
	tile/1/000 4000
	tile/1/001.p/17 543
	tile/2/000.p/1 31
EOF
# A whole entry, and a whole tile, exchanged for another of the same shape.
mv "$log/tile/0/007" "$work/007"
cp "$log/tile/0/008" "$log/tile/0/007"
for verifier in $verifiers; do
	refuses "a tile in another's place" "$verifier"
done
rm "$log/tile/0/007"
for verifier in $verifiers; do
	refuses "a missing tile" "$verifier"
done
mv "$work/007" "$log/tile/0/007"
for verifier in $verifiers; do
	accepts "$verifier"
done

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
