#!/bin/sh
# responder.sh URL TOKEN PLACE [FILTER]: follows the log, and ends each session that did
# what FILTER (of jq, over an OCSF event) picks: what raised an alert, unless it says
# otherwise. TOKEN is the file of a token; PLACE, one that keeps how far it has come.
set -eu
url=$1 token=$2 place=$3 filter=${4:-'.metadata.event_code == "alert.raise"'}

# By standard input: so the token stands in no list of processes.
ask() { printf 'Authorization: Bearer %s\n' "$(cat "$token")" | curl -sSfN -H @- "$@"; }
# An operation. A session that isn't found has ended already.
call() {
	ask "$url/jmap/api" --json '{"using": ["urn:chancery:operations"],
	    "methodCalls": [["'"$1"'", '"$2"', "0"]]}' |
	jq -nc 'input.methodResponses[0][1] | .results[0] // . |
	    if .ok or .code == "NOT_FOUND" then . else error(tostring) end'
}

jq -n "if false then $filter else 0 end" >/dev/null # is it one?
me=$(call session.get '{}')
touch "$place"
# It goes on with the record that it was at, not the one behind: so none is missed.
while at=$(cat "$place"); do
	ask --keepalive-time 20 "$url/log/events${at:+?from=$at}" |
	jq -rR --unbuffered 'select(startswith("data: "))[6:] | fromjson |
	    [.metadata.sequence // .sequence,
	    (select('"$filter"') | .actor.session.uid | select(. != '"$me"'.session))] | @tsv' |
	while read -r number session; do
		echo "$number" 1<>"$place"
		until [ -z "$session" ] || call session.revoke '{"session": "'"$session"'"}'
		do sleep 1; done
		[ -z "$session" ] || echo "record $number: session $session has ended"
	done
	sleep 1
done
