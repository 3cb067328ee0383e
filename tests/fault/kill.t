#!/bin/sh
# SIGKILL at random moments, eight at once on one vault: each message lands
# whole in a box or in the vault.  RUNS=2000 for the full size.
. "${0%/*}/../lib.sh"
cd "$TMP" || exit 1
RUNS=${RUNS:-200}

mkdir cut hold
cat >cut/own.cf <<'END'
body TOKEN /\[TG @shop88\]/
score TOKEN 5
ifplugin Simsift
category TOKEN promo.telegram
cut TOKEN match
action promo cut
endif
END
sed 's/promo cut/promo hold/' cut/own.cf >hold/own.cf
if command -v procmail >/dev/null; then
	with=procmail
else
	with=
	skip 'procmail' 'it is not installed'
fi
python3 "$TOP/tests/fault/kill.py" "$SIMSIFT" "$RUNS" $with
