#!/bin/sh
# Other people's readers see cut messages as the same tree as before.
. "${0%/*}/../lib.sh"
mkdir "$TMP/pairs"
"$B/prop-cuts" -n 400 -s "${SEED:-1}" -o "$TMP/pairs" >"$TMP/out"
ok 'some messages are cut' test "$(find "$TMP/pairs" -name '*.out' | wc -l)" \
	-ge 200
PYTHONDONTWRITEBYTECODE=1
export PYTHONDONTWRITEBYTECODE
python3 "$TOP/tests/prop/readers.py" email "$TMP/pairs" >"$TMP/out"
ok "Python's email: the same parts, fields and defects" test $? -eq 0
cat "$TMP/out"
if command -v mshow >/dev/null; then
	python3 "$TOP/tests/prop/readers.py" mshow "$TMP/pairs" >"$TMP/out"
	ok 'mshow: the same parts' test $? -eq 0
	cat "$TMP/out"
else
	skip 'mshow: the same parts' 'apt-get install mblaze'
fi
done_testing
