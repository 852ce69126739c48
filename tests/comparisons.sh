#!/bin/sh
# comparisons.sh SOURCES: who somebody is, is found out in one place. Lists all
# places that compare a secret, check a signature or look a row up by a secret's
# digest, and fails where they are not those of tests/comparisons.txt. The scan
# is tried first on a made-up file that does what must be found, and on one that
# does what must not. It goes by names: a loop of one's own over a secret's bytes
# it doesn't see. The client is left out: nobody gets in by what that compares.
set -eu
sources=$1
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Statements of a file, one a line, without comments and layout.
statements() {
	awk '
	{
		line = $0
		while (1) {
			if (comment) {
				end = index(line, "*/")
				if (end == 0) { line = ""; break }
				line = substr(line, end + 2)
				comment = 0
			}
			start = index(line, "/*")
			if (start == 0) break
			rest = substr(line, start + 2)
			printf "%s ", substr(line, 1, start - 1)
			line = rest
			comment = 1
		}
		if (line ~ /^#/) { print line; next }
		gsub(/[;{}]/, "&\n", line)
		printf "%s ", line
	}
	END { print "" }' "$1"
}

# Statements of the store that find a row by what a client must keep secret.
lookups() {
	awk '
	/^SQL\(/ { name = $1; gsub(/SQL\(|,/, "", name) }
	/(verifier|code|secret|token) = \$/ {
		if ($0 !~ /SET (verifier|code|secret|token) = \$/ ||
		    $0 ~ /(WHERE|AND) ([a-z]+\.)?(verifier|code|secret|token) = \$/)
			print "SQL_" name
	}' "$1" | sort -u
}

# FUNCTION of each comparison in a file, one a line.
comparisons() {
	statements "$1" | awk -v lookups="$2" '
	BEGIN {
		# What has no other use than to compare, or to check.
		always = "(secret_eq|sodium_memcmp|sodium_compare" \
		    "|CRYPTO_memcmp|timingsafe_[a-z]+|consttime_[a-z]+" \
		    "|crypto_[a-z0-9_]*(verify|open|decrypt)[a-z0-9_]*" \
		    "|EVP_[A-Za-z_]*[Vv]erify[A-Za-z_]*" \
		    "|EVP_[A-Za-z]*Decrypt[A-Za-z]*|[A-Z0-9]+_verify[a-z_]*" \
		    "|fido_[a-z_]+_verify[a-z_]*)"
		# What compares anything, and the words of a secret.
		bytes = "(memcmp|bcmp|strn?cmp|strn?casecmp|digest_eq" \
		    "|slice_eq[a-z_]*|slice_cmp)"
		secrets = "(bearer|passw|secret|token|verifier|totp|otp|cookie" \
		    "|challenge|signature|recovery|pin[^a-z]|mac[^a-z]" \
		    "|(^|[^a-z])code([^a-z]|$))"
		n = split(lookups, names, " ")
		for (i = 1; i <= n; i++) is_lookup[names[i]] = 1
	}
	# What stands between the parentheses, the first of which is open.
	function inside(text,    i, c, depth) {
		depth = 1
		for (i = 1; i <= length(text) && depth > 0; i++) {
			c = substr(text, i, 1)
			depth += (c == "(") - (c == ")")
		}
		return tolower(substr(text, 1, i - 1))
	}
	function each(text, pattern, needs,    rest, before, word) {
		rest = text
		while (match(rest, pattern "[(]")) {
			word = substr(rest, RSTART, RLENGTH - 1)
			before = substr(rest, RSTART - 1, 1)
			rest = substr(rest, RSTART + RLENGTH)
			if (RSTART > 1 && before ~ /[A-Za-z0-9_]/) continue
			if (needs == "" || inside(rest) ~ needs) print word
		}
	}
	{ each($0, always, ""); each($0, bytes, secrets) }
	{
		rest = $0
		while (match(rest, /SQL_[A-Z0-9_]+/)) {
			word = substr(rest, RSTART, RLENGTH)
			rest = substr(rest, RSTART + RLENGTH)
			if (word in is_lookup) print word
		}
	}'
}

# COUNT FILE FUNCTION of all that a tree holds.
scan() (
	cd "$1"
	found=$(lookups src/store/sql.def | tr '\n' ' ')
	find src -path src/cli -prune -o \( -name '*.c' -o -name '*.h' \) \
		-not -name 'test_*' -not -name 'fuzz_*' -print | sort |
		while read -r file; do
			comparisons "$file" "$found" | sort | uniq -c |
				awk -v file="$file" '{ print $1, file, $2 }'
		done
)

# ---- the scan itself

mkdir -p "$work/made/src/store" "$work/made/src/front"
cat >"$work/made/src/store/sql.def" <<-'END'
	SQL(A_SESSION, "SELECT id FROM session WHERE id = $1")
	SQL(A_SECOND_WAY,
	    "SELECT id FROM session"
	    " WHERE s.verifier = $1")
	SQL(A_CHANGE, "UPDATE credential SET secret = $2 WHERE id = $1")
END
cat >"$work/made/src/front/found.c" <<-'END'
	static bool
	is_token(const struct digest *bearer)
	{
		/* memcmp(comment, token, 1) */
		if (secret_eq(a, b) || sodium_memcmp(a, b, 16) == 0 ||
		    digest_eq(&entry->bearer, bearer))
			return !CRYPTO_memcmp(a, b, 16);
		if (crypto_pwhash_str_verify(hash, typed, n) == 0)
			return true;
		if (memcmp(
			known, password,
			n) == 0)
			return true;
		if (strcmp(args->code, code) == 0 || slice_eq(s, cookie))
			return true;
		if (EVP_DigestVerify(ctx, s, n, m, k) == 1 ||
		    crypto_sign_verify_detached(s, m, n, key) == 0 ||
		    crypto_auth_hmacsha256_verify(m, s, n, key) == 0 ||
		    fido_assert_verify(assert, 0, algorithm, key) == 0)
			return true;
		stmt = db_stmt(place->db, SQL_A_SECOND_WAY);
		return slice_eq_nocase(secret, typed);
	}
END
cat >"$work/made/src/front/passed.c" <<-'END'
	/* crypto_verify_32(secret, typed) */
	static const char text[] = "token";

	static bool
	is_name(struct slice name)
	{
		/* slice_eq(name, password) */
		stmt = db_stmt(place->db, SQL_A_SESSION);
		change = db_stmt(place->db, SQL_A_CHANGE);
		return slice_eq(name, SLICE("files")) && my_secret_eq(name) &&
		    error == decode(name);
	}
END
scan "$work/made" >"$work/made.txt"
cat >"$work/must.txt" <<-'END'
	1 src/front/found.c CRYPTO_memcmp
	1 src/front/found.c EVP_DigestVerify
	1 src/front/found.c SQL_A_SECOND_WAY
	1 src/front/found.c crypto_auth_hmacsha256_verify
	1 src/front/found.c crypto_pwhash_str_verify
	1 src/front/found.c crypto_sign_verify_detached
	1 src/front/found.c digest_eq
	1 src/front/found.c fido_assert_verify
	1 src/front/found.c memcmp
	1 src/front/found.c secret_eq
	1 src/front/found.c slice_eq
	1 src/front/found.c slice_eq_nocase
	1 src/front/found.c sodium_memcmp
	1 src/front/found.c strcmp
END
LC_ALL=C sort -o "$work/made.txt" "$work/made.txt"
LC_ALL=C sort -o "$work/must.txt" "$work/must.txt"
diff "$work/must.txt" "$work/made.txt" || {
	echo "the scan doesn't find what it must (<), or finds what it must not (>)"
	exit 1
}

# ---- the tree

scan "$sources" | LC_ALL=C sort >"$work/found.txt"
sed -e 's/ *#.*//' -e '/^$/d' "$here/comparisons.txt" |
	LC_ALL=C sort >"$work/allowed.txt"
diff "$work/allowed.txt" "$work/found.txt" || {
	echo "comparisons of secrets: '>' is none that tests/comparisons.txt has"
	exit 1
}
