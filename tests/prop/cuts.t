#!/bin/sh
# Random messages, cut at random places: what is left is what was there.
# `make prop N=100000 SEED=2` for more of them, and for others.
. "${0%/*}/../lib.sh"
count=3000
[ "${ASAN:-}" = 1 ] && count=300
"$B/prop-cuts" -n "${N:-$count}" -s "${SEED:-1}" >"$TMP/out"
ok "the text without the spans, and nothing else (${N:-$count} messages)" \
	test $? -eq 0
sed 's/^[^#]/# &/' "$TMP/out"
done_testing
