#!/bin/sh
# Each call of libc made to fail, one after the other, while messages are
# released, reported, purged or a sender is allowed: what the vault says was
# done was done, and nothing is half done.
. "${0%/*}/../lib.sh"
cd "$TMP" || exit 1
if [ "${ASAN:-}" = 1 ]; then
	skip 'faults' 'the sanitizers put calls of their own in between'
	done_testing
fi

mkdir r
printf 'body BULK /cards in bulk/\nscore BULK 6\n' >r/own.cf
cat >sendmail <<'END'
#!/bin/sh
exec cat >"$SENT"
END
chmod +x sendmail
python3 "$TOP/tests/fault/commands.py" "$SIMSIFT" "$B/inject.so" \
	"$TOP/tests/cli"
