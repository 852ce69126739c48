#!/bin/sh
# web.sh: builds the web app into web/app/dist, where anything that it is made of
# has changed since. The build of the server packs what is there.
set -eu
cd "$(dirname "$0")/../web/app"

if ! command -v npm >/dev/null; then
	echo "web.sh: Node.js and npm are needed to build the web app;" \
		"make WEB=no leaves it out" >&2
	exit 1
fi
if ! cmp -s package-lock.json node_modules/.installed; then
	npm ci --no-audit --no-fund --loglevel=error
	cp package-lock.json node_modules/.installed
fi

# What stands elsewhere, and its code takes in, is named here, too.
made_of() {
	find . ../pages ../../clients \( -path ./dist -o -name node_modules \) -prune -o \
		-type f -print | LC_ALL=C sort | xargs -d '\n' sha256sum
}

made_of >node_modules/.made-of.new
if [ ! -f dist/index.html ] || ! cmp -s node_modules/.made-of.new node_modules/.made-of; then
	rm -f node_modules/.made-of
	npm run --silent build
fi
mv node_modules/.made-of.new node_modules/.made-of
