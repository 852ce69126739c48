#!/bin/sh
# deps.sh build|web|documents|test: installs the Debian packages that are missing, and only
# those. Asks for nothing where all are there. (documents: by which documents are
# edited; all else works without. Packages whose names end in -nogui can't edit.)
# deps.sh missing build|...: only names them.
set -eu

build="gcc cmake ninja-build pkg-config libsqlite3-dev libssl-dev libnghttp2-dev
libsodium-dev libfido2-dev libjansson-dev libutf8proc-dev libseccomp-dev
libxxhash-dev libcurl4-openssl-dev libcmocka-dev libbrotli-dev zlib1g-dev"
web="nodejs npm"
documents="libreoffice-writer libreoffice-calc libreoffice-impress fonts-liberation
fonts-crosextra-carlito fonts-crosextra-caladea fonts-dejavu-core"
test="clang clang-format clang-tidy cppcheck shellcheck libclang-rt-14-dev curl jq
sqlite3 openssl strace chromium golang-go golang-golang-x-mod-dev nginx-light
nghttp2-client linux-perf oathtool unzip"

only_name=
if [ "${1:-}" = missing ]; then
	only_name=yes
	shift
fi
case ${1:-build} in
build) wanted=$build ;;
web) wanted=$web ;;
documents) wanted=$documents ;;
test) wanted="$build $web $documents $test" ;;
*) echo "usage: deps.sh [missing] build|web|documents|test" >&2; exit 2 ;;
esac

missing=""
for package in $wanted; do
	case $package in
	# A newer Node, however it came, does as well as Debian's.
	nodejs) command -v node >/dev/null && continue ;;
	npm) command -v npm >/dev/null && continue ;;
	esac
	dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' ||
		missing="$missing $package"
done
[ -n "$missing" ] || exit 0
if [ -n "$only_name" ]; then
	echo "${missing# }"
	exit 0
fi

echo "Installing:$missing"
run=""
if [ "$(id -u)" != 0 ]; then
	command -v sudo >/dev/null || {
		echo "These packages are missing, and installing them needs root:$missing" >&2
		exit 1
	}
	run=sudo
fi
export DEBIAN_FRONTEND=noninteractive
$run apt-get update -qq
# nginx is a peer for benchmarks, not a service of this machine.
if [ ! -e /usr/sbin/policy-rc.d ] && [ "${1:-build}" = test ] && [ "$(id -u)" = 0 ]; then
	printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
	chmod +x /usr/sbin/policy-rc.d
	trap 'rm -f /usr/sbin/policy-rc.d' EXIT
fi
# shellcheck disable=SC2086
$run apt-get install -y -qq --no-install-recommends $missing
