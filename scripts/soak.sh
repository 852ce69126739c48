#!/bin/sh
# soak.sh SECONDS: power losses, one seed after the other, and kills of a server
# under load, for so long. Ends at the first that loses something; its seed stands
# in the last line but what the test itself says.
set -eu
cd "$(dirname "$0")/.."

case ${1:-} in
'' | *[!0-9]*)
	echo "usage: soak.sh SECONDS" >&2
	exit 2
	;;
esac
end=$(($(date +%s) + $1))
scripts/build.sh dev test-power test-kill chanceryd chancery-core chancery-front \
	chancery-keeper chancery-blobs
log=build/soak.log
seed=$(date +%s)
while [ "$(date +%s)" -lt "$end" ]; do
	echo "seed $seed, $((end - $(date +%s))) s left"
	build/dev/bin/test-power --seed "$seed" >"$log" 2>&1 || {
		cat "$log"
		exit 1
	}
	build/dev/bin/test-kill >"$log" 2>&1 || {
		cat "$log"
		exit 1
	}
	seed=$((seed + 1))
done
