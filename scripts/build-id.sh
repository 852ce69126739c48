#!/bin/sh
# build-id.sh VERSION FOLDER HEADER: writes HEADER with the id of this build, the
# version and a digest of the sources in FOLDER, if it differs from what stands.
set -eu
version=$1 folder=$2 header=$3
digest=$(cd "$folder" && find . -type f \( -name '*.c' -o -name '*.h' -o -name '*.def' \) \
	! -name 'test_*' ! -name 'fuzz_*' -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -c1-16)
{
	printf '#define CHANCERY_VERSION "%s"\n' "$version"
	printf '#define CHANCERY_BUILD_ID "%s+%s"\n' "$version" "$digest"
} >"$header.new"
if cmp -s "$header.new" "$header"; then rm -f "$header.new"; else mv "$header.new" "$header"; fi
touch "$header"
