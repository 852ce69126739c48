#!/bin/sh
# build.sh PRESET [TARGET ...]: configures if need be, and builds.
set -eu
cd "$(dirname "$0")/.."
preset=$1
shift
[ -f "build/$preset/build.ninja" ] || cmake --preset "$preset" >"/dev/null"
exec ninja -C "build/$preset" --quiet -j "${JOBS:-$(nproc)}" "$@"
