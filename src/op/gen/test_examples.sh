#!/bin/sh
# test_examples.sh BIN PAGE: runs every example of the API page, in order, against
# a server of its own. Fails where one fails, or is answered by an error.
set -eu
bin=$1 page=$2

work=$(mktemp -d)
server=
cleanup() {
	status=$?
	if [ -n "$server" ]; then
		kill "$server" 2>/dev/null || :
		wait "$server" || :
	fi
	rm -rf "$work"
	exit "$status"
}
trap cleanup EXIT
trap 'exit 1' INT TERM

mkdir "$work/state"
printf 'https_port = 0\nhttp_port = 0\nengine =\n' >"$work/state/chancery.conf"
"$bin/chanceryd" --state "$work/state" --hostname localhost >"$work/out" 2>&1 &
server=$!
# The addresses are told once it serves.
until [ -s "$work/state/run.json" ]; do
	kill -0 "$server" || { cat "$work/out"; exit 1; }
	sleep 0.05
done
port=$(sed 's/.*"http":\([0-9]*\).*/\1/' "$work/state/run.json")

{
	echo 'set -eu'
	awk '/^```/ { on = $0 == "```sh"; next } on' "$page" |
		sed "s|^URL=.*|URL=http://localhost:$port|
			s|^TOKEN=.*|TOKEN=\$(cat '$work/state/token')|"
} >"$work/examples.sh"
(cd "$work" && sh examples.sh >answers 2>&1) || {
	cat "$work/answers"
	exit 1
}
if grep -E '"ok":false|"type":"(about:blank|urn:ietf|[a-z]+[A-Z])|^null$|parse error|^jq:' "$work/answers"; then
	echo "an example was answered by an error" >&2
	exit 1
fi
printf '%s blocks of examples were run\n' "$(grep -c '^```sh' "$page")"
