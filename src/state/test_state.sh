#!/bin/sh
# test_state.sh BIN: the tools of a state folder, on a real server: a backup
# while it runs, restores with and without a mirror, new keys, old copies that
# are put back, and bytes that decay. Each part's servers are its own.
set -eu
bin=$1
top=$(mktemp -d /tmp/chancery-state-XXXXXX)
servers=

cleanup() {
	for pid in $servers; do
		kill -KILL "$pid" 2>/dev/null || true
	done
	rm -rf "$top"
}
trap cleanup EXIT
trap 'exit 1' INT TERM

fail() {
	echo "FAILED: $*" >&2
	for log in "$top"/*.log; do
		echo "--- $log" >&2
		tail -20 "$log" >&2
	done
	exit 1
}

part() {
	echo "== $*"
}

cat >"$top/conf" <<END
hostname = localhost
https_port = 0
http_port = 0
END

# start STATE: until it serves.
start() {
	rm -f "$1/run.json"
	"$bin/chanceryd" --state "$1" --config "$top/conf" >>"$1.log" 2>&1 &
	pid=$!
	servers="$servers $pid"
	n=0
	while [ ! -f "$1/run.json" ]; do
		kill -0 "$pid" 2>/dev/null || fail "the server of $1 ended"
		n=$((n + 1))
		[ "$n" -lt 600 ] || fail "the server of $1 doesn't serve"
		sleep 0.1
	done
}

# stop SIGNAL: the server that was started last.
stop() {
	kill "-$1" "$pid"
	wait "$pid" || true
	# Its children end with it.
	n=0
	while ! flock -n "$state" true; do
		n=$((n + 1))
		[ "$n" -lt 600 ] || fail "the server of $state doesn't end"
		sleep 0.1
	done
}

cli() {
	"$bin/chancery" --state "$state" "$@"
}

tool() {
	tool_command=$1
	shift
	"$bin/chancery" --state "$state" "$tool_command" "$@"
}

# expect TEXT FILE
expect() {
	grep -qF -- "$1" "$2" || {
		cat "$2" >&2
		fail "no '$1' was said"
	}
}

refute() {
	if grep -qF -- "$1" "$2"; then
		cat "$2" >&2
		fail "'$1' was said"
	fi
}

check_well() {
	tool check >"$top/out" 2>&1 || {
		cat "$top/out" >&2
		fail "the check of $state found something"
	}
	expect "All is well." "$top/out"
}

id_of() {
	cli principal list | awk -v name="$1" '$NF == name { print $1 }'
}

# await_note TEXT: a tool's note stands in the record of the running server.
await_note() {
	n=0
	until cli log search --operation host.note | grep -q "$1"; do
		n=$((n + 1))
		[ "$n" -lt 600 ] || fail "the note '$1' is not taken up"
		sleep 0.1
	done
}

put() {
	echo "$1" >"$top/file"
	cli put "$top/file" "$2" >/dev/null
}

# --------------------------------------------------------------------------
part "a server with something in it"
state=$top/one
start "$state"
i=0
while [ "$i" -lt 100 ]; do
	put "file $i" "/f$i.txt"
	i=$((i + 1))
done
head -c 700000 /dev/urandom >"$top/big"
cli put "$top/big" /big.bin >/dev/null
cli principal create Anna >/dev/null
cli principal create Bert >/dev/null
anna=$(id_of Anna)
bert=$(id_of Bert)
cli token issue --for Anna --label gone --out "$top/anna.token" >/dev/null
cli token issue --for Anna --label stays --out "$top/stays.token" >/dev/null
gone=$(cli token list "$anna" | awk '$2 == "gone" { print $1 }')
grant=$(cli share grant /f1.txt Anna read)
check_well

part "a backup while it runs, and another into the same folder"
tool backup "$top/backup" --keys "$top/keys" >"$top/out"
[ -f "$top/backup/manifest" ] || fail "no manifest"
[ "$(stat -c %a "$top/keys/log.key")" = 600 ] || fail "the key is open to read"
await_note "backup: of record"
put "before the second" /second.txt
tool backup "$top/backup" --keys "$top/keys" >"$top/out"
expect "(0 new)" "$top/out"
[ "$(find "$top/backup/core" -name '*.db' | wc -l)" = 1 ] ||
	fail "the older database stays in the backup"

part "a backup that is cut off leaves the one before"
cp -a "$top/backup" "$top/cut"
put "never backed up" /third.txt
(ulimit -f 16 && tool backup "$top/cut") >"$top/out" 2>&1 &&
	fail "a backup without room for it"
"$bin/chancery-state" restore "$top/cut" --state "$top/from-cut" >"$top/out" ||
	fail "the backup before is of no use any more"
cmp "$top/backup/manifest" "$top/cut/manifest" || fail "it has another manifest"

part "what comes after it: an end, an erasure, a file, a mirror"
cli token revoke "$gone" >/dev/null
cli share revoke "$grant" >/dev/null
cli principal end "$bert" >/dev/null
cli erase --yes "$bert" >/dev/null
put "after the backup" /after.txt
cli log mirror --once "$top/mirror" >/dev/null
cp "$state/core/log/checkpoint" "$top/last-checkpoint"
cp "$state/core/log/log.vkey" "$top/first.vkey"
token=$state/token
stop KILL

# restored NAME [OPTION ...]
restored() {
	state=$top/$1
	shift
	"$bin/chancery-state" restore "$top/backup" --state "$state" "$@" \
		>"$top/told" || fail "no restore into $state"
	[ ! -e "$state.part" ] || fail "a part of the restore was left"
	start "$state"
	cp "$token" "$state/token"
	cli ls / >"$top/ls"
	expect f99.txt "$top/ls"
	expect second.txt "$top/ls"
	refute after.txt "$top/ls"
	cli get --force /big.bin "$top/big.got" >/dev/null
	cmp "$top/big" "$top/big.got" || fail "big.bin is another one"
	check_well
	put "in the new epoch" /new.txt
}

both_epochs_verify() {
	"$bin/chancery" log verify --key "$state/core/log/log.vkey" \
		"$state/core/log" >/dev/null || fail "the new epoch is not whole"
	"$bin/chancery" log verify --key "$top/first.vkey" \
		"$state/core/log-1" >/dev/null || fail "the old epoch is not whole"
	check_well
}

part "a restore with the mirror"
restored with --mirror "$top/mirror" --keys "$top/keys"
expect "1 erasures" "$top/told"
CHANCERY_TOKEN_FILE=$top/anna.token cli ls / >"$top/ls" 2>&1 &&
	fail "a revoked token lives again"
CHANCERY_TOKEN_FILE=$top/stays.token cli ls / >/dev/null ||
	fail "a token that was not revoked is dead"
cli share list /f1.txt >"$top/out"
refute "$grant" "$top/out"
cli principal list >"$top/out"
refute Bert "$top/out"
expect "(erased)" "$top/out"
cli log search --operation log.begin >"$top/out"
expect '"previous_origin":' "$top/out"
expect '"signed_root":' "$top/out"
cli log search --operation host.note >"$top/out"
expect "restore: from a backup" "$top/out"
stop TERM
both_epochs_verify
# The old epoch's checkpoint still is a beginning of what is kept of it.
"$bin/chancery" log verify --key "$top/first.vkey" \
	--since "$top/last-checkpoint" "$state/core/log-1" >/dev/null ||
	fail "what was mirrored is not kept"

part "a restore without one, which says what can't be known"
restored without
expect "NOT KNOWN" "$top/told"
CHANCERY_TOKEN_FILE=$top/anna.token cli ls / >/dev/null ||
	fail "the control: without a mirror nobody knows of the end"
cli principal list >"$top/out"
expect Bert "$top/out"
stop TERM
both_epochs_verify

part "a second epoch's backup restores into a third"
tool backup "$top/backup2" >/dev/null
"$bin/chancery-state" restore "$top/backup2" --state "$top/third" >/dev/null
state=$top/third
start "$state"
cp "$token" "$state/token"
cli ls / >"$top/ls"
expect new.txt "$top/ls"
cli log search --operation log.begin >"$top/out"
[ "$(wc -l <"$top/out")" = 3 ] || fail "there are no three epochs"
stop TERM
check_well
[ -d "$state/core/log-1" ] || fail "the first epoch's log is gone"

part "a damaged backup, a damaged mirror, a folder that is there: refused"
cp -a "$top/backup" "$top/bad"
database=$(find "$top/bad/core" -name '*.db')
printf '\377' | dd of="$database" bs=1 seek=9000 conv=notrunc 2>/dev/null
"$bin/chancery-state" restore "$top/bad" --state "$top/no" >"$top/out" 2>&1 &&
	fail "a damaged database was restored"
expect "damaged" "$top/out"
cp -a "$top/mirror" "$top/bad-mirror"
bundle=$top/bad-mirror/tile/entries/000
printf '\377' | dd of="$bundle" bs=1 seek=300 conv=notrunc 2>/dev/null
"$bin/chancery-state" restore "$top/backup" --state "$top/no" \
	--mirror "$top/bad-mirror" >"$top/out" 2>&1 &&
	fail "a damaged mirror was believed"
rm -rf "$top/no.part"
"$bin/chancery-state" restore "$top/backup" --state "$top/one" \
	>"$top/out" 2>&1 && fail "a restore over another state"
expect "not empty" "$top/out"

# --------------------------------------------------------------------------
part "an old copy of core's folder that is put back: nothing is served"
state=$top/one
cp -a "$state/core" "$top/old-core"
start "$state"
put "beyond the copy" /beyond.txt
stop TERM
mv "$state/core" "$top/new-core"
cp -a "$top/old-core" "$state/core"
tool check >"$top/out" 2>&1 && fail "the check believes an old copy"
expect "an older copy was put back" "$top/out"
"$bin/chanceryd" --state "$state" --config "$top/conf" >"$state.old.log" 2>&1 &
pid=$!
servers="$servers $pid"
n=0
until grep -q "does not continue what was signed" "$state.old.log"; do
	n=$((n + 1))
	[ "$n" -lt 600 ] || fail "the old copy was not refused"
	sleep 0.1
done
[ ! -f "$state/run.json" ] || fail "an old copy is served"
stop TERM
rm -rf "$state/core"
mv "$top/new-core" "$state/core"

part "a rotation of the key: both sign once, the log goes on"
start "$state"
cli log mirror --once "$top/mirror" >/dev/null
tool rekey >"$top/out" 2>&1 && fail "rekey beside a server"
expect "stop it first" "$top/out"
stop TERM
tool rekey >"$top/out"
start "$state"
put "by the new key" /rekeyed.txt
cli log search --operation key.rotate >"$top/out"
[ "$(wc -l <"$top/out")" = 1 ] || fail "no record of the rotation"
stop TERM
check_well
cmp -s "$top/first.vkey" "$state/core/log/log.vkey" && fail "the key is the old"
both=$(find "$state/core/log" -name 'checkpoint-*' | head -1)
[ "$(grep -c '^— ' "$both")" = 2 ] || fail "no checkpoint has both signatures"
"$bin/chancery" log verify --key "$state/core/log/log.vkey" \
	"$state/core/log" >/dev/null || fail "the log is not whole by its new key"
start "$state"
put "once more" /again.txt
stop TERM
grep -q previous "$state/keeper/log.key" && fail "the old key is kept"

part "a mirror follows the rotation, for the old key vouches for the new one"
mv "$both" "$top/both"
start "$state"
cp -a "$top/mirror" "$top/unvouched"
cli log mirror --once "$top/unvouched" >"$top/out" 2>&1 &&
	fail "a key that nobody vouched for was believed"
expect "ANOTHER KEY" "$top/out"
stop TERM
mv "$top/both" "$both"
start "$state"
cli log mirror --once "$top/mirror" >"$top/out" 2>&1 ||
	fail "the mirror doesn't follow the rotation"
expect "the log's key was rotated" "$top/out"
cli log mirror --once "$top/mirror" >"$top/out" 2>&1 ||
	fail "the mirror doesn't go on after the rotation"
cmp "$top/mirror/log.vkey" "$state/core/log/log.vkey" ||
	fail "the mirror has another key"
"$bin/chancery" log verify --key "$state/core/log/log.vkey" \
	--since "$top/last-checkpoint" "$top/mirror" >/dev/null 2>&1 &&
	fail "the control: the older checkpoint is by another key"
"$bin/chancery" log verify --key "$state/core/log/log.vkey" \
	"$top/mirror" >/dev/null || fail "the mirror is not whole"
cli log mirror --once "$top/fresh" >"$top/out" 2>&1 ||
	fail "no new mirror after a rotation"
stop TERM

part "a lost key: a new epoch in place"
tool rekey --lost >"$top/out"
expect "A new epoch of the log begins" "$top/out"
# Cut off and done again, it is still one epoch.
tool rekey --lost >"$top/out"
start "$state"
put "in the new epoch" /lost.txt
cli ls / >"$top/ls"
expect again.txt "$top/ls"
cli log search --operation log.begin >"$top/out"
[ "$(wc -l <"$top/out")" = 2 ] || fail "there are no two epochs"

part "the host's word on the clock"
tool clock >"$top/out"
n=0
until cli log search --operation host.note | grep -q "clock is right"; do
	n=$((n + 1))
	[ "$n" -lt 600 ] || fail "the note is not taken up"
	sleep 0.1
done
stop TERM
check_well

# --------------------------------------------------------------------------
# flip FILE OFFSET: one byte becomes another one; flipped twice, it is as it was.
flip() {
	was=$(od -An -tu1 -j "$2" -N 1 "$1" | tr -d ' ')
	octal=$(printf '%03o' $((was ^ 255)))
	# shellcheck disable=SC2059
	printf "\\$octal" | dd of="$1" bs=1 seek="$2" conv=notrunc 2>/dev/null
}

# named FILE OFFSET TEXT: the check names what was flipped.
named() {
	[ -n "$2" ] || fail "nothing to flip for '$3'"
	flip "$1" "$2"
	tool check >"$top/out" 2>&1 && fail "a flipped byte of $1 was not seen"
	expect "$3" "$top/out"
	flip "$1" "$2"
}

part "a flipped byte is named, wherever it is"
blob=$(cd "$state/blobs" && find . -type f | head -1 | cut -c 3-)
chmod u+w "$state/blobs/$blob"
named "$state/blobs/$blob" 300000 "blobs: $blob"
named "$state/core/log-1/tile/0/000" 3200 "log: core/log-1/tile/0/000: the hash"
named "$state/core/log-1/tile/entries/000" 4000 \
	"log: core/log-1/tile/entries/000: the entry"
named "$state/core/log-1/checkpoint" 60 "log: core/log-1/checkpoint"
partial=$(cd "$state/core/log" && find tile/0 -type f | head -1)
named "$state/core/log/$partial" 10 "log: core/log/$partial"
mv "$state/blobs/$blob" "$top/blob"
tool check >"$top/out" 2>&1 && fail "a missing blob was not seen"
expect "blobs: $blob" "$top/out"
expect "is missing" "$top/out"
mv "$top/blob" "$state/blobs/$blob"
check_well

# A restored state that never ran: what its database holds isn't in its log of
# writes besides.
part "a flipped byte of the database is named, too"
state=$top/flip
"$bin/chancery-state" restore "$top/backup" --state "$state" >/dev/null
check_well
database=$state/core/chancery.db

# where TEXT: its offset in the database
where() {
	grep -obUaF -- "$1" "$database" | tail -1 | cut -d : -f 1
}

named "$database" "$(where 'backup: of record')" \
	"is damaged: the log holds another leaf"
named "$database" "$(where 'file 50')" "its bytes are damaged"
named "$database" "$(where 'f50.txt')" "commitment"
check_well
echo "all parts passed"
