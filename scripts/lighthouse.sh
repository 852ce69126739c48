#!/bin/sh
# lighthouse.sh: what Lighthouse says of the web app's sign-in and files, at a desk and
# on a phone; fails below 95 for performance, or 100 for accessibility and best
# practices. RUNS: so often each (3), of which the median counts.
set -eu
cd "$(dirname "$0")/.."
scripts/js.sh
cd bench/lighthouse
if ! cmp -s package-lock.json node_modules/.installed; then
	npm ci --no-audit --no-fund --loglevel=error
	cp package-lock.json node_modules/.installed
fi
cd ../..
CHANCERY_BIN=${CHANCERY_BIN:-build/release/bin} CHANCERY_RUN=build/lighthouse \
	LIGHTHOUSE=bench/lighthouse node --enable-source-maps tests/js/dist/lighthouse.js
