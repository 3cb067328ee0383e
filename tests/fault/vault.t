#!/bin/sh
# Each call of libc made to fail, one after the other, while a message is cut
# or held: it lands whole in a box or in the vault, never in neither, and no
# file of the vault is torn.
. "${0%/*}/../lib.sh"
cd "$TMP" || exit 1
if [ "${ASAN:-}" = 1 ]; then
	skip 'faults' 'the sanitizers put calls of their own in between'
	done_testing
fi

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
python3 "$TOP/tests/fault/vault.py" "$SIMSIFT" "$B/inject.so"
