#!/bin/sh
# Properties over random messages.  SEED=… COUNT=… for others, or for more:
# python3 tests/prop/gen.py SEED COUNT DIR '[TG @shop88]' writes them.
. "${0%/*}/../lib.sh"
mkdir "$TMP/r"
cat >"$TMP/r/own.cf" <<'END'
body TOKEN /\[TG\s+@shop88\]/
score TOKEN 5
ifplugin Simsift
category TOKEN promo.telegram
cut TOKEN match
action promo cut
cut_max_sentences 100
endif
END
count=300
[ "${ASAN:-}" = 1 ] && count=100
PYTHONDONTWRITEBYTECODE=1 python3 "$TOP/tests/prop/props.py" "$SIMSIFT" \
	"$TMP/r" "${SEED:-1}" "${COUNT:-$count}"
