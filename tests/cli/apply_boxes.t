#!/bin/sh
# scan --apply: what it writes is read by others, and what it had no business
# with is the same, byte for byte.
. "${0%/*}/../lib.sh"
cd "$TMP" || exit 1
python3 "$TOP/tests/cli/apply_boxes.py" "$SIMSIFT" "$TOP/tests/fault"
