#!/bin/sh
# Code that runs in a child, behind its walls, and tries to get out.
. "${0%/*}/../lib.sh"
PTY=$TOP/tests/cli/pty_run.py
FAULTS=$B/simsift-faults
WITHOUT=$TOP/tests/fault/without.py
cd "$TMP" || exit 1
if [ "${ASAN:-}" = 1 ]; then # its walls are wide
	ok 'the shipped build has the walls' true
	done_testing
fi
mkdir r
printf 'body TOKEN /shop88/\nscore TOKEN 5\n' >r/own.cf
printf 'Subject: a\n\nThe office moves, ask shop88.\n' >m
{
	echo 'From a@b.example Mon Nov  2 10:00:00 2026'
	cat m
} >box
gzip -k box
bzip2 -k box
xz -k box
zstd -q box
# Its own, for a user without rights.
cp "$FAULTS" faults
chmod 755 . r faults
chmod 644 r/own.cf m

# Exit status 99: all was refused.
is 'one message: all is refused' "$(SIMSIFT_CHILD='walls 99' "$PTY" 2 \
	"$FAULTS" filter -C r <m 2>/dev/null)" \
	'simsift: not judged: the child ended with status 99'
for j in 1 3; do
	SIMSIFT_CHILD='walls 99' "$FAULTS" scan --json -j $j -C r m m m m \
		>out 2>err
	is "the pool, $j workers: all is refused" \
		"$(grep -c 'the child ended with status 99' err)" 4
done
for kind in gz bz2 xz zst; do
	# It answers with a message of its own.
	SIMSIFT_CHILD='walls 0' "$FAULTS" scan --json --sha256 --type file -C r \
		box.$kind >out 2>err
	is "unpacking $kind: all is refused" "$(wc -l <out) $(
		grep -c damaged err)" '1 0'
	ok "unpacking $kind: it was tried" grep -q "$(printf \
		'Subject: all refused\n\nAll refused.\n' | sha256sum |
		cut -c 1-64)" out
done
# What a test that finds nothing would say.
is 'without seccomp not all is refused' "$(SIMSIFT_CHILD='walls 99' "$PTY" 2 \
	python3 "$WITHOUT" seccomp "$FAULTS" filter -q -C r <m 2>/dev/null)" \
	'simsift: not judged: the child ended with status 98'
if [ "$(uname -m)" = x86_64 ]; then
	is 'the other table of calls: it is killed' "$(SIMSIFT_CHILD=x32 "$PTY" \
		2 "$FAULTS" filter -C r <m 2>/dev/null)" \
		'simsift: not judged: the child died of signal 31 (Bad system call)'
fi

# Landlock alone, and for a user who is not root.
landlock() { # what command...
	what=$1
	shift
	SIMSIFT_CHILD='files 99' "$PTY" 2 python3 "$WITHOUT" seccomp "$@" \
		filter -q -C r <m >out 2>/dev/null
	is "Landlock, $what: no file is opened or made" "$(cat out)" \
		'simsift: not judged: the child ended with status 99'
}
if python3 -c 'import ctypes
import sys
sys.exit(ctypes.CDLL(None).syscall(444, None, 0, 1) < 1)'; then
	landlock 'who runs this' "$FAULTS"
	[ "$(id -u)" != 0 ] || landlock 'a user without rights' --user 65534 \
		"$TMP/faults"
else
	skip 'Landlock' 'this kernel has none'
fi
done_testing
