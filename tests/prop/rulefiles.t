#!/bin/sh
# Broken rule files: said where, never a crash or a hang, and mail goes on.
. "${0%/*}/../lib.sh"
export TMP
PYTHONDONTWRITEBYTECODE=1 python3 "$TOP/tests/prop/rulefiles.py" "$SIMSIFT"
