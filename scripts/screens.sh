#!/bin/sh
# screens.sh [NAME...]: pictures of the pages of the web app whose names begin so, or
# of all, in build/screens: to be looked at.
set -eu
cd "$(dirname "$0")/.."
scripts/js.sh
CHANCERY_BIN=${CHANCERY_BIN:-build/release/bin} CHANCERY_RUN=build/screens/run \
	node --enable-source-maps tests/js/dist/screens.js build/screens "$@"
echo "build/screens/index.html"
