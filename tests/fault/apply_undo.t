#!/bin/sh
# scan --undo brings back what scan --apply changed, byte for byte, also when
# it is killed meanwhile.  RUNS=200 for the full size.
. "${0%/*}/../lib.sh"
cd "$TMP" || exit 1
if [ "${ASAN:-}" = 1 ]; then
	skip 'faults' 'the sanitizers put calls of their own in between'
	done_testing
fi
python3 "$TOP/tests/fault/apply_undo.py" "$SIMSIFT" "$B/inject.so" "${RUNS:-16}"
