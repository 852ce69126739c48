#!/bin/sh
# js.sh: installs and compiles the tests that are written in TypeScript, and
# checks the types of the pages' scripts.
set -eu
cd "$(dirname "$0")/../tests/js"
if ! cmp -s package-lock.json node_modules/.installed; then
	npm ci --no-audit --no-fund --silent
	cp package-lock.json node_modules/.installed
fi
npx --no-install tsc -p .
npx --no-install tsc -p ../../web/pages
