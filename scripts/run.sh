#!/bin/sh
# run.sh STATE: serves from build/release. Where the packages by which documents
# are edited are missing, they are installed while it serves: the server is told
# by a SIGHUP when they are there.
set -eu
cd "$(dirname "$0")/.."

log=build/documents.log
if [ -n "$(scripts/deps.sh missing documents)" ]; then
	echo "LibreOffice is being installed, to edit documents by: $log tells how far it is."
	# exec below keeps the process number.
	server=$$
	(scripts/deps.sh documents >"$log" 2>&1 </dev/null && kill -HUP "$server") &
fi
exec build/release/bin/chanceryd --state "${1:-./var}"
