#!/bin/sh
# one-way.sh FOLDER: from a secret that a client brought there is one way to who it is:
# who_authenticate, called by the dispatcher for every operation (and by admission, for
# whose turn it is). No handler, and no protocol, looks up or asks for itself.
set -eu
cd "$1"
status=0

# only WHAT PATTERN FILE ...: these files name it, each of them, and no other.
only() {
	what=$1 pattern=$2
	shift 2
	have=$(grep -rlE "$pattern" src --include='*.[ch]' --exclude='test_*' | sort)
	wanted=$(printf 'src/%s\n' "$@" | sort)
	[ "$have" = "$wanted" ] || {
		printf '%s is in\n%s\nand should be in\n%s\n' "$what" "$have" "$wanted"
		status=1
	}
}

only "the look-up of a secret" '\bSQL_SESSION_BY_VERIFIER\b' core/who.c
only "the call of who_authenticate" '\bwho_authenticate\(' \
	core/who.c core/who.h core/run.c core/io_front.c
only "the secret of a call" '\b(call->bearer|has_bearer)\b' \
	core/call.c core/call.h core/run.c core/io_front.c core/apps/access/session.c

# Two places of the dispatcher: every operation, and the record of one that failed.
calls=$(grep -c '\bwho_authenticate(' src/core/run.c)
[ "$calls" = 2 ] || {
	echo "src/core/run.c calls who_authenticate $calls times"
	status=1
}

exit $status
