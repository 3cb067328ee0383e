#!/bin/sh
# scan --apply is killed at random moments and at each change that it makes,
# or the change fails, on an mbox and a Maildir: nothing is lost, nothing there
# twice, and a second run finishes the work.  RUNS=200 for the full size.
. "${0%/*}/../lib.sh"
cd "$TMP" || exit 1
if [ "${ASAN:-}" = 1 ]; then
	skip 'faults' 'the sanitizers put calls of their own in between'
	done_testing
fi
RUNS=${RUNS:-20}

if command -v procmail >/dev/null; then
	with=procmail
else
	with=
	skip 'procmail' 'it is not installed'
fi
python3 "$TOP/tests/fault/apply.py" "$SIMSIFT" "$B/inject.so" "$RUNS" $with
