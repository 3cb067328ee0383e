#!/bin/sh
# scan --apply: what cannot be changed, or changes meanwhile; the other boxes
# go on.
. "${0%/*}/../lib.sh"
cd "$TMP" || exit 1
# Where root runs this, another user's processes do: nothing is read-only to
# root.
chmod 755 "$TMP"
cp "$SIMSIFT" simsift
chmod 755 simsift
mkdir -m 755 work
cd work && python3 "$TOP/tests/cli/apply_bad.py" ../simsift "$TOP/tests/fault"
