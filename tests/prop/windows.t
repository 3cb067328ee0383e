#!/bin/sh
# Where matches are looked for near their literals only, the shipped rules find
# the same as in all of a text.  N=2000 SEED=2 for more texts, and for others.
. "${0%/*}/../lib.sh"
count=150
[ "${ASAN:-}" = 1 ] && count=15
"$B/prop-windows" -n "${N:-$count}" -s "${SEED:-1}" "$TOP/filters" \
	>"$TMP/out"
ok "the same hits (${N:-$count} texts)" test $? -eq 0
sed 's/^[^#]/# &/' "$TMP/out"
done_testing
