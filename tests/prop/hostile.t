#!/bin/sh
# Messages made to do harm come out whole, in time.  HOSTILE=DIR: those of a
# folder; without it those of hostile.py.
. "${0%/*}/../lib.sh"
export TMP
PYTHONDONTWRITEBYTECODE=1 python3 "$TOP/tests/prop/hostile_run.py" \
	"$SIMSIFT" "$FILTERS" ${HOSTILE:+"$HOSTILE"}
