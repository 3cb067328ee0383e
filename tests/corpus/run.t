#!/bin/sh
# The shipped rules over our own messages: README.md.
. "${0%/*}/../lib.sh"
python3 "$TOP/tests/corpus/compare.py" "$TOP/tests/corpus" "$FILTERS" "$SIMSIFT"
